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
  "[object String]": native.unboxText,
  "[object Number]": native.unboxNumber,
  "[object Boolean]": native.unboxBoolean,
  "[object BigInt]": native.unboxBigint,
} as never;
const PROBED = native.objectKeys(PROBES);

/** The tag of any object without a tag of its own. */
const NO_TAG = "[object Object]";

/**
 * The tag of `value`, e.g. `[object Map]`; `[object Object]` where its tag claims a built-in that it is not. A built-in under a tag
 * of the program's own has the built-in's tag.
 */
export function realTag(value: object): string {
  const tag = native.tagOf(value);
  const probe = PROBES[tag];
  if (probe !== undefined) return passes(probe, value) ? tag : (probedTag(value) ?? NO_TAG);
  return native.hasOwn(ORDINARY, tag) ? tag : (probedTag(value) ?? tag);
}

/** Tags of most objects: none of the probes would pass for them. */
const ORDINARY = {
  __proto__: null,
  "[object Object]": 0,
  "[object Error]": 0,
  "[object Promise]": 0,
};

function probedTag(value: object): string | undefined {
  for (let at = 0; at < PROBED.length; at++)
    if (passes(PROBES[PROBED[at]!]!, value)) return PROBED[at];
  return undefined;
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
