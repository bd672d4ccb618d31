import type { Answer } from "../core/answer.ts";

/** What is known of a call that a run makes. */
export type JournalEntry =
  /** It was made before, and came to this. */
  | { readonly answer: Answer }
  /** It was begun before; whether it was carried out nobody knows. */
  | { readonly inDoubt: true }
  /** It is new and about to be carried out, which is written down; `end` writes down what it came to. */
  | { readonly end: (answer: Answer) => Promise<void> };

/**
 * The calls of one run, written down as they happen, so that the run can be made again after its host died without any
 * call being made twice.
 */
export interface CallJournal {
  /** The entry of a call; each time that it is made counts once. */
  enter(tool: string, args: string): Promise<JournalEntry>;
}
