/** Expected replies of a peer, which sends them in the order of the requests. */
export class PendingReplies<Reply> {
  readonly #pending: Pending<Reply>[] = [];

  /** Number of requests without a reply. */
  get count(): number {
    return this.#pending.length;
  }

  /**
   * Resolves with the value that `read` returns for the reply to the next request.
   * @param read returns `undefined` for a reply of another type
   */
  next<Value>(read: (reply: Reply) => Value | undefined): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const accept = (reply: Reply): boolean => {
      const value = read(reply);
      if (value !== undefined) resolve(value);
      return value !== undefined;
    };
    this.#pending.push({ accept, reject });
    return promise;
  }

  /** Returns false for a reply that was not requested, or of another type than requested. */
  resolve(reply: Reply): boolean {
    if (this.#pending[0]?.accept(reply) !== true) return false;
    this.#pending.shift();
    return true;
  }

  /** Returns false where no reply was requested. */
  reject(reason: Error): boolean {
    const pending = this.#pending.shift();
    pending?.reject(reason);
    return pending !== undefined;
  }

  /** Rejects all: there will be no more replies. */
  end(reason: Error): void {
    for (const { reject } of this.#pending.splice(0)) reject(reason);
  }
}

interface Pending<Reply> {
  /** Accepts the reply; returns false for one of another type. */
  readonly accept: (reply: Reply) => boolean;
  readonly reject: (reason: Error) => void;
}
