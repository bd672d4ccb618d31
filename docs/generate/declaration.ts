/**
 * Reads documented declarations out of TypeScript source: an interface, an object type, an array of names. It relies on
 * the layout that oxfmt gives every file, so it needs no parser: a member starts at its own indentation.
 */
import { readFile } from "node:fs/promises";

/** A doc comment: its text, and its block tags by name. */
export interface Doc {
  readonly text: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** One member of a declaration, with the comment above it. */
export interface Member extends Doc {
  readonly name: string;
  readonly isOptional: boolean;
  /** As it is written; empty for the items of an array. */
  readonly type: string;
  /** Members of a type that is written in place. */
  readonly members: readonly Member[];
}

export interface Declaration extends Doc {
  readonly name: string;
  readonly members: readonly Member[];
}

const ROOT = new URL("../../", import.meta.url);

/**
 * @param file path from the root of the repository
 * @param name an exported interface or constant in it
 * @throws Error for a declaration that is not there, and for a member without a comment
 */
export async function readDeclaration(file: string, name: string): Promise<Declaration> {
  const lines = (await readFile(new URL(file, ROOT), "utf8")).split("\n");
  const start = lines.findIndex((line) =>
    new RegExp(`^export (?:interface|const) ${name}\\b`).test(line),
  );
  if (start === -1) throw new Error(`${file} exports no interface or constant ${name}`);
  const end = lines.findIndex((line, at) => at > start && /^[}\]]/.test(line));
  const members = readMembers(lines.slice(start + 1, end), "  ", `${file}: ${name}`);
  return { name, ...commentAbove(lines, start), members };
}

function readMembers(lines: readonly string[], indent: string, path: string): Member[] {
  const members: Member[] = [];
  let doc: Doc | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.slice(indent.length);
    if (line === "" || line.startsWith("//")) continue;
    if (line.startsWith("/**")) {
      const end = lines.findIndex((candidate, index) => index >= at && candidate.includes("*/"));
      doc = parseComment(lines.slice(at, end + 1));
      at = end;
      continue;
    }
    // The last line of a member is the first one at its own indentation that ends with a separator.
    const end = lines.findIndex(
      (candidate, index) =>
        index >= at && !candidate.startsWith(`${indent} `) && /[;,]$/.test(candidate),
    );
    const member = parseMember(lines.slice(at, end + 1), indent, path);
    if (doc === undefined) throw new Error(`${path}.${member.name} has no comment`);
    members.push({ ...member, ...doc });
    doc = undefined;
    at = end;
  }
  return members;
}

function parseMember(
  lines: readonly string[],
  indent: string,
  path: string,
): Omit<Member, keyof Doc> {
  const text = lines
    .map((line) => line.trim())
    .join(" ")
    .slice(0, -1);
  const item = /^"(.+)"$/.exec(text);
  if (item !== null) return { name: item[1]!, isOptional: false, type: "", members: [] };
  const match = /^(?:readonly )?(\w+)(\?)?(?:: (.+)|(\(.+))$/.exec(text);
  if (match === null) throw new Error(`${path} has a member that cannot be read: ${text}`);
  const [, name, optional, type, method] = match;
  const inPlace = /^(?:readonly )?\{.*\}(\[\])?$/.exec(type ?? "");
  const inner = lines.slice(1, -1);
  return {
    name: name!,
    isOptional: optional !== undefined,
    type: inPlace === null ? tidy(type ?? method!) : `object${inPlace[1] ?? ""}`,
    members: inPlace === null ? [] : readMembers(inner, `${indent}  `, `${path}.${name}`),
  };
}

/** A type that oxfmt has broken into lines, on one; that data is read only goes without saying. */
function tidy(type: string): string {
  return type
    .replaceAll("readonly ", "")
    .replace(/^\| /, "")
    .replaceAll(/([([{<]) /g, (bracket, open: string) => (open === "{" ? bracket : open))
    .replaceAll(/,? ([)\]>])/g, (all, close: string) => (all === " >" ? all : close));
}

function commentAbove(lines: readonly string[], at: number): Doc {
  const start = lines.findLastIndex((line, index) => index < at && line.startsWith("/**"));
  const isAbove =
    start !== -1 && lines.slice(start, at).every((line) => /^(\/\*\*| \*)/.test(line));
  return isAbove ? parseComment(lines.slice(start, at)) : { text: "", tags: new Map() };
}

function parseComment(lines: readonly string[]): Doc {
  const blocks: string[] = [""];
  for (const line of lines) {
    const text = line.replace(/^\s*(?:\/\*\*|\*(?!\/))? ?/, "").replace(/\s*\*\/$/, "");
    if (text.startsWith("@")) blocks.push(text.slice(1));
    else blocks.push(`${blocks.pop()} ${text}`);
  }
  const [text = "", ...tags] = blocks.map((block) =>
    block
      .replaceAll(/\{@link ([^}]+)\}/g, "`$1`")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  return { text, tags: new Map(tags.map(splitTag)) };
}

/** `default 64` is the tag `default` with the text `64`. */
function splitTag(block: string): [tag: string, text: string] {
  const [tag = "", ...words] = block.split(" ");
  return [tag, words.join(" ")];
}
