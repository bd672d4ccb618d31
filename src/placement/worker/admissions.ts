import { CodecellError } from "../../core/errors.ts";
import type { ToWorker } from "../channel/protocol.ts";

/** What stands before a server whose hosts are not trusted. */
export interface Door {
  /**
   * Judges a message by its type and size, before it is received.
   * @throws ProtocolError for one that may not come; CodecellError for a request that is refused
   */
  check(type: string, bytes: number): void;
  /** Size in bytes above which a request is admitted before it is received. */
  readonly largeBytes: number;
  /**
   * Called before anything computes or is opened. Rejects to refuse it; resolves to a function to call when it is over.
   * @param bytes size of a large request, else 0
   */
  admit(bytes: number): Promise<() => void>;
}

/** Requests that compute or open a VM. Names are part of the request that follows them. */
const ADMITTED: ReadonlySet<string> = new Set<ToWorker["type"]>([
  "names",
  "run",
  "runKept",
  "open",
]);

/**
 * Admits the requests of one host. Nothing of a host that is not trusted computes, opens a VM, or takes more than a little memory,
 * that its door has not admitted: a small request is received and admitted then, a large one is admitted first.
 */
export class Admissions {
  readonly #door: Door;
  readonly #closed: AbortSignal;
  /** Ends the admission of the request that is being received. */
  #held: (() => void) | undefined;
  /** Why names were not received: later requests cannot be understood. */
  #lost: { readonly error: unknown } | undefined;

  constructor(door: Door, closed: AbortSignal) {
    this.#door = door;
    this.#closed = closed;
  }

  /** Whether a part of the conversation was not received, so that it cannot go on. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Whether a message is received.
   * @param refuse tells the host why its request is not
   * @throws ProtocolError
   */
  judge(
    type: string,
    bytes: number,
    refuse: (error: unknown) => Promise<void>,
  ): boolean | Promise<boolean> {
    try {
      this.#door.check(type, bytes);
    } catch (error) {
      if (!CodecellError.is(error)) throw error;
      return refuse(error).then(() => false);
    }
    const isLarge = ADMITTED.has(type) && bytes > this.#door.largeBytes;
    if (!isLarge || this.#held !== undefined) return true;
    return this.#admitFirst(type, bytes, refuse);
  }

  async #admitFirst(
    type: string,
    bytes: number,
    refuse: (error: unknown) => Promise<void>,
  ): Promise<boolean> {
    try {
      const leave = await this.#door.admit(bytes);
      if (this.#closed.aborted) leave();
      else this.#held = leave;
      return !this.#closed.aborted;
    } catch (error) {
      if (type === "names") this.#lost = { error };
      else await refuse(error);
      return false;
    }
  }

  /** Admits a request that was received. Rejects where it is refused; resolves to a function to call when it is over. */
  async enter(): Promise<() => void> {
    if (this.#lost !== undefined) throw this.#lost.error;
    const held = this.#held;
    this.#held = undefined;
    const leave = held ?? (await this.#door.admit(0));
    if (!this.#closed.aborted) return leave;
    leave();
    throw new CodecellError("aborted", "the connection has ended");
  }

  /** The host has gone. */
  end(): void {
    this.#held?.();
    this.#held = undefined;
  }
}
