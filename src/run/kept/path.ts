/** What lies at a path in plain data: own properties only. */
import { ToolError } from "../../core/tool-error.ts";
import { isRecord, kindOf } from "./kind.ts";

const MAX_PATH = 100;

/** The steps of a path that a program gave: names and indexes, one by one or in a list. @throws ToolError `invalid_arguments` */
export function stepsOf(given: readonly unknown[], label: string): (string | number)[] {
  const [first] = given;
  const steps: readonly unknown[] = given.length === 1 && Array.isArray(first) ? first : given;
  if (steps.length <= MAX_PATH && steps.every(isStep)) return [...steps];
  throw new ToolError(
    "invalid_arguments",
    `a path in the result of ${label} consists of names and whole numbers, at most ${MAX_PATH}`,
    { hint: 'Write `await h.get("rows", 0, "name")`.' },
  );
}

function isStep(step: unknown): step is string | number {
  return typeof step === "string" || Number.isSafeInteger(step);
}

/** @throws ToolError `invalid_arguments` for a path that leads nowhere */
export function valueAt(
  value: unknown,
  steps: readonly (string | number)[],
  label: string,
): unknown {
  let found = value;
  for (const [at, step] of steps.entries()) {
    const next = ownValue(found, step);
    if (next === undefined) throw leadsNowhere(found, steps.slice(0, at + 1), label);
    found = next.value;
  }
  return found;
}

/** A negative index counts from the end, as in `Array.prototype.at`. */
function ownValue(value: unknown, step: string | number): { readonly value: unknown } | undefined {
  if (Array.isArray(value)) {
    const index = typeof step === "number" ? step : indexOf(step);
    if (index === undefined || index >= value.length || index < -value.length) return undefined;
    return { value: value.at(index) as unknown };
  }
  return isRecord(value) && Object.hasOwn(value, step) ? { value: value[step] } : undefined;
}

function indexOf(step: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(step) ? Number(step) : undefined;
}

function leadsNowhere(
  value: unknown,
  steps: readonly (string | number)[],
  label: string,
): ToolError {
  const before = steps.slice(0, -1).map(shown).join("");
  const last = shown(steps.at(-1)!);
  const message = `the result of ${label} has nothing at ${cut(before + last)}: result${cut(before)} is ${kindOf(value)}`;
  return new ToolError("invalid_arguments", message, {
    hint: 'Each name and each index of a path is an argument of its own: `await h.get("rows", 0, "name")`.',
  });
}

function shown(step: string | number): string {
  return typeof step === "number" ? `[${step}]` : `.${step.slice(0, 50)}`;
}

function cut(text: string): string {
  return text.slice(0, 200);
}
