/** Caps of the messages between a host and a worker, and of their parts. */
import type { Limits } from "../../core/limits.ts";

/**
 * Bytes of the arguments and answers of calls that a VM waits for when it is saved: more than one call's, by the default limits. They
 * are texts, which are read in one step.
 */
export const MAX_WAITING_BYTES = 5 * 1024 * 1024;

/** The text of a message: more than a correct peer sends under the caps of a run. A broken one must not fill our memory. */
export function largestText({ callBytes, logBytes, sourceBytes }: Limits): number {
  return Math.max(callBytes, logBytes, sourceBytes, MAX_WAITING_BYTES) + 2 * 1024 * 1024;
}

/** A saved VM is at most as large as its memory; the cap of a journal is smaller. Beside it are the texts that it waits for. */
export function largestSavedVm({ memoryMb }: Limits): number {
  return Math.max(memoryMb, 64) * 1024 * 1024 + MAX_WAITING_BYTES + 2 * 1024 * 1024;
}

/** Characters of the name of a server or a tool, as a program or a host spells it. */
export const MAX_NAME = 1_000;
/** Characters of a tool's label: a server's name, a dot and a tool's name. */
export const MAX_LABEL = 2 * MAX_NAME + 1;
/** Characters of an error's message or hint. */
export const MAX_TEXT = 16_384;
/** Number of names that a program can declare for the next programs of its session. */
export const MAX_DECLARED = 10_000;
/** Characters of one declared name. */
export const MAX_DECLARED_NAME = 200;
/** Characters of all declared names. */
export const MAX_DECLARED_TEXT = 64 * 1024;

/** Number of open calls that an outcome can name as given up. */
export const MAX_GIVEN_UP = 1_000;

const KIB = 1024;

/**
 * Characters of the heads of messages by their type. A head is parsed before its fields are checked, and a hundred thousand lists
 * or keys take tens of milliseconds, whatever comes of them: so a head is no larger than its texts need, where each character may
 * be an escape of six.
 */
const HEADS: Readonly<Record<string, number>> = {
  // to a host
  ready: 64,
  opened: 64,
  idle: 64,
  busy: 64,
  dropped: 64,
  log: 64,
  call: 128 * KIB, // two names, and a reason in the error where they are too long
  called: 32 * KIB, // a label and a message
  refused: 256 * KIB, // a message and a hint
  unavailable: 256 * KIB,
  outcome: 448 * KIB, // the names that a program declared
  saved: 512 * KIB, // what a VM waits for: up to 20,000 timers, and names of calls
  // to a worker
  engine: Infinity, // options of any engine, from a host that is trusted; a service caps the message
  names: 64,
  run: 16 * KIB,
  runKept: 16 * KIB,
  open: 512 * KIB,
  save: 64,
  end: 64,
  abort: 64,
  answer: 64,
};

/** The cap of the head of a message, in characters. */
export function largestHead(type: string): number {
  return Object.hasOwn(HEADS, type) ? HEADS[type]! : 64;
}

/** The type of a message by its first characters, see `Gate`; an empty text where it has none. */
export function typeOf(start: string): string {
  return /^\["(\w{1,20})"/.exec(start)?.[1] ?? "";
}

export { cutText } from "../../core/utf8.ts";
