/** How many are remembered. */
const MAX_ENDED = 1_000;

/** Names of handles that have ended, and why: a stub may outlive its object, in a variable of its session. */
export class EndedHandles {
  readonly #why = new Map<string, string>();

  add(id: string, why: string): void {
    this.#why.set(id, why);
    if (this.#why.size > MAX_ENDED) this.#why.delete(this.#why.keys().next().value!);
  }

  has(id: string): boolean {
    return this.#why.has(id);
  }

  of(id: string): string {
    return (
      this.#why.get(id) ??
      "the object is not open here: it ended with its host, or belongs to another run or session"
    );
  }
}
