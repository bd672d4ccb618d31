/** What ends a request before its answer. */
export interface RequestEnds {
  /** Ends it when its caller does not want the answer any more. */
  readonly signal: AbortSignal | undefined;
  /**
   * Longest time without progress, in ms.
   * @default none
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Longest time in all, in ms.
   * @default none
   */
  readonly maxMs?: number | undefined;
}

/**
 * The signal of one request. It is aborted by the caller or by our own time-outs while the request is open, and never after
 * its answer: a client of the SDK keeps its listener for as long as the signal lives, and tells the server to cancel a
 * request that was answered long ago. It also knows who ended the request, which an error's code does not say: a server may
 * answer with the code that the SDK has for its time-outs.
 */
export class RequestSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #longest: NodeJS.Timeout | undefined;
  #isTimedOut = false;

  constructor({ signal, timeoutMs, maxMs }: RequestEnds) {
    this.#caller = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
    if (timeoutMs !== undefined) this.#idle = setTimeout(this.#onTimeout, timeoutMs);
    if (maxMs !== undefined) this.#longest = setTimeout(this.#onTimeout, maxMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** One of the time-outs ended the request. */
  get isTimedOut(): boolean {
    return this.#isTimedOut;
  }

  /** The caller ended the request. */
  get isAborted(): boolean {
    return this.#controller.signal.aborted && !this.#isTimedOut;
  }

  /** The server is at work: the time without progress starts again. */
  progressed(): void {
    this.#idle?.refresh();
  }

  readonly #onAbort = (): void =>
    this.#controller.abort("the caller does not wait for it any more");

  readonly #onTimeout = (): void => {
    this.#isTimedOut = true;
    this.#controller.abort("it took too long");
  };

  /** The request is over: nothing ends it any more. */
  [Symbol.dispose](): void {
    this.#caller?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#idle);
    clearTimeout(this.#longest);
  }
}
