/**
 * The servers in the config file of a host, and changes of them. The invariant: what else is in the file stays as it is. After a
 * change the new text is parsed, and is refused unless it differs from the old one by exactly that change.
 */
import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../core/is-object.ts";
import { kindOf } from "../../core/setting-errors.ts";
import { type Change, DocumentError } from "./change.ts";
import type { Host } from "./hosts.ts";
import { editJson, parseJson } from "./json-text.ts";
import { editToml, parseToml } from "./toml-text.ts";

/** Servers by name, as they are in the file. */
export type Servers = Readonly<Record<string, unknown>>;

type Format = Pick<Host, "format" | "key">;

/** @throws DocumentError for a text that does not parse, with its line and column, or where the key holds no servers */
export function serversIn(text: string, { format, key }: Format): Servers {
  const servers = rootOf(text, format)[key];
  if (servers === undefined) return {};
  if (isObject(servers)) return servers;
  throw new DocumentError(`${key} is ${kindOf(servers)}; it must be an object of servers by name`);
}

/**
 * Changes the text in place: comments, order and layout of the rest stay.
 * @throws DocumentError where that cannot be done safely
 */
export function edit(text: string, format: Format, changes: readonly Change[]): string {
  const before = serversIn(text, format);
  const bom = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const bare = text.slice(bom.length);
  const change = format.format === "toml" ? editToml : editJson;
  const edited =
    bom + shallow(() => changes.reduce((now, each) => change(now, format.key, each), bare));
  const wanted = { ...rootOf(text, format.format), [format.key]: changed(before, changes) };
  if (!isWritten(edited, format.format, wanted))
    throw new DocumentError("it is written in a way that cannot be changed safely");
  return edited;
}

function isWritten(edited: string, format: Host["format"], wanted: Servers): boolean {
  try {
    return isSame(rootOf(edited, format), wanted);
  } catch {
    return false;
  }
}

function changed(servers: Servers, changes: readonly Change[]): Servers {
  const result = new Map(Object.entries(servers));
  for (const { name, entry } of changes) {
    if (entry === undefined) result.delete(name);
    else result.set(name, entry);
  }
  return Object.fromEntries(result);
}

/** The key of servers may be gone with the last of them. */
function isSame(actual: Servers, wanted: Servers): boolean {
  return isDeepStrictEqual(plain({ ...emptied(wanted, actual), ...actual }), plain(wanted));
}

function emptied(wanted: Servers, actual: Servers): Servers {
  const gone = Object.entries(wanted).filter(
    ([key, value]) => !Object.hasOwn(actual, key) && isObject(value) && isEmpty(value),
  );
  return Object.fromEntries(gone);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Parsers of TOML make objects without a prototype, and dates. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function rootOf(text: string, format: Host["format"]): Record<string, unknown> {
  const parse = format === "toml" ? parseToml : parseJson;
  const root = shallow(() => plain(parse(text.replace(/^\uFEFF/, ""))));
  if (isObject(root)) return root;
  throw new DocumentError(`it holds ${kindOf(root)}; it must be an object`);
}

/** Parsers recurse, and patterns keep where they were: a text can be nested by hundreds of thousands, or have comments of megabytes. */
function shallow<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new DocumentError("it is nested too deep, or too long");
    throw error;
  }
}

/** Two entries that mean the same, whatever the order of their keys. */
export function isSameEntry(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}
