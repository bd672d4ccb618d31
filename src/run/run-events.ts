import { createHash, randomUUID } from "node:crypto";
import { isLimit } from "../core/breach.ts";
import type { Caller } from "../core/caller.ts";
import { CodecellError } from "../core/errors.ts";
import type { RunEventName, RunIdentity, RuntimeEmitter, RuntimeEvents } from "../core/events.ts";
import type { ExecutionResult } from "../core/result.ts";
import { utf8Length } from "../core/utf8.ts";

/** Emits the events of one run. `run_end` is the last of them. */
export class RunEvents {
  readonly runId = randomUUID();
  readonly #identity: RunIdentity;
  readonly #emitter: RuntimeEmitter;
  readonly #place: { readonly engine: string; readonly placement: string };
  #isOver = false;

  constructor(
    emitter: RuntimeEmitter,
    place: { readonly engine: string; readonly placement: string },
    { user }: Caller,
    session: string | undefined,
  ) {
    this.#emitter = emitter;
    this.#place = place;
    this.#identity = {
      runId: this.runId,
      ...(user === undefined ? {} : { user }),
      ...(session === undefined ? {} : { session }),
    };
  }

  /** Emits an event with the run's identity. After `run_end` nothing is emitted any more. */
  readonly emit = <Name extends RunEventName>(
    name: Name,
    facts: Omit<RuntimeEvents[Name], keyof RunIdentity>,
  ): void => {
    if (this.#isOver) return;
    this.#emitter.emit(name, { ...this.#identity, ...facts } as RuntimeEvents[Name]);
  };

  start(source: string): void {
    this.emit("run_start", {
      ...this.#place,
      sourceHash: createHash("sha256").update(source).digest("hex"),
      sourceBytes: utf8Length(source),
    });
  }

  /** It could not be carried out at all. */
  failed(error: unknown, wallMs: number): void {
    const code = CodecellError.is(error) ? error.code : "internal";
    this.#end({ ok: false, code, wallMs, cpuMs: 0, compileMs: 0, toolCalls: 0 });
  }

  /** @param compileMs what of the time was spent on compiling */
  end(result: ExecutionResult, compileMs: number): void {
    const { wallMs, cpuMs, toolCalls } = result.usage;
    const usage = { wallMs, cpuMs, compileMs, toolCalls };
    if (result.ok) return this.#end({ ok: true, ...usage });
    const { code, message } = result.error;
    if (isLimit(result.error)) this.emit("limit", { code, message });
    if (code === "worker_crashed") this.emit("worker_crash", { ...this.#place, message });
    this.#end({ ok: false, code, ...usage });
  }

  #end(facts: Omit<RuntimeEvents["run_end"], keyof RunIdentity>): void {
    this.emit("run_end", facts);
    this.#isOver = true;
  }
}
