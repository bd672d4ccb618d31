/** A rate that may be exceeded for a while: it fills up to `size`, at `perSecond`. */
export class Bucket {
  readonly #size: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(size: number, perSecond: number) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#left = size;
  }

  /** Takes `amount` out of it; false where there is not as much in it. */
  take(amount = 1): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#size, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}
