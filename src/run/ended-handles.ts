/** How many are remembered. */
const MAX_ENDED = 1_000;

/** A handle that has ended. */
export interface EndedHandle {
  readonly server: string;
  readonly tool: string;
  /** Says which it was, and why it ended. */
  readonly message: string;
}

/** Handles that have ended: a stub may outlive its object, in a variable of its session. */
export class EndedHandles {
  readonly #ended = new Map<string, EndedHandle>();

  add(id: string, handle: EndedHandle): void {
    this.#ended.set(id, handle);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
  }

  has(id: string): boolean {
    return this.#ended.has(id);
  }

  get(id: string): EndedHandle | undefined {
    return this.#ended.get(id);
  }
}
