/** Freezes plain data deeply and returns it. The data must be a tree (JSON, or objects made here): cycles are not detected. */
export function deepFreeze<T>(data: T): T {
  if (typeof data !== "object" || data === null || Object.isFrozen(data)) return data;
  Object.freeze(data);
  for (const part of Object.values(data)) deepFreeze(part);
  return data;
}
