/** Counts by name. A name whose count is 0 is forgotten, so that what is kept never grows with the names that were seen. */
export class Tally<Name> {
  readonly #counts = new Map<Name, number>();
  #total = 0;

  /** The sum of all counts. */
  get total(): number {
    return this.#total;
  }

  /** Number of names whose count is not 0. */
  get size(): number {
    return this.#counts.size;
  }

  /** The names whose count is not 0. */
  names(): Iterable<Name> {
    return this.#counts.keys();
  }

  of(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: Name): void {
    this.#counts.set(name, this.of(name) + 1);
    this.#total++;
  }

  /** Takes back one {@link add}. */
  remove(name: Name): void {
    const count = this.of(name);
    if (count === 0) return;
    this.#total--;
    if (count === 1) this.#counts.delete(name);
    else this.#counts.set(name, count - 1);
  }
}
