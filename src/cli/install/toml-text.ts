/** TOML whose servers are tables: text is cut out and put in by whole tables, and all else stays. */
import { parse, stringify, TomlError } from "smol-toml";
import { type Change, DocumentError } from "./change.ts";
import { type Item, tomlItems } from "./toml-items.ts";

/** @throws DocumentError with line and column */
export function parseToml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace("Invalid TOML document: ", "").split("\n");
    const { line, column } = error;
    throw new DocumentError(`it is not valid TOML: line ${line}, column ${column}: ${reason}`);
  }
}

/** The text with one server set or removed. */
export function editToml(text: string, key: string, { name, entry, before = [] }: Change): string {
  const { rest, place } = cut(text, [key, name]);
  if (entry === undefined) return rest;
  const items = tomlItems(rest);
  const next = before
    .map((each) => items.find((item) => item.isHeader && isWithin(item, [key, each])))
    .find((item) => item !== undefined);
  return insert(rest, place ?? next?.start ?? rest.length, tableText(key, name, entry));
}

function tableText(key: string, name: string, entry: Readonly<Record<string, unknown>>): string {
  return stringify({ [key]: { [name]: entry } }).trimEnd();
}

/** The text without everything under a path, and where the first of it was. */
function cut(text: string, path: readonly string[]): { rest: string; place: number | undefined } {
  const items = tomlItems(text);
  let rest = text;
  let place: number | undefined;
  for (const [start, end] of runsOf(items, path).toReversed()) {
    const head = rest.slice(0, start);
    const hasGap = head === "" || /\n\r?\n$/.test(head);
    rest = head + (hasGap ? rest.slice(end).replace(/^[ \t]*\r?\n/, "") : rest.slice(end));
    place = items.some((item) => item.isHeader && item.start === start) ? start : undefined;
  }
  return { rest, place };
}

/** Neighbours under the path are cut as one, with the comments between them. */
function runsOf(items: readonly Item[], path: readonly string[]): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  let before = false;
  for (const item of items) {
    const inside = isWithin(item, path);
    if (inside) runs.push([before ? runs.pop()![0] : item.start, item.end]);
    before = inside;
  }
  return runs;
}

function isWithin(item: Item, path: readonly string[]): boolean {
  return path.every((part, at) => item.path[at] === part);
}

/** Puts a table on lines of its own, with an empty line before and after it. */
function insert(text: string, at: number, table: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const before = text.slice(0, at);
  const after = text.slice(at);
  const gap =
    before === "" || /\n\r?\n$/.test(before) ? "" : before.endsWith("\n") ? eol : eol + eol;
  const own = table.replaceAll("\n", eol);
  return `${before}${gap}${own}${eol}${after === "" ? "" : eol}${after}`;
}
