import type { TypeDiagnostic } from "./compiler-thread.ts";

/** A name that is not there. */
const NAMES: ReadonlySet<number> = new Set([2304, 2552, 2580, 2584, 2591]);

/**
 * Diagnostics of programs that will fail, or do what was not intended. Others (unused names, implicit types,
 * possible nulls) are matters of taste, or what a program finds out by running.
 */
const RELEVANT: ReadonlySet<number> = new Set(
  Object.values({
    names: [...NAMES],
    exports: [2305, 2724],
    properties: [2339, 2551, 2550],
    arguments: [2345, 2322, 2559, 2769, 2353, 2561, 2739, 2740, 2741, 2554, 2555],
    notFunctions: [2349, 2351],
    /** Often a promise that is not awaited. */
    notNumbers: [2362, 2363, 2365],
    /** The same. */
    notLists: [2488, 2504, 2461, 2495],
    constants: [2588],
  }).flat(),
);

/** Diagnostics of a JavaScript file whose text is TypeScript. */
export function needsTypes(code: number): boolean {
  return code >= 8_002 && code <= 8_017;
}

export function isRelevant({ code, start, end, message }: TypeDiagnostic, text: string): boolean {
  if (!RELEVANT.has(code)) return false;
  if (NAMES.has(code)) return !isSetGlobally(text.slice(start, end), text);
  if (code !== 2339 && code !== 2551) return true;
  // Adding a property to an object that was made without it is what plain programs do.
  return !/on type '\{\}'/.test(message) && !/^\s*=(?!=)/.test(text.slice(end, end + 20));
}

/** `globalThis.total = 1` makes a variable that no type knows. */
function isSetGlobally(name: string, text: string): boolean {
  const escaped = name.replaceAll("$", "\\$");
  return new RegExp(`\\bglobal(?:This)?\\s*(?:\\.\\s*|\\[\\s*["'])${escaped}\\b`).test(text);
}
