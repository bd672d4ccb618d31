import type { Steps } from "../../core/turns.ts";

/** What an object or an array takes in memory besides its content, about. */
const OBJECT_BYTES = 40;
/** What a property, an item or a number takes, about. */
const SLOT_BYTES = 16;

/**
 * Bytes of memory that `value` takes, about; more than `maxBytes` where it is more than that. It may be of any depth and
 * may refer to itself.
 */
export function* weigh(value: unknown, maxBytes: number): Steps<number> {
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0 && bytes <= maxBytes) {
    const part = open.pop();
    bytes += SLOT_BYTES;
    if (typeof part === "string") bytes += part.length;
    if (typeof part !== "object" || part === null) continue;
    bytes += OBJECT_BYTES;
    if (Array.isArray(part)) for (const item of part) open.push(item);
    else {
      for (const [key, item] of Object.entries(part)) {
        bytes += key.length;
        open.push(item);
      }
    }
    yield;
  }
  return bytes;
}
