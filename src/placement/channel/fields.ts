/**
 * Readers of the fields of a message. Each returns the value as its type or throws. Nothing is converted, because the value
 * may be an object with its own `toString`, or nested too deeply for the stack.
 */

import { isObject } from "../../core/is-object.ts";

/** Thrown for a violation of the protocol. Its message never contains anything that the other side sent. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The fields of an object, each of an unknown type. */
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

/** `undefined` for an absent value, which JSON may also represent as null. @throws ProtocolError */
export function readOptionalText(
  value: unknown,
  what: string,
  maxLength?: number,
): string | undefined {
  return value === undefined || value === null ? undefined : readText(value, what, maxLength);
}

/** False for an absent value. @throws ProtocolError */
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
 * A measurement of the other side: 0 where it is absent or impossible.
 * @throws ProtocolError for a value that is not a number
 */
export function readMeasure(value: unknown, what: string, max: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number") throw malformed(`${what} is not a number`);
  return value >= 0 && value <= max ? value : 0;
}

/** {@link readMeasure} for a number of bytes, rounded down. @throws ProtocolError */
export function readSize(value: unknown, what: string, max: number): number {
  return Math.floor(readMeasure(value, what, max));
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

/** An object with one field, or an empty object where the value is `undefined`. */
export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value });
}
