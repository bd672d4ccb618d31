/**
 * Readers of the fields of a message. Each returns the value as its type, or throws: nothing is converted, because what
 * the other side sent may be an object with a `toString` of its own, or nested deeper than any stack.
 */

import { isObject } from "../../core/is-object.ts";

/** Thrown for what the protocol does not allow. Its message never holds anything that the other side sent. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** What can be the fields of an object: each of an unknown type. */
export type Fields = Readonly<Record<string, unknown>>;

function malformed(what: string): ProtocolError {
  return new ProtocolError(`it sent a malformed message: ${what}`);
}

/** @throws ProtocolError */
export function readText(value: unknown, what: string, maxLength = Infinity): string {
  if (typeof value !== "string") throw malformed(`${what} is not a text`);
  if (value.length > maxLength) throw malformed(`${what} has more than ${maxLength} characters`);
  return value;
}

/** `undefined` for what is absent, which JSON may also write as null. @throws ProtocolError */
export function readOptionalText(
  value: unknown,
  what: string,
  maxLength?: number,
): string | undefined {
  return value === undefined || value === null ? undefined : readText(value, what, maxLength);
}

/** False for what is absent. @throws ProtocolError */
export function readFlag(value: unknown, what: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== "boolean") throw malformed(`${what} is not true or false`);
  return value;
}

/** A number that identifies or counts something. @throws ProtocolError */
export function readInteger(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw malformed(`${what} is not a whole number from 0 to 2^53 - 1`);
  return value as number;
}

/**
 * A number that the other side says it measured: 0 for what is absent, and for what nobody can have measured.
 * @throws ProtocolError for what is not a number
 */
export function readMeasure(value: unknown, what: string, max: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number") throw malformed(`${what} is not a number`);
  return value >= 0 && value <= max ? value : 0;
}

/** @throws ProtocolError */
export function readNumber(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw malformed(`${what} is not a number`);
  return value;
}

/** @throws ProtocolError */
export function readFields(value: unknown, what: string): Fields {
  if (!isObject(value)) throw malformed(`${what} is not an object`);
  return value;
}

/** @throws ProtocolError */
export function readList(value: unknown, what: string, maxItems: number): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`${what} is not a list`);
  if (value.length > maxItems) throw malformed(`${what} has more than ${maxItems} items`);
  return value;
}

/** The value of a JSON text. @throws ProtocolError */
export function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(`${what} is not JSON`);
  }
}

/** An object with one field, or with none where its value is absent. */
export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value });
}
