import type { TypeDiagnostic } from "./compiler.ts";

/**
 * Complaints that mean that a program will fail, or do what it was not meant to. Others (unused names, implicit types,
 * possible nulls) are matters of taste, or what a program finds out by running.
 */
const RELEVANT = new Set([
  2304,
  2552, // a name that is not there
  2305,
  2724, // an export that is not there
  2339,
  2551,
  2550, // a property that is not there
  2345,
  2322,
  2559,
  2769, // an argument or a value of another type
  2353,
  2561, // an argument that the tool does not have
  2739,
  2740,
  2741, // an argument that is missing
  2554,
  2555, // too few or too many arguments
  2349,
  2351, // not a function, not a class
  2362,
  2363,
  2365, // computing with what is no number: often a promise
  2488,
  2504,
  2461,
  2495, // looping over what is no list: often a promise
  2588, // assigning to a constant
]);

/** Complaints of a JavaScript file that its text is TypeScript. */
export function needsTypes(code: number): boolean {
  return code >= 8_002 && code <= 8_017;
}

export function isRelevant({ code, start, end, message }: TypeDiagnostic, text: string): boolean {
  if (!RELEVANT.has(code)) return false;
  if (code === 2304 || code === 2552) return !isSetGlobally(text.slice(start, end), text);
  if (code !== 2339 && code !== 2551) return true;
  // Adding a property to an object that was made without it is what plain programs do.
  return !/on type '\{\}'/.test(message) && !/^\s*=(?!=)/.test(text.slice(end, end + 20));
}

/** `globalThis.total = 1` makes a variable that no type knows. */
function isSetGlobally(name: string, text: string): boolean {
  const escaped = name.replaceAll("$", "\\$");
  return new RegExp(`\\bglobal(?:This)?\\s*(?:\\.\\s*|\\[\\s*["'])${escaped}\\b`).test(text);
}
