import { isIdentifier, RESERVED_WORDS } from "../core/identifier.ts";
import { printableJson } from "../core/one-line.ts";
import { isPlain } from "./arrange-arguments.ts";

/** Longest text that is shown as it was given. */
const MAX_TEXT = 40;
const MAX_NAME = 100;
const MAX_KEYS = 20;

/** A call with one object, as a line that compiles: short values stand in it, others are variables. */
export function correctedCall(
  server: string,
  tool: string,
  args: Readonly<Record<string, unknown>>,
): string {
  return `tools${member(server)}${member(tool)}(${object(args, 0)})`;
}

/** The same call with its result left on the host. */
export function handleCall(server: string, tool: string, args: unknown): string {
  const given = isPlain(args) ? object(args, 0) : "args";
  return `tools${member(server)}${member(tool)}.handle(${given})`;
}

function member(name: string): string {
  const text = name.slice(0, MAX_NAME);
  return isIdentifier(text) ? `.${text}` : `[${printableJson(text)}]`;
}

function object(values: Readonly<Record<string, unknown>>, depth: number): string {
  const parts = Object.keys(values)
    .slice(0, MAX_KEYS)
    .map((key) => property(key.slice(0, MAX_NAME), values[key], depth));
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function property(key: string, value: unknown, depth: number): string {
  const isName = isIdentifier(key);
  const name = isName ? key : printableJson(key);
  const text = literal(value, depth);
  if (text !== undefined) return `${name}: ${text}`;
  return isName && !RESERVED_WORDS.has(key) ? key : `${name}: value`;
}

function literal(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value.length > MAX_TEXT ? undefined : printableJson(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null)
    return String(value);
  return isPlain(value) && depth === 0 ? object(value, depth + 1) : undefined;
}
