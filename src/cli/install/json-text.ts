/** JSON as hosts write it, with comments and trailing commas. */
import {
  applyEdits,
  type FormattingOptions,
  getNodeValue,
  modify,
  type ParseError,
  parseTree,
} from "jsonc-parser";
import { isObject } from "../../core/is-object.ts";
import { type Change, DocumentError } from "./change.ts";

/**
 * The value of a text; `{}` where it has none.
 * @throws DocumentError with line and column
 */
export function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error !== undefined) throw new DocumentError(`it is not valid JSON: ${at(text, error.offset)}`);
  const value: unknown = tree === undefined ? {} : getNodeValue(tree);
  return value;
}

function at(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return `line ${line}, column ${offset - before.lastIndexOf("\n")}`;
}

/** The text with one server set or removed. */
export function editJson(text: string, key: string, { name, entry, before = [] }: Change): string {
  const formattingOptions = layoutOf(text);
  const servers = serversOf(text, key);
  const old = servers[name];
  if (entry === undefined && old === undefined) return text;
  if (isObject(old) && entry !== undefined) return update(text, [key, name], old, entry);
  // Where the name stands among those that are there.
  const place = (names: string[]): number => {
    const next = before.find((each) => names.includes(each));
    return next === undefined ? names.length : names.indexOf(next);
  };
  const options = { formattingOptions, getInsertionIndex: place };
  // What stands after it is not moved to another line.
  return applyEdits(text, modify(text, [key, name], entry, options));
}

/** Changes the keys that differ, so that comments between them stay. */
function update(
  text: string,
  path: readonly string[],
  old: Readonly<Record<string, unknown>>,
  entry: Readonly<Record<string, unknown>>,
): string {
  const keys = new Set([...Object.keys(old), ...Object.keys(entry)]);
  const differing = [...keys].filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(entry[key]),
  );
  return differing.reduce((now, key) => {
    const formattingOptions = layoutOf(now);
    return applyEdits(now, modify(now, [...path, key], entry[key], { formattingOptions }));
  }, text);
}

function serversOf(text: string, key: string): Readonly<Record<string, unknown>> {
  const root = parseJson(text);
  const servers = isObject(root) ? root[key] : undefined;
  return isObject(servers) ? servers : {};
}

/** Indentation and line ends as they are in the text. */
function layoutOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)["{}[\]]/m.exec(text)?.[1] ?? "  ";
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
}
