/**
 * Steps of one check of arguments, about 20 ms: a check runs on the host's thread and cannot be paused. A step is about what the
 * validator does for one value and one part of a schema, a microsecond; what takes it longer is charged as more.
 */
const MAX_STEPS = 20_000;

/** A check that went over its budget. */
export class TooManySteps extends Error {}

/** What a check may still cost. Whatever grows with the arguments or with the schema is charged before it is done. */
export class CheckBudget {
  #steps = 0;
  /** Characters of the longest text in the arguments: its length is counted by everything that caps it. */
  longestText = 0;
  /** A whole number in the arguments is checked as the nearest double, as JavaScript has no other number to compare. */
  isRounded = false;

  /** Steps of this check so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Begins a new check. */
  reset(): void {
    this.#steps = 0;
    this.longestText = 0;
    this.isRounded = false;
  }

  /** @throws TooManySteps */
  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new TooManySteps();
  }
}
