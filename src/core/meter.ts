import { breach } from "./breach.ts";
import type { Failure } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Look-ups of tools and digests do not count as tool calls; this caps their number. */
export const MAX_FREE_CALLS = 10_000;

/**
 * Counts what a run sends through the bridge and reports a breached cap. There is one beside the VM, to stop a flood before
 * it becomes messages, and one on the host, which trusts no count that comes from a worker.
 */
export class Meter {
  readonly #limits: Limits;
  #toolCalls = 0;
  #freeCalls = 0;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts a call with arguments of `size` bytes. Returns the breach that ends the run, if there is one. */
  call(isTool: boolean, size: number): Failure | undefined {
    const { toolCalls, callBytes } = this.#limits;
    if (isTool && ++this.#toolCalls > toolCalls) {
      return breach(
        "call_limit",
        `the program made more than ${toolCalls} tool calls`,
        "toolCalls",
      );
    }
    if (!isTool && ++this.#freeCalls > MAX_FREE_CALLS) {
      return breach("call_limit", `the program asked its host more than ${MAX_FREE_CALLS} times`);
    }
    if (size > callBytes) {
      return breach(
        "output_limit",
        `the arguments of a call were larger than ${callBytes} bytes`,
        "callBytes",
      );
    }
    return this.bytes(size);
  }

  /** Counts bytes that cross in either direction. Returns the breach that ends the run, if there is one. */
  bytes(size: number): Failure | undefined {
    const { bridgeBytes } = this.#limits;
    this.#bytes += size;
    if (this.#bytes <= bridgeBytes) return undefined;
    return breach(
      "output_limit",
      `more than ${bridgeBytes} bytes went through the bridge`,
      "bridgeBytes",
    );
  }
}
