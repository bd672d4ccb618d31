/** The places of tables and keys in a TOML text that a parser has accepted. */
import { parse } from "smol-toml";
import { isObject } from "../../core/is-object.ts";

/** A header of a table, or a key with its value. */
export interface Item {
  /** All names from the root on. */
  readonly path: readonly string[];
  readonly isHeader: boolean;
  /** Start of its first line. */
  readonly start: number;
  /** End of its last line, with the line break. */
  readonly end: number;
}

/** Blanks, line breaks and comments. */
const TRIVIA = /(?:[ \t\r\n]|#[^\n]*)*/y;
/** A header up to its closing bracket. */
const HEADER = /\[\[?((?:[^"'\]\n]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')*)\]\]?/y;
const KEY = /((?:[^"'=\n]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')*)=/y;
/** Parts of a value: texts, which may hold anything, brackets, comments, and the rest. */
const PART =
  /"""(?:[^"\\]|\\[^]|"(?!""))*"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[[{]|[\]}]|#[^\n]*|\n|[^"'[\]{}#\n]+/y;

/** In order of the text. */
export function tomlItems(text: string): Item[] {
  const items: Item[] = [];
  let table: readonly string[] = [];
  for (let at = matchEnd(TRIVIA, text, 0); at < text.length;) {
    const isHeader = text[at] === "[";
    const start = text.lastIndexOf("\n", at - 1) + 1;
    const pattern = isHeader ? HEADER : KEY;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) break; // the parser would not have accepted it
    const names = pathOf(match[1]!);
    const end = isHeader ? lineEnd(text, pattern.lastIndex) : valueEnd(text, pattern.lastIndex);
    if (isHeader) table = names;
    items.push({ path: isHeader ? table : [...table, ...names], isHeader, start, end });
    at = matchEnd(TRIVIA, text, end);
  }
  return items;
}

/** The line break after a value that starts at `from`: one that no bracket holds. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [part] = PART.exec(text) ?? [];
    if (part === undefined) return lineEnd(text, at);
    if (part === "\n" && depth === 0) return PART.lastIndex;
    if (part === "[" || part === "{") depth += 1;
    if (part === "]" || part === "}") depth -= 1;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end + 1;
}

function matchEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.exec(text);
  return pattern.lastIndex;
}

/** The path that a key or a header stands for: `a."b c"` is `["a", "b c"]`. */
function pathOf(key: string): string[] {
  const path: string[] = [];
  let at: unknown = parse(`${key} = 0`);
  while (isObject(at)) {
    const [name] = Object.keys(at);
    if (name === undefined) break;
    path.push(name);
    at = at[name];
  }
  return path;
}
