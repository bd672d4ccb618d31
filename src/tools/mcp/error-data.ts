import { parseExact } from "../../core/exact-json.ts";
import { stringifyExact } from "./exact-arguments.ts";

/** Largest data of an error that is looked at: in parts, in levels, in characters of texts, names and digits. */
const MAX_PARTS = 5_000;
const MAX_LEVELS = 100;
const MAX_CHARACTERS = 64 * 1024;
/** Between texts that are searched together: no form of a secret has it, and it is no blank. */
const BETWEEN = "\u0001";
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
  const copy = copyOf(data);
  if (copy === undefined) return { hint: TOO_LARGE };
  const texts = copy.texts.join(BETWEEN);
  const isClean = redact(texts) === texts;
  const value = isClean ? copy.value : copyOf(data, redact)?.value;
  // A secret can be written as several numbers too.
  const text = stringifyExact(value);
  const clean = redact(text);
  if (clean === text) return { data: value };
  try {
    return { data: parseExact(clean) };
  } catch {
    return {};
  }
}

/** A short text of JSON for a message; nothing of what is too large. */
export function shortJson(value: unknown): string | undefined {
  const copy = copyOf(value);
  return copy === undefined ? undefined : stringifyExact(copy.value).slice(0, MAX_TEXT);
}

interface Copied {
  readonly value: unknown;
  /** All its texts and names. */
  readonly texts: readonly string[];
}

/** A copy; nothing of what is over a cap. */
function copyOf(data: unknown, change = (text: string): string => text): Copied | undefined {
  const copy = new Copy(change);
  try {
    return { value: copy.of(data, MAX_LEVELS), texts: copy.texts };
  } catch {
    // What a caller's own client gives may throw as well: it did not come as JSON.
    return undefined;
  }
}

class Copy {
  readonly texts: string[] = [];
  readonly #change: (text: string) => string;
  #parts = MAX_PARTS;
  #characters = MAX_CHARACTERS;

  constructor(change: (text: string) => string) {
    this.#change = change;
  }

  of(value: unknown, levels: number): unknown {
    if (--this.#parts < 0 || levels < 0) throw new RangeError("too many parts or levels");
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") this.#take(value.toString(16).length);
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.of(item, levels - 1));
    const entries: [name: string, item: unknown][] = [];
    for (const name in value)
      if (Object.hasOwn(value, name))
        entries.push([
          this.#text(name),
          this.of((value as Record<string, unknown>)[name], levels - 1),
        ]);
    return Object.fromEntries(entries);
  }

  #text(text: string): string {
    this.#take(text.length);
    this.texts.push(text);
    return this.#change(text);
  }

  #take(characters: number): void {
    this.#characters -= characters;
    if (this.#characters < 0) throw new RangeError("too many characters");
  }
}
