/** The docstrings of our interfaces: they describe the settings in the published schema too, so that nothing is said twice. */
import { globSync, readFileSync } from "node:fs";

/** What stands above one member of an interface. */
export interface Docstring {
  /** On one line, without tags. */
  readonly text: string;
  /** What follows `@default`. */
  readonly default?: string;
}

const folder = new URL("../../", import.meta.url).pathname;
const sources = globSync("**/*.ts", { cwd: folder })
  .filter((file) => !file.endsWith("guest/source.ts"))
  .toSorted()
  .map((file) => readFileSync(`${folder}${file}`, "utf8"));

/** The members of an exported interface (or of a union of some) with their docstrings, inherited ones included. */
export function docstringsOf(name: string): ReadonlyMap<string, Docstring> {
  const union = find(new RegExp(`^export type ${name} = ([\\w |]+);$`, "m"));
  if (union !== undefined) return merge(union[1]!.split("|").map((part) => part.trim()));
  const found = find(
    new RegExp(`^export interface ${name}(?: extends ([\\w, ]+))? \\{\\n([^]*?)^\\}$`, "m"),
  );
  if (found === undefined) return new Map();
  const [, parents = "", body = ""] = found;
  const members = body.matchAll(/^ {2}\/\*\*([^]*?)\*\/\n {2}readonly ([\w$]+)\??:/gm);
  const own = [...members].map(([, comment, key]) => [key!, parse(comment!)] as const);
  return new Map([...merge(parents.split(",").map((part) => part.trim())), ...own]);
}

/** What stands above an exported interface. */
export function interfaceDocstring(name: string): Docstring {
  const found = find(
    new RegExp(`^/\\*\\*((?:(?!\\*/)[^])*)\\*/\\nexport interface ${name}\\b`, "m"),
  );
  return parse(found?.[1] ?? "");
}

function merge(names: readonly string[]): Map<string, Docstring> {
  return new Map(names.flatMap((name) => (name === "" ? [] : [...docstringsOf(name)])));
}

function find(pattern: RegExp): RegExpExecArray | undefined {
  return sources.map((source) => pattern.exec(source)).find((match) => match !== null) ?? undefined;
}

function parse(comment: string): Docstring {
  const plain = comment.replaceAll(/^\s*\*? ?/gm, "").replaceAll(/\{@link (\w+)\}/g, "$1");
  const [text = "", normal] = plain
    .split(/^@default /m)
    .map((part) => part.replaceAll(/\s+/g, " ").trim());
  return { text, ...(normal === undefined ? {} : { default: normal }) };
}
