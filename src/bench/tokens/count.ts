/** From conversations to tokens. */
import { messageText, type Part, PARTS, type Transcript } from "./messages.ts";
import type { Bill, Billed, WayCount } from "./results.ts";

/** Counts the tokens of a text. */
export interface Tokens {
  readonly name: string;
  /** What its counts are exact for. */
  readonly exactFor: string;
  count(text: string): number;
}

/** The same, which counts each text once: catalogues and results stand in many conversations. */
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
 * The account of a conversation. Each message of the model ends a request, and one more request is made for the last
 * answer; billed every turn, a message is input of all requests after it, and the catalogue of all.
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

/** Input and output together: what ways are compared by. */
export function cost({ input, output }: WayCount, bill: Bill): number {
  return input[bill] + output;
}
