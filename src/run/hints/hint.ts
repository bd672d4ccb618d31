/**
 * What to do next where a program failed by itself. Everything it reads is the program's text, which decides nothing here but a
 * sentence: codes stay what they are, and a hint holds no text but ours, names of tools and the shapes of what they answered.
 */
import type { Failure } from "../../core/errors.ts";
import { meaningsOf } from "../../core/meaning.ts";
import type { NameTable } from "../../core/names.ts";
import { nearest } from "../../core/nearest.ts";
import type { LastAnswers } from "./answers.ts";
import { GLOBALS, insteadOfGlobal, insteadOfModule } from "./unknown-names.ts";

/** V8 and QuickJS, the second with quotes. */
const NOT_DEFINED = /^'?([\p{ID_Start}$_][\p{ID_Continue}$]{0,99})'? is not defined$/u;
const NOT_IMPORTED = /^cannot import '([^'\n]{1,200})': a program can import only tools/;
/** What is looked at of the call that failed. */
const MAX_CALL = 300;
const MAX_WORDS = 4;
const MAX_NAMES = 2_000;
/** A name that is so many times as long is not the one that was meant. */
const MOST_LONGER = 2;

interface Spelling {
  readonly name: string;
  readonly call: string;
}

/** What is known of a program that failed. */
export interface FailedProgram {
  readonly source: string;
  readonly names: NameTable;
  readonly answers: LastAnswers;
}

/** The failure, with a hint where it has none and there is something to say. */
export function withHint(error: Failure, { source, names, answers }: FailedProgram): Failure {
  const isRefused = error.code === "type_error";
  if (!isRefused && (error.code !== "program_error" || error.hint !== undefined)) return error;
  const hint =
    hintFor(error, source, names) ?? (isRefused ? undefined : answers.hintFor(error, source));
  if (hint === undefined) return error;
  return { ...error, hint: error.hint === undefined ? hint : `${hint}\n\n${error.hint}` };
}

function hintFor(error: Failure, source: string, names: NameTable): string | undefined {
  const specifier = NOT_IMPORTED.exec(error.message)?.[1];
  if (specifier !== undefined) return filled(insteadOfModule(specifier), error, source, names);
  const name = error.name === "ReferenceError" ? NOT_DEFINED.exec(error.message)?.[1] : undefined;
  if (name === undefined) return undefined;
  if (name === "require") {
    const required = /\brequire\(\s*["'`]([^"'`\n]{1,200})["'`]/.exec(callAt(error, source))?.[1];
    if (required !== undefined) return filled(insteadOfModule(required), error, source, names);
  }
  const instead = insteadOfGlobal(name);
  return instead === undefined ? didYouMean(name, names) : filled(instead, error, source, names);
}

/** The text from the position of the error. */
function callAt({ line, column }: Failure, source: string): string {
  if (line === undefined) return "";
  const text = source.split(/\r\n|[\n\r\u2028\u2029]/, line)[line - 1] ?? "";
  return text.slice(Math.max(0, (column ?? 1) - 1), (column ?? 1) - 1 + MAX_CALL);
}

function filled(hint: string, error: Failure, source: string, names: NameTable): string {
  if (!hint.includes("CALL")) return hint;
  return hint.replace("CALL", () => callNear(callAt(error, source), names));
}

/** A call of the tool that the failed call is nearest to, else of the first one. */
function callNear(text: string, names: NameTable): string {
  const spellings = spellingsOf(names);
  const words = text.matchAll(
    /\.\s*([\p{ID_Start}$_][\p{ID_Continue}$]{2,99})|["'`]([^"'`\n]{3,100})["'`]/gu,
  );
  for (const [, member, quoted] of words.take(MAX_WORDS)) {
    const found = nearest(
      (member ?? quoted)!,
      spellings.map(({ name }) => name),
      1,
    )[0];
    if (found !== undefined) return spellings.find(({ name }) => name === found)!.call;
  }
  return spellings[0]?.call ?? "await listToolCategories()";
}

function spellingsOf({ servers }: NameTable): Spelling[] {
  const spellings: Spelling[] = [];
  for (const server of servers)
    for (const { name, alias, flat } of server.tools) {
      if (spellings.length >= MAX_NAMES) return spellings;
      const call = `await tools.${server.alias}.${alias}({})`;
      spellings.push({ name, call }, { name: flat, call });
    }
  return spellings;
}

function didYouMean(name: string, names: NameTable): string | undefined {
  const alike = meaningsOf(names, name).slice(0, 3);
  if (alike.length > 0)
    return `Write ${alike.map((each) => `\`${each}\``).join(" or ")} in its place.`;
  const flats = names.servers.flatMap(({ tools }) => tools.map(({ flat }) => flat));
  // `str` is in `structuredClone`, and `rows` in a tool's name, by chance.
  const found = nearest(name, [...GLOBALS, ...flats], 2).filter(
    (each) => each.length <= name.length * MOST_LONGER,
  );
  return found.length === 0
    ? undefined
    : `Did you mean ${found.map((each) => `\`${each}\``).join(" or ")}?`;
}
