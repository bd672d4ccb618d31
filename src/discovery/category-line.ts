import { oneLine } from "../core/one-line.ts";
import { cutText } from "../core/utf8.ts";
import type { CategorySummary } from "./summary.ts";

/** A category on one line; of one that cannot be used now, why. @param chars most of its description */
export function categoryLine(
  { name, tools, description = "", outage, state, cached }: CategorySummary,
  chars = 200,
): string {
  if (outage !== undefined) return oneLine(`${name}: not available: ${outage}`);
  if (state === "connecting" && tools === 0)
    return oneLine(`${name}: still connecting; a call of a tool of it waits until it is connected`);
  const now = state === "failed" ? "not available now" : "still connecting";
  const counted = [
    `${tools} ${tools === 1 ? "tool" : "tools"}`,
    ...(cached === true ? ["listed last time"] : []),
    ...(cached === true || state === "failed" ? [now] : []),
  ];
  const head = `${name} (${counted.join(", ")})`;
  return oneLine(description === "" ? head : `${head}: ${cutText(description, chars)}`);
}

/** The lines of the servers that have no tools to show now: those that failed, and those that are still connecting. */
export function outageLines(categories: readonly CategorySummary[]): string[] {
  return categories
    .filter(
      ({ outage, state, tools }) => outage !== undefined || (state === "connecting" && tools === 0),
    )
    .slice(0, 20)
    .map((category) => categoryLine(category));
}
