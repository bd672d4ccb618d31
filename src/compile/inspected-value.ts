/** What an inspection has to know of a program's value: what is awaited for it, and what its entry function gets. */
import type { AnyNode } from "./acorn.ts";
import { type EntryParameter, entryParameter } from "./entry-parameter.ts";
import { programValue } from "./program-value.ts";
import { usedNames } from "./references.ts";
import type { Stripped } from "./strip-types.ts";
import { TextReader } from "./typescript/text-reader.ts";

/** Parts of a text by offsets in UTF-16 units. */
interface Range {
  readonly start: number;
  /** Behind it. */
  readonly end: number;
}

/** The first parameter of an entry function, for a type checker: its pattern, and what else is written before the next token. */
export interface TypedParameter extends Range, Pick<EntryParameter, "keys" | "isTools"> {
  /** Behind its type, where it has one. */
  readonly typeEnd?: number;
  /** It stands in parentheses. */
  readonly inParentheses: boolean;
}

export interface InspectedValue {
  readonly statements: ReadonlySet<AnyNode>;
  readonly parameter: EntryParameter | undefined;
  readonly typed: TypedParameter | undefined;
  /** An object literal as a statement, which is no block: `{ a: 1, b: 2 }`. */
  readonly object: Range | undefined;
}

export function inspectedValue(text: string, stripped: Stripped): InspectedValue {
  const { code, tree } = stripped;
  const value = programValue(tree, code, usedNames(tree as AnyNode), false);
  const statements = new Set<AnyNode>(value?.kind === "branches" ? value.endings : []);
  if (value?.kind === "expression") statements.add(value.node);
  const entry = value !== undefined && "entry" in value ? value.entry : undefined;
  const parameter = entry && entryParameter(entry);
  const isObject = value?.kind === "expression" && code[value.node.start] === "{";
  return {
    statements,
    parameter,
    typed: parameter && typedParameter(text, stripped, parameter, entry!.start),
    object: isObject ? rangeOf(stripped, value.node) : undefined,
  };
}

function typedParameter(
  text: string,
  stripped: Stripped,
  { pattern, keys, isTools }: EntryParameter,
  functionStart: number,
): TypedParameter {
  const { code, origin } = stripped;
  const { start, end } = rangeOf(stripped, pattern);
  const next = origin(new TextReader(code).space(pattern.end));
  const isTyped = /^\s*\??\s*:/.test(text.slice(end, next));
  const inParentheses = code.slice(functionStart, pattern.start).includes("(");
  return { start, end, ...(isTyped ? { typeEnd: next } : {}), inParentheses, keys, isTools };
}

function rangeOf({ origin }: Stripped, { start, end }: AnyNode): Range {
  return { start: origin(start), end: origin(end - 1) + 1 };
}
