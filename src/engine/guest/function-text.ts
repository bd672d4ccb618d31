/** The text of a function is what the program wrote: names that the compiler put in are taken out. See compile/. */
import * as native from "../../core/primordials.ts";

const original = Function.prototype.toString;
const textOf = native.uncurry(original);
const indexOf = native.uncurry(String.prototype.indexOf) as (
  text: string,
  part: string,
  from: number,
) => number;

/** Prefix of the local name of a function that a session keeps. */
const LOCAL = "$codecell_";
const REWRITTEN: readonly (readonly [ours: string, theirs: string])[] = [
  ["$codecell.import(", "import("],
  ["$codecell.meta", "import.meta"],
];

function replaceAll(text: string, part: string, by: string): string {
  let result = "";
  let done = 0;
  for (let at = indexOf(text, part, 0); at >= 0; at = indexOf(text, part, done)) {
    result += native.sliceText(text, done, at) + by;
    done = at + part.length;
  }
  return result + native.sliceText(text, done);
}

function asWritten(text: string): string {
  if (indexOf(text, "$codecell", 0) < 0) return text;
  const name = indexOf(text, LOCAL, 0);
  let written = text;
  if (name >= 0 && name < indexOf(text, "(", 0))
    written = native.sliceText(text, 0, name) + native.sliceText(text, name + LOCAL.length);
  for (let at = 0; at < REWRITTEN.length; at++)
    written = replaceAll(written, REWRITTEN[at]![0], REWRITTEN[at]![1]);
  return written;
}

const { toString } = {
  toString(this: unknown): string {
    return asWritten(textOf((this === toString ? original : this) as never));
  },
};

/** Installs it as `Function.prototype.toString`. */
export function installFunctionText(): void {
  native.defineProperty(Function.prototype, "toString", {
    __proto__: null,
    value: toString,
    writable: true,
    configurable: true,
  } as never);
}
