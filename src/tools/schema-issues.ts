/** What a Standard Schema says about a value that does not fit. */
import { oneLine } from "../core/one-line.ts";
import { cutText } from "../core/utf8.ts";
import type { StandardIssue } from "./standard-schema.ts";

const MAX_ISSUES = 5;
/** Longest message of a schema, and longest path, in characters. */
const MAX_MESSAGE = 300;
const MAX_PATH = 200;

/**
 * The first issues in one line, each with its path.
 * @param found describes what is at the path of an issue, by default nothing
 */
export function issuesText(
  issues: readonly StandardIssue[],
  found: (path: readonly PropertyKey[]) => string = () => "",
): string {
  const texts = issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    // A path may be of a class of its library, whose `map` makes another one of that class.
    const keys = Array.from(path, (step) => (typeof step === "object" ? step.key : step));
    const where = pathText(keys);
    const what = `${oneLine(cutText(String(message), MAX_MESSAGE))}${found(keys)}`;
    return where === "" ? what : `${where}: ${what}`;
  });
  const more = issues.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function pathText(keys: readonly PropertyKey[]): string {
  let where = "";
  for (const key of keys) {
    if (typeof key === "number") where += `[${key}]`;
    else where += where === "" ? String(key) : `.${String(key)}`;
  }
  return oneLine(cutText(where, MAX_PATH));
}
