/** Replies that a peer owes. It sends them in the order in which they were asked for. */
export class PendingReplies<Reply> {
  readonly #pending: Pending<Reply>[] = [];

  /**
   * Resolves with what `read` finds in the next reply that nobody waits for yet.
   * @param read returns `undefined` for a reply of another kind
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

  /** False for a reply that nobody asked for, or of another kind than was asked for. */
  resolve(reply: Reply): boolean {
    if (this.#pending[0]?.accept(reply) !== true) return false;
    this.#pending.shift();
    return true;
  }

  /** False where nobody asked for anything. */
  reject(reason: Error): boolean {
    const pending = this.#pending.shift();
    pending?.reject(reason);
    return pending !== undefined;
  }

  /** There will be no more replies. */
  end(reason: Error): void {
    for (const { reject } of this.#pending.splice(0)) reject(reason);
  }
}

interface Pending<Reply> {
  /** Whether the reply is what was asked for. */
  readonly accept: (reply: Reply) => boolean;
  readonly reject: (reason: Error) => void;
}
