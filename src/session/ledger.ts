import type { Answer } from "../core/answer.ts";

/** What became of a call of a run that was interrupted. */
export type Recalled =
  | { readonly finished: true; readonly answer: Answer }
  /** It was begun; whether it was carried out nobody knows. */
  | { readonly finished: false };

/**
 * The calls of one run, written down as they happen, so that the run can be made again after its host died without any
 * call being made twice.
 */
export interface Ledger {
  /** What became of this call when the run was made before; each time it was made counts once. */
  recall(tool: string, args: string): Recalled | undefined;
  /** A call is about to be carried out; resolves when that is written down, with its number. */
  begin(tool: string, args: string): Promise<number>;
  /** It has ended; resolves when that is written down. */
  end(call: number, tool: string, args: string, answer: Answer): Promise<void>;
}
