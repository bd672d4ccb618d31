import { parseExact } from "../../core/exact-json.ts";
import { stringifyExact } from "./exact-arguments.ts";

/** Largest data of an error that is looked at: in parts, in levels, in characters of texts, names and digits. */
const MAX_PARTS = 5_000;
const MAX_LEVELS = 100;
const MAX_CHARACTERS = 64 * 1024;
/** Longest text that is made of what is no text, in characters. */
const MAX_TEXT = 2_000;

const TOO_LARGE = `It has no data, because the server's has more than ${MAX_CHARACTERS} characters, ${MAX_PARTS} parts or ${MAX_LEVELS} levels.`;

/** Of a failed call: what else the server says, for a program. */
interface ErrorData {
  readonly data?: unknown;
  /** Why there is no data, where the server gave some. */
  readonly hint?: string;
}

/**
 * The data of a server's error without secrets. Whatever the server sends, the work for it is bounded: it is measured before
 * anything is written, parsed or searched.
 * @param redact takes secrets out of a text
 */
export function errorData(data: unknown, redact: (text: string) => string): ErrorData {
  if (data === undefined || data === null) return {};
  const copy = copyOf(data, redact);
  if (copy === undefined) return { hint: TOO_LARGE };
  // A secret can be written as several numbers too.
  const text = stringifyExact(copy);
  const clean = redact(text);
  if (clean === text) return { data: copy };
  try {
    return { data: parseExact(clean) };
  } catch {
    return {};
  }
}

/** A short text of JSON for a message; nothing of what is too large. */
export function shortJson(value: unknown): string | undefined {
  const copy = copyOf(value, (text) => text);
  return copy === undefined ? undefined : stringifyExact(copy).slice(0, MAX_TEXT);
}

function copyOf(data: unknown, redact: (text: string) => string): unknown {
  try {
    return new Copy(redact).of(data, MAX_LEVELS);
  } catch {
    // Over a cap. What a caller's own client gives may throw as well: it did not come as JSON.
    return undefined;
  }
}

class Copy {
  readonly #redact: (text: string) => string;
  #parts = MAX_PARTS;
  #characters = MAX_CHARACTERS;

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  of(value: unknown, levels: number): unknown {
    if (--this.#parts < 0 || levels < 0) throw new RangeError("too many parts or levels");
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") this.#take(value.toString(16).length);
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.of(item, levels - 1));
    const entries = Object.entries(value).map(([name, item]): [string, unknown] => [
      this.#text(name),
      this.of(item, levels - 1),
    ]);
    return Object.fromEntries(entries);
  }

  #text(text: string): string {
    this.#take(text.length);
    return this.#redact(text);
  }

  #take(characters: number): void {
    this.#characters -= characters;
    if (this.#characters < 0) throw new RangeError("too many characters");
  }
}
