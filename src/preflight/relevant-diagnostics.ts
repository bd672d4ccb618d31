import type { TypeDiagnostic } from "./compiler-thread.ts";

/** A name that is not there. */
const NAMES: ReadonlySet<number> = new Set([2304, 2552, 2580, 2584, 2591]);

/** An export that a module does not have. */
const EXPORTS: ReadonlySet<number> = new Set([2305, 2724]);
/** Values of another type than what takes them. */
const VALUES: ReadonlySet<number> = new Set([
  2345, 2322, 2559, 2769, 2353, 2561, 2739, 2740, 2741, 2554, 2555,
]);

/**
 * Diagnostics of programs that will fail, or do what was not intended. Others (unused names, implicit types,
 * possible nulls) are matters of taste, or what a program finds out by running.
 */
const RELEVANT: ReadonlySet<number> = new Set(
  Object.values({
    names: [...NAMES],
    exports: [...EXPORTS],
    properties: [2339, 2551, 2550],
    arguments: [...VALUES],
    notFunctions: [2349, 2351],
    /** Often a promise that is not awaited. */
    notNumbers: [2362, 2363, 2365],
    /** The same. */
    notLists: [2488, 2504, 2461, 2495],
    constants: [2588],
  }).flat(),
);

export function isName(code: number): boolean {
  return NAMES.has(code);
}

/** Whether it says that arguments, or values elsewhere, are of another type. */
export function isOfValues(code: number): boolean {
  return VALUES.has(code);
}

/**
 * The first `most` diagnostics that are relevant for a program of this text.
 * @param imported names that the program imports as values: all others are types, which are not there when it runs
 */
export function relevantOf(
  diagnostics: readonly TypeDiagnostic[],
  text: string,
  imported: ReadonlySet<string>,
  most: number,
): TypeDiagnostic[] {
  let globals: ReadonlySet<string> | undefined;
  const relevant: TypeDiagnostic[] = [];
  for (const diagnostic of diagnostics) {
    if (relevant.length >= most) break;
    const { code, start, end } = diagnostic;
    if (EXPORTS.has(code) && !imported.has(text.slice(start, end))) continue;
    if (isName(code)) globals ??= setGlobally(text);
    if (isRelevant(diagnostic, text, globals)) relevant.push(diagnostic);
  }
  return relevant;
}

function isRelevant(
  { code, start, end, message }: TypeDiagnostic,
  text: string,
  globals: ReadonlySet<string> | undefined,
): boolean {
  if (!RELEVANT.has(code)) return false;
  if (NAMES.has(code))
    return globals?.has(text.slice(start, end)) !== true && !isAsked(text, start);
  if (code !== 2339 && code !== 2551) return true;
  // Adding a property to an object that was made without it is what plain programs do.
  return !/on type '\{\}'/.test(message) && !/^\s*=(?!=)/.test(text.slice(end, end + 20));
}

/** `typeof name` asks whether it is there. */
function isAsked(text: string, start: number): boolean {
  return /\btypeof[\s(]+$/.test(text.slice(Math.max(0, start - 20), start));
}

/** Names that `globalThis.total = 1` and the like make, which no type knows. */
export function setGlobally(text: string): ReadonlySet<string> {
  const names = text.matchAll(
    /\bglobal(?:This)?\s{0,20}(?:\.\s{0,20}|\[\s{0,20}["'])([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu,
  );
  return new Set(Array.from(names, ([, name]) => name!));
}
