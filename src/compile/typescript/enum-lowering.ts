/** Enums as objects. */
import { type AnyNode, walk } from "../acorn.ts";
import type { Erasures } from "./erasures.ts";

export interface EnumMember {
  /** As it is written: a word, or a text in quotes. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly equals?: number;
  readonly value?: AnyNode;
  /** Offset of the comma behind it. */
  comma?: number;
}

export interface Enum {
  readonly name: string;
  readonly start: number;
  /** Offsets of its braces. */
  readonly open: number;
  readonly close: number;
  readonly members: readonly EnumMember[];
}

/** How the names begin that a lowered enum has. */
export const ENUM_NAME = "$enum";

/** Such a name that `text` does not have, which others begin with. */
export function unusedName(text: string): string {
  let number = 0;
  for (const [, digits] of text.matchAll(/\$enum(\d{1,9})/g))
    number = Math.max(number, Number(digits) + 1);
  return text.includes(ENUM_NAME) ? `${ENUM_NAME}${number}` : ENUM_NAME;
}

/** Sets a member; a number is also the key of its name. (QuickJS copies parameters that a default value captures.) */
function opening(own: string): string {
  return `(${own}) => { let ${own}Last = -1; const ${own}Set = (name, value) => { ${own}[name] = ${own}Last = value; if (typeof value !== "string") ${own}[value] = name; };`;
}

/**
 * Members are set one after the other on the object of the enum, and a name in a value that is a member's means the
 * member: no name of the program is taken.
 */
export function lowerEnum(
  { name, start, open, close, members }: Enum,
  { isFirst, isNested, own }: { isFirst: boolean; isNested: boolean; own: string },
  text: string,
  erasures: Erasures,
): void {
  const names = new Set(members.map((member) => plain(member.name)));
  // Without the semicolon a line before it that has none would call its value.
  const declaration = isFirst ? `${isNested ? "let" : "var"} ${name}; ` : "; ";
  erasures.lower((edits) => {
    edits.replace(
      start,
      open + 1,
      `${declaration}(${opening(own)} ${lineBreaks(text.slice(start, open))}`,
    );
    for (const member of members) {
      const value = member.value === undefined ? `${own}Last + 1); ` : "";
      edits.replace(
        member.start,
        member.end,
        `${own}Set(${/^["'`]/.test(member.name) ? member.name : JSON.stringify(member.name)}, ${value}`,
      );
      if (member.equals !== undefined) edits.replace(member.equals, member.equals + 1, "");
      if (member.comma !== undefined) edits.replace(member.comma, member.comma + 1, "");
      if (member.value === undefined) continue;
      edits.close(member.comma ?? close, "); ");
      qualify(member.value, names, own, edits);
    }
    edits.replace(close, close + 1, `})(${name} || (${name} = {}));`);
  });
}

function lineBreaks(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, "");
}

function plain(name: string): string {
  return /^["'`]/.test(name) ? name.slice(1, -1).replace(/\\(.)/g, "$1") : name;
}

type Edits = Parameters<Parameters<Erasures["lower"]>[0]>[0];

function qualify(value: AnyNode, names: ReadonlySet<string>, own: string, edits: Edits): void {
  const seen = new Set<number>(); // a shorthand is both key and value
  walk(value, (node, parents) => {
    if (node.type !== "Identifier" || !names.has(node.name) || seen.has(node.start)) return;
    seen.add(node.start);
    const parent = parents.at(-1);
    if (parents.some((each) => hasParameter(each, node.name))) return;
    if (parent?.type === "MemberExpression" && parent.property === node && !parent.computed) return;
    if (parent?.type === "Property" && parent.key === node && !parent.shorthand) return;
    const key = parent?.type === "Property" && parent.shorthand ? `${node.name}: ` : "";
    edits.open(node.start, `${key}${own}.`);
  });
}

function hasParameter(node: AnyNode, name: string): boolean {
  return "params" in node && node.params.some((param) => "name" in param && param.name === name);
}
