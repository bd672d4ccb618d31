/**
 * `base`, or the first of `base_2`, `base_3` … that is not taken. What was taken before is not tried again: that a name is
 * free costs one step, however many names are alike.
 * @param counts the last number by base, kept by the caller while it gives names; nothing that is taken becomes free
 */
export function firstFree(
  base: string,
  isTaken: (candidate: string) => boolean,
  counts: Map<string, number>,
): string {
  let count = counts.get(base) ?? 1;
  let candidate = count === 1 ? base : `${base}_${count}`;
  while (isTaken(candidate)) candidate = `${base}_${++count}`;
  counts.set(base, count);
  return candidate;
}
