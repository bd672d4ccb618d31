/** Counts the tokens of conversations. */
import { messageText, type Part, PARTS, type Transcript } from "./messages.ts";
import type { Bill, Billed, WayCount } from "./results.ts";

/** A tokenizer. */
export interface Tokens {
  /** Unique among the tokenizers; the key of its counts in results. */
  readonly name: string;
  /** The models for which its counts are exact. */
  readonly exactFor: string;
  /** Returns the number of tokens of `text`. */
  count(text: string): number;
}

/** Caches counts by text: the same catalogues and results are part of many conversations. */
export function remembering(tokens: Tokens): Tokens {
  const known = new Map<string, number>();
  return {
    name: tokens.name,
    exactFor: tokens.exactFor,
    count: (text) => {
      const count = known.get(text) ?? tokens.count(text);
      known.set(text, count);
      return count;
    },
  };
}

/**
 * Counts a conversation. Each message of the model ends a request, and one more request is made for the final reply.
 * Billed every turn, a message is input of all later requests, and the catalogue is input of all requests.
 */
export function countTranscript({ count }: Tokens, { catalogue, entries }: Transcript): WayCount {
  const turns = entries.filter(({ message }) => message.role === "assistant").length;
  const parts = Object.fromEntries(
    PARTS.map((part) => [part, { once: 0, everyTurn: 0 }]),
  ) as Record<Part, Record<Bill, number>>;
  const add = (part: Part, tokens: number, reads: number): void => {
    parts[part].once += tokens;
    parts[part].everyTurn += tokens * reads;
  };
  let left = turns + 1;
  let output = 0;
  add("catalogue", count(catalogue), left);
  for (const { part, message } of entries) {
    const tokens = count(messageText(message));
    if (message.role === "assistant") {
      left--;
      output += tokens;
    }
    add(part, tokens, left);
  }
  return { requests: turns + 1, parts, input: sum(Object.values(parts)), output };
}

function sum(parts: readonly Billed[]): Billed {
  return {
    once: parts.reduce((all, { once }) => all + once, 0),
    everyTurn: parts.reduce((all, { everyTurn }) => all + everyTurn, 0),
  };
}

/** Input and output tokens together: the measure by which ways are compared. */
export function cost({ input, output }: WayCount, bill: Bill): number {
  return input[bill] + output;
}
