/** How large a message between a host and a worker may be, and how large its parts. */
import type { Limits } from "../../core/limits.ts";

/** More than the caps of a run let a sound worker send: a broken one must not fill our memory with a message. */
export function largestMessage({ callBytes, logBytes }: Limits): number {
  return 8 * callBytes + logBytes + 1024 * 1024;
}

/** A saved VM holds as much as its memory at most, in base64; a journal has a cap of its own that is smaller. */
export function largestImage({ memoryMb }: Limits): number {
  return (Math.max(memoryMb, 64) * 1024 * 1024 * 4) / 3;
}

/** Characters of the name of a server or a tool, as a program or a host spells it. */
export const MAX_NAME = 1_000;
/** Characters of an error's message or hint. */
export const MAX_TEXT = 16_384;
/** Names that a program can leave to the next ones of its session. */
export const MAX_DECLARED = 10_000;
/** Characters of one of them. */
export const MAX_DECLARED_NAME = 200;

/** Characters of the head of a message, which is parsed before anything of it is checked. */
export const MAX_HEAD = 512 * 1024;
/** The same for those kinds of message whose heads hold more: what bounds the others of them is the size of a frame. */
export const LARGE_HEADS: Readonly<Record<string, number>> = {
  outcome: 4 * 1024 * 1024, // the names that a program declared
  saved: Infinity, // the calls and answers that a VM waits for
  open: Infinity,
  engine: Infinity, // options of any engine
};

/** `text`, or its beginning and a mark where it is longer than `most` characters. */
export function cutText(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
