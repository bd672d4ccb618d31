import { answerFailure } from "../core/answer.ts";
import { type Failure, messageOf } from "../core/errors.ts";
import type { Meter } from "../core/meter.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Host, HostCall, SavedCall } from "./engine.ts";
import type { VmContext } from "./vm-context.ts";
import { digest } from "./vm-services.ts";

/** Longest time for which answers are delivered in a row before the thread does anything else. */
const YIELD_MS = 8;
/** Calls whose numbers are read from one text, and their digits. */
const MAX_IDS = 1_000;
const MAX_IDS_TEXT = 20_000;
/** Runs `callback` after the tasks that are due on this thread. */
export const later: (callback: () => void) => unknown = globalThis.setImmediate ?? setTimeout;

export interface PendingCallsParts {
  readonly host: Host;
  readonly meter: Meter;
  readonly vmContext: VmContext;
  /** A cap was breached. */
  readonly onBreach: (failure: Failure) => void;
  /** Delivers an answer to the guest. */
  readonly deliver: (id: number, answer: string) => void;
}

/** The requests of one run to its host and its engine, and the answers to them. */
export class PendingCalls {
  readonly #parts: PendingCallsParts;
  #waiting = 0;
  #lastYield = performance.now();
  /** Set when the run is over: late answers are kept for the VM's next run, or dropped. */
  #closed: "keep" | "drop" | undefined;

  constructor(parts: PendingCallsParts) {
    this.#parts = parts;
  }

  /** Whether an answer is still to come. */
  get waits(): boolean {
    return this.#waiting > 0;
  }

  /** @param name server and tool, with a line break between them; the rest of either may hold anything */
  call(id: number, name: string, args: string): void {
    const [server, tool] = split(name);
    this.#begin({ id, kind: "call", server, tool, args }, server !== "");
  }

  digest(id: number, algorithm: string, base64: string): void {
    this.#begin({ id, kind: "digest", server: "", tool: algorithm, args: base64 }, false);
  }

  /** Repeats the open calls of a saved VM. */
  repeat(): void {
    for (const call of this.#parts.vmContext.calls.values()) this.#ask(call, true);
  }

  /** Only the first call has an effect. */
  close(how: "keep" | "drop"): void {
    if (this.#closed !== undefined) return;
    this.#closed = how;
    if (how === "drop") this.#parts.vmContext.calls.clear();
  }

  #begin(call: SavedCall, isTool: boolean): void {
    const failure = this.#parts.meter.call(isTool, utf8Length(call.args));
    if (failure !== undefined) return this.#parts.onBreach(failure);
    this.#parts.vmContext.calls.set(call.id, call);
    this.#ask(call, false);
  }

  #ask({ id, kind, server, tool, args }: SavedCall, again: boolean): void {
    this.#waiting++;
    const answer =
      kind === "call" ? this.#callHost({ id, server, tool, args, again }) : compute(tool, args);
    void answer.then((text) => this.#answer(id, text));
  }

  /** A host that rejects against its contract must not leave the run waiting. */
  async #callHost(call: HostCall): Promise<string> {
    try {
      return await this.#parts.host.call(call);
    } catch {
      return answerFailure({ code: "internal", message: "the call could not be made" });
    }
  }

  #answer(id: number, answer: string): void {
    const { vmContext, meter, onBreach, deliver } = this.#parts;
    this.#waiting--;
    vmContext.calls.delete(id);
    if (this.#closed === "keep") vmContext.answers.add([id, answer]);
    if (this.#closed !== undefined) return;
    const failure = meter.bytes(utf8Length(answer));
    if (failure !== undefined) return onBreach(failure);
    if (performance.now() - this.#lastYield < YIELD_MS) return deliver(id, answer);
    // Tools that return immediately would occupy this thread, and timers and aborts would not run.
    const held = [id, answer] as const;
    vmContext.answers.add(held);
    this.#waiting++;
    later(() => {
      this.#lastYield = performance.now();
      this.#waiting--;
      if (this.#closed === undefined && vmContext.answers.delete(held)) deliver(id, answer);
    });
  }
}

/** The numbers of calls that the guest names. */
export function readCallIds(text: string): number[] {
  const ids = text.slice(0, MAX_IDS_TEXT).split(",").map(Number);
  return ids.filter((id) => Number.isSafeInteger(id) && id > 0).slice(0, MAX_IDS);
}

async function compute(algorithm: string, base64: string): Promise<string> {
  try {
    return await digest(algorithm, base64);
  } catch (error) {
    return answerFailure({ code: "program_error", message: messageOf(error) });
  }
}

function split(name: string): [server: string, tool: string] {
  const at = name.indexOf("\n");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}
