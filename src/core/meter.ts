import { breach } from "./breach.ts";
import type { Failure } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Looking up tools and computing digests is free of charge, but not endless. */
const MAX_FREE_CALLS = 10_000;

/**
 * Counts what a run sends through the bridge and says when a cap is breached. It is kept twice: beside the VM, where
 * a flood must be stopped before it is a message, and on the host, which trusts no count that came from a worker.
 */
export class Meter {
  readonly #limits: Limits;
  #toolCalls = 0;
  #freeCalls = 0;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Count a call with arguments of `size`; answers the breach that ends the run, if there is one. */
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

  /** Count bytes that cross in either direction. */
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
