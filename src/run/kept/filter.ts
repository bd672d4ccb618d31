/** Rows by the values of their properties. */
import { ToolError } from "../../core/tool-error.ts";
import type { Steps } from "../../core/turns.ts";
import { isRecord } from "./kind.ts";

/** Names of own properties, and the value that each has to have. */
export type Condition = readonly (readonly [name: string, value: unknown])[];

const MAX_NAMES = 100;
/** Rows between two looks at the clock. */
const ROWS = 256;

/** What a program asks for as `{ status: "open", paid: false }`. @throws ToolError `invalid_arguments` */
export function readCondition(given: unknown, label: string): Condition {
  const entries = isRecord(given) ? Object.entries(given) : undefined;
  if (entries === undefined || entries.length > MAX_NAMES)
    throw refusal(
      label,
      `compares properties for equality: it takes one object of at most ${MAX_NAMES} of them, and no function`,
    );
  const wrong = entries.find(([, value]) => !isPrimitive(value));
  if (wrong === undefined) return entries;
  throw refusal(
    label,
    `compares properties with texts, numbers, true, false and null; ${wrong[0].slice(0, 50)} is ${wrong[1] === undefined ? "undefined" : "none of them"}`,
  );
}

function refusal(label: string, problem: string): ToolError {
  return new ToolError("invalid_arguments", `filter of the result of ${label} ${problem}`, {
    hint: 'Write `await h.filter({ status: "open" })`; for other conditions filter the rows: `for await (const row of h) {}`.',
  });
}

function isPrimitive(value: unknown): boolean {
  return value === null || /^(?:string|number|boolean|bigint)$/.test(typeof value);
}

/** The rows that have all of it. A row that is no object has no properties. */
export function* matching(rows: readonly unknown[], condition: Condition): Steps<unknown[]> {
  const found: unknown[] = [];
  for (let at = 0; at < rows.length; at++) {
    if (hasAll(rows[at], condition)) found.push(rows[at]);
    if (at % ROWS === ROWS - 1) yield;
  }
  return found;
}

function hasAll(row: unknown, condition: Condition): boolean {
  if (!isRecord(row)) return false;
  return condition.every(([name, value]) => Object.hasOwn(row, name) && isSame(row[name], value));
}

/** `===`, and NaN is NaN. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
