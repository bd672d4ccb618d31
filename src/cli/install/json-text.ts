/** JSON as hosts write it, with comments and trailing commas: one property is put in or taken out, and no other is laid out anew. */
import {
  createScanner,
  findNodeAtLocation,
  getNodeValue,
  type Node,
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
  const tree = treeOf(text);
  const value: unknown = tree === undefined ? {} : getNodeValue(tree);
  return value;
}

function treeOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error === undefined) return tree;
  const before = text.slice(0, error.offset);
  const line = before.split("\n").length;
  const column = error.offset - before.lastIndexOf("\n");
  throw new DocumentError(`it is not valid JSON: line ${line}, column ${column}`);
}

/** The text with one server set or removed. */
export function editJson(text: string, key: string, { name, entry, before }: Change): string {
  if (entry === undefined) return remove(text, [key, name]);
  const old = valueAt(text, [key, name]);
  if (!isObject(old)) return put(text, [key], name, entry, before);
  // Only the keys that differ, so that comments between them stay.
  const keys = new Set([...Object.keys(old), ...Object.keys(entry)]);
  return [...keys]
    .filter((each) => JSON.stringify(old[each]) !== JSON.stringify(entry[each]))
    .reduce((now, each) => {
      if (entry[each] === undefined) return remove(now, [key, name, each]);
      return put(now, [key, name], each, entry[each]);
    }, text);
}

type Path = readonly string[];

function nodeAt(text: string, path: Path): Node | undefined {
  const tree = treeOf(text);
  return tree === undefined ? undefined : findNodeAtLocation(tree, [...path]);
}

function valueAt(text: string, path: Path): unknown {
  const node = nodeAt(text, path);
  const value: unknown = node === undefined ? undefined : getNodeValue(node);
  return value;
}

/** Sets a property of the object at `path`, which is made where it is missing. */
function put(text: string, path: Path, name: string, value: unknown, before: Path = []): string {
  const layout = layoutOf(text);
  if (treeOf(text) === undefined) {
    const root = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), { [name]: value });
    return `${text.trim() === "" ? "" : text}${write(root, layout, "")}${layout.eol}`;
  }
  const parent = nodeAt(text, path);
  if (parent === undefined) return put(text, path.slice(0, -1), path.at(-1)!, { [name]: value });
  const old = nodeAt(text, [...path, name]);
  if (old !== undefined) {
    const lines = write(value, layout, indentAt(text, old.offset));
    return text.slice(0, old.offset) + lines + text.slice(endOf(old));
  }
  const properties = parent.children ?? [];
  const next = before.map((each) => properties.findIndex((node) => nameOf(node) === each));
  const at = next.find((index) => index >= 0) ?? properties.length;
  return insert(text, parent, at, { name, value, layout });
}

interface Property {
  readonly name: string;
  readonly value: unknown;
  readonly layout: Layout;
}

/** Puts a property in as the one at `index`. */
function insert(text: string, parent: Node, index: number, property: Property): string {
  const { name, value, layout } = property;
  const properties = parent.children ?? [];
  const source = text.slice(parent.offset, endOf(parent));
  const key = `${JSON.stringify(name)}:`;
  const isLast = index === properties.length;
  const last = properties[index - 1];
  const open = parent.offset + 1;
  if (properties.length > 0 && !source.includes("\n")) {
    // An object on one line stays on it.
    const blank = /[:,] /.test(source) ? " " : "";
    const compact = `${key}${blank}${JSON.stringify(value)}`;
    const at = last === undefined ? properties[0]!.offset : endOf(last);
    const own = last === undefined ? `${compact},${blank}` : `,${blank}${compact}`;
    return text.slice(0, at) + own + text.slice(at);
  }
  const base = indentAt(text, parent.offset);
  const indent =
    properties[0] === undefined ? base + layout.indent : indentAt(text, properties[0].offset);
  const lines = `${layout.eol}${indent}${key} ${write(value, layout, indent)}`;
  if (last === undefined) {
    const rest = text.slice(open);
    const comma = properties.length > 0 ? "," : "";
    const close = properties.length === 0 && /^\s*\}/.test(rest) ? layout.eol + base : "";
    return text.slice(0, open) + lines + comma + close + (close === "" ? rest : rest.trimStart());
  }
  const comma = commaAfter(text, last);
  // What is said about the last one on its line stays beside it.
  const place = lineEndAfter(text, comma ?? endOf(last));
  const head = text.slice(0, endOf(last)) + (comma === undefined ? "," : "");
  const hasComma = comma !== undefined || !isLast;
  return head + text.slice(endOf(last), place) + lines + (hasComma ? "," : "") + text.slice(place);
}

function remove(text: string, path: Path): string {
  const property = nodeAt(text, path)?.parent;
  const properties = property?.parent?.children;
  if (property === undefined || properties === undefined) return text;
  const last = properties[properties.indexOf(property) - 1];
  const comma = commaAfter(text, property);
  const end = lineEndAfter(text, comma ?? endOf(property));
  const lineStart = text.lastIndexOf("\n", property.offset - 1) + 1;
  const isAlone =
    lineStart > 0 &&
    text.slice(lineStart, property.offset).trim() === "" &&
    /^(?:\r?\n|$)/.test(text.slice(end));
  const cut = isAlone
    ? text.slice(0, text.slice(0, lineStart).replace(/\r?\n$/, "").length) + text.slice(end)
    : text.slice(0, property.offset) +
      text.slice(comma ?? endOf(property)).replace(/^[ \t]+(?=")/, "");
  if (comma !== undefined || last === undefined) return cut;
  // It was the last: what is the last now has no comma either.
  const stray = commaAfter(text, last)!;
  return cut.slice(0, stray - 1) + cut.slice(stray);
}

/** The end of the comma that follows a property. */
function commaAfter(text: string, node: Node): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(endOf(node));
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === "," ? at + 1 : undefined;
}

/** The end of a comment that is all that follows on the line, else `from`. */
function lineEndAfter(text: string, from: number): number {
  const pattern = /[ \t]*(?:\/\*(?:(?!\*\/)[^\n])*\*\/[ \t]*)?(?:\/\/[^\r\n]*)?(?=\r?\n|$)/y;
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function nameOf(property: Node): unknown {
  return property.children?.[0]?.value;
}

interface Layout {
  readonly indent: string;
  readonly eol: string;
}

/** Indentation and line ends as they are in the text. */
function layoutOf(text: string): Layout {
  const indent = /^([ \t]+)["{}[\]]/m.exec(text)?.[1] ?? "  ";
  return { indent, eol: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** The blanks that the line of an offset begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)![0];
}

/** A value of several lines; lists of plain values are on one. */
function write(value: unknown, layout: Layout, indent: string): string {
  if (Array.isArray(value) && !value.some((each) => typeof each === "object"))
    return `[${value.map((each) => JSON.stringify(each)).join(", ")}]`;
  if (!isObject(value) || Object.keys(value).length === 0) return JSON.stringify(value);
  const inner = indent + layout.indent;
  const lines = Object.entries(value).map(
    ([key, each]) => `${inner}${JSON.stringify(key)}: ${write(each, layout, inner)}`,
  );
  return `{${layout.eol}${lines.join(`,${layout.eol}`)}${layout.eol}${indent}}`;
}
