/** The value of a program that does not return one: what its last statement declares, or comes to. */
import * as native from "../../core/primordials.ts";

/** `source` is the expression that it is the value of, where a log line is to tell. */
interface Implied {
  readonly value: unknown;
  readonly source: string | undefined;
}

const marks = new native.NativeWeakMap<object, Implied>();

/** Stands for `value` where it is returned from the program. */
export function implied(value: unknown, source?: string): unknown {
  if (value === undefined || typeof value === "function") return undefined;
  const mark = native.freeze({ __proto__: null });
  native.weakMapSet(marks, mark, { __proto__: null, value, source });
  return mark;
}

/** What a value of a program stands for, if it does. */
export function impliedBy(value: unknown): Implied | undefined {
  return typeof value === "object" && value !== null
    ? (native.weakMapGet(marks, value) as Implied | undefined)
    : undefined;
}
