/** The variables that a program does not declare, and that name tools. */
import { globalMeaning } from "../core/meaning.ts";
import type { NameTable } from "../core/names.ts";
import { type AnyNode, nameOf } from "./acorn.ts";

/** A variable that the program does not declare, and that names tools. Original names. */
export interface GivenGlobal {
  readonly word: string;
  readonly kind: "server" | "class" | "tool";
  readonly server: string;
  readonly tool?: string;
}

/** More are not told to a type checker: its host looks each one up. */
const MAX_GIVEN = 1_000;

/** @param free uses of variables that the program does not declare */
export function givenGlobals(names: NameTable, free: ReadonlySet<AnyNode>): GivenGlobal[] {
  const words = [...new Set(Array.from(free, nameOf))];
  const given = words.flatMap((word): GivenGlobal[] => {
    const meaning = globalMeaning(names, word);
    if (meaning?.kind === "tool")
      return [{ word, kind: "tool", server: meaning.server.name, tool: meaning.tool.name }];
    if (meaning?.kind !== "server" && meaning?.kind !== "class") return [];
    return [{ word, kind: meaning.kind, server: meaning.server.name }];
  });
  return given.slice(0, MAX_GIVEN);
}
