/**
 * Freezes plain data deeply and returns it, however deep it is. The data must be a tree (JSON, or objects made here): cycles are
 * not detected.
 */
export function deepFreeze<T>(data: T): T {
  const open: unknown[] = [data];
  for (let part = open.pop(); part !== undefined || open.length > 0; part = open.pop()) {
    if (typeof part !== "object" || part === null || Object.isFrozen(part)) continue;
    Object.freeze(part);
    for (const inner of Object.values(part))
      if (typeof inner === "object" && inner !== null) open.push(inner);
  }
  return data;
}
