/** How large a message of a place may be. */
import type { Limits } from "../core/limits.ts";

/** More than the caps of a run let a good worker send: a broken one must not fill our memory with a message. */
export function largestMessage({ callBytes }: Limits): number {
  return 8 * callBytes + 1024 * 1024;
}

/** A saved VM holds as much as its memory at most, in base64; a journal has a cap of its own that is smaller. */
export function largestImage({ memoryMb }: Limits): number {
  return (Math.max(memoryMb, 64) * 1024 * 1024 * 4) / 3;
}
