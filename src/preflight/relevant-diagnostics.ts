import type { TypeDiagnostic } from "./compiler-thread.ts";

/** A name that is not there. */
const NAMES: ReadonlySet<number> = new Set([2304, 2552, 2580, 2584, 2591]);

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
    exports: [2305, 2724],
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

/** Diagnostics of a JavaScript file whose text is TypeScript. */
export function needsTypes(code: number): boolean {
  return code >= 8_002 && code <= 8_017;
}

/** The first `most` diagnostics that are relevant for a program of this text. */
export function relevantOf(
  diagnostics: readonly TypeDiagnostic[],
  text: string,
  most: number,
): TypeDiagnostic[] {
  let globals: ReadonlySet<string> | undefined;
  const relevant: TypeDiagnostic[] = [];
  for (const diagnostic of diagnostics) {
    if (relevant.length >= most) break;
    if (isName(diagnostic.code)) globals ??= setGlobally(text);
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
  if (NAMES.has(code)) return globals?.has(text.slice(start, end)) !== true;
  if (code !== 2339 && code !== 2551) return true;
  // Adding a property to an object that was made without it is what plain programs do.
  return !/on type '\{\}'/.test(message) && !/^\s*=(?!=)/.test(text.slice(end, end + 20));
}

/** Names that `globalThis.total = 1` and the like make, which no type knows. */
export function setGlobally(text: string): ReadonlySet<string> {
  const names = text.matchAll(
    /\bglobal(?:This)?\s{0,20}(?:\.\s{0,20}|\[\s{0,20}["'])([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu,
  );
  return new Set(Array.from(names, ([, name]) => name!));
}
