/** What a VM asks of the table of names. Programs choose the questions: all input is hostile. */
import { globalMeaning, type Meaning, memberMeaning, namedCall } from "../core/meaning.ts";
import { isBuiltIn } from "../core/built-in-names.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import { clear, placedTools } from "../core/spelling.ts";
import { importFailure, importMeaning, toolModule } from "../core/tool-modules.ts";
import type { GuestMeaning } from "./guest/meanings.ts";

/** What a program gets for its variables that nothing declares: servers, wrapper classes, flat functions. */
export function givenGlobals(
  names: NameTable,
  { words, free }: Pick<Program, "words" | "free">,
): (readonly [word: string, meaning: GuestMeaning])[] {
  const given = new Map<string, GuestMeaning>();
  for (const word of words) {
    const place = isBuiltIn(word) ? undefined : clear(placedTools(names, word));
    if (place !== undefined) given.set(word, told({ kind: "tool", ...place }));
  }
  for (const word of free) {
    const meaning = globalMeaning(names, word);
    if (meaning !== undefined) given.set(word, told(meaning));
  }
  return [...given];
}

/** The reply to a look-up of `tools` (`server` is empty) or of one server: names and identifiers, as JSON. */
export function answerNames(names: NameTable, server: string): string {
  const all =
    server === "" ? names.servers : names.servers.find(({ name }) => name === server)?.tools;
  return JSON.stringify((all ?? []).map(({ name, alias }) => [name, alias]));
}

/** What a word means, as JSON: see guest/meanings.ts. Empty for nothing; `undefined` for a question that is none. */
export function answerMeaning(
  names: NameTable,
  kind: string,
  place: string,
  text: string,
): string | undefined {
  switch (kind) {
    case "member":
      return written(memberMeaning(names, text));
    case "module":
      return written(toolModule(names, text), () => refusal(names, text));
    case "export":
      return written(importMeaning(names, place, text), () => refusal(names, place, text));
    case "callee":
      return JSON.stringify(callMeaning(names, place, undefined));
    case "callee of":
      return JSON.stringify(callMeaning(names, place, text));
    default:
      return undefined;
  }
}

function written(meaning: Meaning | undefined, refused?: () => GuestMeaning): string {
  const found = meaning === undefined ? refused?.() : told(meaning);
  return found === undefined ? "" : JSON.stringify(found);
}

function told(meaning: Meaning): GuestMeaning {
  switch (meaning.kind) {
    case "tool":
      return ["tool", meaning.server.name, meaning.tool.name];
    case "server":
    case "class":
      return [meaning.kind, meaning.server.name];
    default:
      return [meaning.kind];
  }
}

function refusal(names: NameTable, specifier: string, name?: string): GuestMeaning {
  const { code = "", message } = importFailure(names, specifier, name);
  return ["error", code, message];
}

function callMeaning(names: NameTable, first: string, second: string | undefined): GuestMeaning {
  const call = namedCall(names, first, second);
  if (typeof call === "string") return ["error", "unknown_tool", call];
  return ["tool", call.server, call.tool, call.taken];
}
