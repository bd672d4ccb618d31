import { oneLine } from "../core/one-line.ts";
import { cutText, cutUnits } from "../core/utf8.ts";
import type { JsonSchema } from "./tool.ts";
import { typeText } from "./type-text.ts";

const MAX_LENGTH = 400;
const MAX_DEPTH = 2;
const MAX_CHOICES = 6;
/** Parts of a schema that are looked at: many more than fit into the text. */
const MAX_PARTS = 500;
/** Longest summary of a type. */
const MAX_TYPE = 100;

/** The parameters of a tool in one line: `expects { owner: string, labels?: string[] }`, at most ~400 characters. */
export function expectedParameters(schema: JsonSchema | undefined): string {
  const options = { maxDepth: MAX_DEPTH, maxChoices: MAX_CHOICES, parts: MAX_PARTS };
  const text = `expects ${typeText(schema ?? {}, 0, options)}`;
  // Names of types and of references are a server's text too.
  return oneLine(text.length > MAX_LENGTH ? `${cutUnits(text, MAX_LENGTH)}…` : text);
}

/** A schema in a few words of TypeScript, at most ~100 characters. */
export function typeSummary(schema: unknown): string {
  const options = { maxDepth: MAX_DEPTH, maxChoices: MAX_CHOICES, parts: MAX_CHOICES };
  return oneLine(cutText(typeText(schema, MAX_DEPTH, options), MAX_TYPE));
}
