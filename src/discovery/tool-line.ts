import { oneLine } from "../core/one-line.ts";
import type { ToolSummary } from "./summary.ts";

/**
 * A tool on one line, as it is called: `tools.crm.find({ id: string }): Promise<{ name: string }> // Finds a customer.`
 * Servers name and describe tools: no text of theirs makes a second line.
 */
export function toolLine({ call, parameters, result, description = "" }: ToolSummary): string {
  const called = parameters === undefined ? call : call.replace("(args)", () => `(${parameters})`);
  const typed = result === undefined ? called : `${called}: Promise<${result}>`;
  return oneLine(description === "" ? typed : `${typed} // ${description}`);
}
