/** An engine whose native part is missing. */
export function createEngine(): never {
  throw new Error("no such addon");
}
