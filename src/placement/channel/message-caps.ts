/** Caps of the messages between a host and a worker, and of their parts. */
import type { Limits } from "../../core/limits.ts";
import { cutUnits } from "../../core/utf8.ts";

/** More than a correct worker can send under the caps of a run: a broken one must not fill our memory with a message. */
export function largestMessage({ callBytes, logBytes }: Limits): number {
  return 8 * callBytes + logBytes + 1024 * 1024;
}

/** A saved VM is at most as large as its memory, in base64; the cap of a journal is smaller. */
export function largestImage({ memoryMb }: Limits): number {
  return (Math.max(memoryMb, 64) * 1024 * 1024 * 4) / 3;
}

/** Characters of the name of a server or a tool, as a program or a host spells it. */
export const MAX_NAME = 1_000;
/** Characters of an error's message or hint. */
export const MAX_TEXT = 16_384;
/** Number of names that a program can declare for the next programs of its session. */
export const MAX_DECLARED = 10_000;
/** Characters of one declared name. */
export const MAX_DECLARED_NAME = 200;

/** Characters of the head of a message, which is parsed before its fields are checked. */
export const MAX_HEAD = 512 * 1024;
/** The same for types of messages with larger heads. `Infinity`: only the size of the message is capped. */
export const LARGE_HEADS: Readonly<Record<string, number>> = {
  outcome: 4 * 1024 * 1024, // the names that a program declared
  saved: Infinity, // the calls and answers that a VM waits for
  open: Infinity,
  engine: Infinity, // options of any engine
};

/** `text`, cut and marked with `…` where it is longer than `most` characters. */
export function cutText(text: string, most: number): string {
  return text.length > most ? `${cutUnits(text, most - 1)}…` : text;
}
