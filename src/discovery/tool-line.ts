import { oneLine } from "../core/one-line.ts";
import type { ToolSummary } from "./summary.ts";

/** What marks a tool that its server has not listed yet. */
export const CACHED = "listed last time, its server is not connected yet";

/**
 * A tool on one line, as it is called: `tools.crm.find({ id: string }): Promise<{ name: string }> // Finds a customer.`
 * Servers name and describe tools: no text of theirs makes a second line.
 */
export function toolLine({
  call,
  parameters,
  result,
  description: said = "",
  cached,
}: ToolSummary): string {
  const description = cached === true ? `[${CACHED}] ${said}`.trimEnd() : said;
  const called = parameters === undefined ? call : call.replace("(args)", () => `(${parameters})`);
  const typed = result === undefined ? called : `${called}: Promise<${result}>`;
  return oneLine(description === "" ? typed : `${typed} // ${description}`);
}
