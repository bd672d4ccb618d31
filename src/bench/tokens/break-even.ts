/** Computes from which sizes code execution costs less. */
import { cost, countTranscript, type Tokens } from "./count.ts";
import type { Transcript } from "./messages.ts";
import type { Bill, BreakEven, WayCount } from "./results.ts";

/** The measured conversations of one workload, by one tokenizer. */
export interface Measured {
  /** Direct calling, with all definitions or with a host's search. */
  readonly theirs: WayCount;
  readonly code: WayCount;
  /** Tokens of `theirs` with only the first k calls, from k = 0. */
  readonly walk: readonly number[];
  readonly resultBytes: number;
  readonly valueBytes: number;
  /** Number of definitions in the catalogue; absent for a host's search. */
  readonly tools?: number;
}

export type Points = Pick<BreakEven, "theirs" | "ours" | "calls" | "resultBytes" | "tools">;

export function breakEven(measured: Measured, bill: Bill): Points {
  const ours = cost(measured.code, bill);
  const calls = measured.walk.findIndex((tokens) => tokens > ours);
  return {
    theirs: cost(measured.theirs, bill),
    ours,
    calls: calls < 0 ? null : calls,
    resultBytes: bytesNeeded(measured, bill, ours),
    tools: toolsNeeded(measured, bill, ours),
  };
}

/** Tokens with the first k of the recorded calls, from k = 0 to all. */
export function walkCalls(
  tokens: Tokens,
  bill: Bill,
  calls: number,
  transcript: (calls: number) => Transcript,
): number[] {
  return Array.from({ length: calls + 1 }, (_, k) =>
    cost(countTranscript(tokens, transcript(k)), bill),
  );
}

/** Size of the results at which the other way costs as much, all else being equal. */
function bytesNeeded(
  { theirs, resultBytes, valueBytes }: Measured,
  bill: Bill,
  ours: number,
): number | null {
  const results = theirs.parts.results[bill];
  // The cost of a program that returns what it read grows with the results, too.
  if (results === 0 || valueBytes * 2 > resultBytes) return null;
  const others = cost(theirs, bill) - results;
  return Math.max(0, Math.ceil((ours - others) / (results / resultBytes)));
}

/** The number of definitions of the mean size at which direct calling costs as much. */
function toolsNeeded({ theirs, tools }: Measured, bill: Bill, ours: number): number | null {
  if (tools === undefined || tools === 0) return null;
  const catalogue = theirs.parts.catalogue[bill];
  const others = cost(theirs, bill) - catalogue;
  return Math.max(0, Math.ceil((ours - others) / (catalogue / tools)));
}
