/**
 * The protocol between a host and a worker, and between a runtime and a service that is its placement `{ remote }`.
 *
 * A message is one of the union types below. On the wire it has a head, a JSON array on one line with its type and its small
 * fields in a fixed order, and after the line break a body: the one large text of the message, unescaped. write-message.ts
 * writes it and read-message.ts reads it.
 */
import type { Failure } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { NameTable } from "../../core/names.ts";
import type { CallRecord, LogLevel } from "../../core/result.ts";
import type { EngineRef, KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";

/** What a host sends to a worker. */
export type ToWorker =
  /** The first message: the engine to load. The worker replies with `ready` or `unavailable`. */
  | { readonly type: "engine"; readonly engine: EngineRef }
  /** The names that programs can look up from now on. Sent before the first run that uses them. Body: the table, see name-lines.ts. */
  | { readonly type: "names"; readonly names: NameTable }
  /** Run a program in a VM of its own. The worker replies with `outcome`, then with `ready`. Body: the source. */
  | {
      readonly type: "run";
      readonly limits: Limits;
      readonly timeZone?: string | undefined;
      readonly source: string;
    }
  /** Open a VM for `runKept`. The worker replies with `opened` or `refused`. Body: the texts that a saved VM waits for; its image comes as bytes. */
  | { readonly type: "open"; readonly limits: Limits; readonly keep: KeepOptions }
  /** Run a program in the open VM, or resume the one it was saved with. The worker replies with `outcome`. Body: the source. */
  | {
      readonly type: "runKept";
      readonly limits: Limits;
      readonly resume: boolean;
      readonly timeZone?: string | undefined;
      readonly source: string;
    }
  /** Save the open VM, also during a run. The worker replies with `saved` or `refused`. */
  | { readonly type: "save" }
  /** Close the open VM. The worker replies with `ready`. */
  | { readonly type: "end" }
  /** End the run. The worker replies with its `outcome`. */
  | { readonly type: "abort" }
  /** The answer to a `call`, which had the number `call`. Body: the answer. */
  | { readonly type: "answer"; readonly call: number; readonly answer: string };

/** What a worker sends to its host about the program that it runs. */
export type RunMessage =
  /** The program calls a tool. `call` is the number for the answer, `id` the VM's own number. Body: the arguments. */
  | {
      readonly type: "call";
      readonly call: number;
      readonly server: string;
      readonly tool: string;
      readonly id: number;
      /** The VM was saved while it waited for this call. */
      readonly again: boolean;
      readonly args: string;
    }
  /** A tool was called where the program runs. Only from a service, which has tools of its own. */
  | { readonly type: "called"; readonly record: CallRecord }
  /** One console entry. Body: the text. */
  | { readonly type: "log"; readonly level: LogLevel; readonly text: string }
  /** Sum of the bytes of console output that were dropped so far. */
  | { readonly type: "dropped"; readonly bytes: number }
  /** The program waits for its timers, and for nothing else. */
  | { readonly type: "idle" }
  /** A timer is due: the program does not wait any more. */
  | { readonly type: "busy" }
  /** How the run ended. Body: the value, if there is one. */
  | { readonly type: "outcome"; readonly outcome: Outcome };

/** What a worker sends to its host. */
export type ToHost =
  /** The engine is loaded, or the worker is free for the next run. */
  | { readonly type: "ready" }
  /** The engine cannot be loaded. The host ends the worker. */
  | { readonly type: "unavailable"; readonly message: string; readonly hint?: string }
  /** The reply to `open`. */
  | { readonly type: "opened" }
  /** The reply to `save`. Body: the texts that the VM waits for; its image comes as bytes. */
  | { readonly type: "saved"; readonly vm: SavedVm }
  /** The reply to `open` or `save` that failed. */
  | { readonly type: "refused"; readonly error: Refusal }
  | RunMessage;

/** Why a worker cannot serve a request. */
export type Refusal = Pick<Failure, "code" | "message" | "hint">;
