import type { Answer } from "../core/answer.ts";

/** What a journal has of a call that a run is about to make. */
export type JournalEntry =
  /** It was made before, and this was the answer. */
  | { readonly answer: Answer }
  /** It was begun before; nobody knows whether it was carried out. */
  | { readonly inDoubt: true }
  /** It is new, and recorded as begun. `end` records the answer. */
  | { readonly end: (answer: Answer) => Promise<void> };

/**
 * The calls of one run, recorded as they are made. When the host of the run dies, the run can be made again, and no call
 * is made twice.
 */
export interface CallJournal {
  /** Record that a call begins, unless the journal has it. A call that a program makes several times is recorded several times. */
  begin(tool: string, args: string): Promise<JournalEntry>;
}
