import type { CheckBudget } from "./check-budget.ts";

/** Longer texts are shortened to one character more, so that they are still longer than every `maxLength` that is checked. */
export const LONG_TEXT = 10_000;
/** What looking at one value takes, in steps. */
const LOOK_STEPS = 0.1;
/** Listing fewer names than these is part of a step. */
const FEW_NAMES = 64;
/** No parameter has a longer name; the validator writes it into paths again and again. */
const MAX_NAME = 1_000;

/** Arguments whose names or bytes a check cannot bear. The message says what is wrong with them. */
export class UncheckableArguments extends Error {}

/**
 * Arguments as a server will see them, and as the validator can look at them within its budget: without undefined properties,
 * dates as text, long texts shortened, and with large objects that charge for every listing of their names. The same object
 * where nothing of that applies.
 * @param args decoded arguments: a tree of data
 * @throws TooManySteps, UncheckableArguments
 */
export function checkable(args: unknown, budget: CheckBudget): unknown {
  budget.charge(LOOK_STEPS);
  switch (typeof args) {
    case "string":
      return ofText(args, budget);
    case "number":
      return Number.isFinite(args) ? args : null;
    case "bigint":
      return ofInteger(args, budget);
    case "object":
      return args === null ? null : ofObject(args, budget);
    default:
      return typeof args === "boolean" ? args : undefined;
  }
}

/** A BigInt is a whole number like any other: it fits where the schema says `integer` or `number`. */
function ofInteger(integer: bigint, budget: CheckBudget): number {
  const number = Number(integer);
  if (!Number.isSafeInteger(number)) budget.isRounded = true;
  return Number.isFinite(number) ? number : Math.sign(number) * Number.MAX_VALUE;
}

function ofText(text: string, budget: CheckBudget): string {
  const cut = text.length > LONG_TEXT ? text.slice(0, LONG_TEXT + 1) : text;
  budget.longestText = Math.max(budget.longestText, cut.length);
  return cut;
}

function ofObject(value: object, budget: CheckBudget): unknown {
  if (Array.isArray(value)) return ofItems(value, budget);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) budget.charge(value.byteLength);
  return ofProperties(value as Readonly<Record<string, unknown>>, budget);
}

function ofItems(items: readonly unknown[], budget: CheckBudget): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    const checked = checkable(item, budget) ?? null;
    if (copy === undefined && checked !== item) copy = items.slice(0, at);
    copy?.push(checked);
  }
  return copy ?? items;
}

function ofProperties(value: Readonly<Record<string, unknown>>, budget: CheckBudget): object {
  const names = Object.keys(value);
  let copy: Record<string, unknown> | undefined = isPlain(value) ? undefined : {};
  for (const name of names) {
    if (name.length > MAX_NAME)
      throw new UncheckableArguments(`a property has a name of ${name.length} characters`);
    const item = value[name];
    const checked = checkable(item, budget);
    if (checked === item && checked !== undefined) continue;
    copy ??= {};
    define(copy, name, checked);
  }
  const object = copy === undefined ? value : merged(value, copy);
  return names.length > FEW_NAMES ? charging(object, names.length, budget) : object;
}

/** The properties of `value`, with those of `changed` in their place; those that are undefined there are left out. */
function merged(
  value: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>>,
): object {
  const entries = Object.entries(value).map(([name, item]) =>
    Object.hasOwn(changed, name) ? ([name, changed[name]] as const) : ([name, item] as const),
  );
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** A property, whatever its name. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The same object, of which listing the names is charged: the validator does that for every schema that it tries. */
function charging(object: object, names: number, budget: CheckBudget): object {
  return new Proxy(object, {
    ownKeys: (target) => {
      budget.charge(names);
      return Reflect.ownKeys(target);
    },
  });
}

/** Whether a value consists of more than `most` values. */
export function hasMoreParts(value: unknown, most: number): boolean {
  const parts: unknown[] = [value];
  // The list grows while it is walked.
  for (let at = 0; at < parts.length && parts.length <= most; at++) {
    const part = parts[at];
    if (typeof part !== "object" || part === null) continue;
    for (const name in part) {
      parts.push((part as Record<string, unknown>)[name]);
      if (parts.length > most) break;
    }
  }
  return parts.length > most;
}
