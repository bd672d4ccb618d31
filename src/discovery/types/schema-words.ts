import { cutUnits } from "../../core/utf8.ts";
import { commentText } from "./comment.ts";

const MAX_DESCRIPTION = 1_000;

/** Its description, and the constraints that a type cannot say. */
export function describe(schema: Record<string, unknown>): string {
  const { description } = schema;
  const text =
    typeof description === "string" ? commentText(cutUnits(description, 2 * MAX_DESCRIPTION)) : "";
  const cut = text.length > MAX_DESCRIPTION ? `${cutUnits(text, MAX_DESCRIPTION)}…` : text;
  const facts = [
    range(schema),
    ...["default", "format", "pattern"].flatMap((key) => fact(schema, key)),
  ];
  const listed = facts.filter(Boolean).join(", ");
  if (listed === "") return cut;
  return cut === "" ? listed : `${cut} (${listed})`;
}

function fact(schema: Record<string, unknown>, key: string): string[] {
  const value = schema[key];
  if (value === undefined || value === null || (key !== "default" && typeof value !== "string"))
    return [];
  if (typeof value === "string" && value.length > 1_000) return [];
  const text = commentText(
    typeof value === "string" && key !== "default" ? value : JSON.stringify(value),
  );
  return text.length > 80 ? [] : [`${key} ${text}`];
}

function range({ minimum, maximum }: Record<string, unknown>): string {
  if (typeof minimum === "number" && typeof maximum === "number") return `${minimum} to ${maximum}`;
  if (typeof minimum === "number") return `at least ${minimum}`;
  return typeof maximum === "number" ? `at most ${maximum}` : "";
}
