/**
 * What an object is, by what the engine made it: the internal slots that a native method insists on. Neither `instanceof`, a
 * prototype, `constructor` nor `Symbol.toStringTag` decides, for a program can set all of them.
 */
import * as native from "./primordials.ts";

/** For each tag, a native method that runs nothing of a program and throws for any other object. */
const PROBES: Readonly<Record<string, ((value: never) => unknown) | undefined>> = {
  __proto__: null,
  "[object Date]": native.dateToMs,
  "[object RegExp]": native.regExpSource,
  "[object Map]": native.mapSize,
  "[object Set]": native.setSize,
  "[object ArrayBuffer]": native.bufferLength,
} as never;

/** The tag of `value`, e.g. `[object Map]`; `[object Object]` where its tag claims a built-in that it is not. */
export function realTag(value: object): string {
  const tag = native.tagOf(value);
  const probe = PROBES[tag];
  return probe === undefined || passes(probe, value) ? tag : "[object Object]";
}

/** Whether `value` is an ArrayBuffer. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return typeof value === "object" && value !== null && passes(native.bufferLength, value);
}

function passes(probe: (value: never) => unknown, value: object): boolean {
  try {
    probe(value as never);
    return true;
  } catch {
    return false;
  }
}
