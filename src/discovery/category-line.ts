import { oneLine } from "../core/one-line.ts";
import { cutText } from "../core/utf8.ts";
import type { CategorySummary } from "./summary.ts";

/** A category on one line; of one that failed, why. @param chars most of its description */
export function categoryLine(
  { name, tools, description = "", outage }: CategorySummary,
  chars = 200,
): string {
  if (outage !== undefined) return oneLine(`${name}: not available: ${outage}`);
  const counted = `${name} (${tools} ${tools === 1 ? "tool" : "tools"})`;
  return oneLine(description === "" ? counted : `${counted}: ${cutText(description, chars)}`);
}

/** The lines of the servers that failed. */
export function outageLines(categories: readonly CategorySummary[]): string[] {
  return categories
    .filter(({ outage }) => outage !== undefined)
    .slice(0, 20)
    .map((category) => categoryLine(category));
}
