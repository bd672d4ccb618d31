/** Comparing texts for an engine without `Intl`: by the host, which takes microseconds, or here where ASCII in English decides. */
import { AS_JSON, DEFAULT_LOCALE } from "../../core/intl-classes.ts";
import { encode } from "../../core/encode.ts";
import * as native from "../../core/primordials.ts";
import { send } from "./host-port.ts";
import { askIntl, type Options } from "./intl-door.ts";

/** ASCII in the order of Unicode's root collation, which English has; letters are compared without case first. */
const ORDER = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
/** Longer texts are left to the host. */
const SHORT = 64;

/** Texts whose order in English is that of their codes, and those where it is that of their lower-case codes. */
const LOWER = /^[0-9a-z ]*$/;
const SIMPLE = /^[0-9A-Za-z ]*$/;
/** What cannot cross as it is: NUL, where text ends, and halves of surrogate pairs, which would move where it is split. */
const UNSAFE = /[\0\ud800-\udfff]/;
const { exec } = RegExp.prototype;
const { toLowerCase } = String.prototype;

const WEIGHTS: number[] = [];
for (let code = 0; code < 128; code++) {
  const letter = String.fromCharCode(code).toLowerCase();
  WEIGHTS[code] = ORDER.indexOf(letter) + 1;
}

/** The function that compares two texts by these locales and options. */
export function comparer(
  locales: readonly string[],
  options: Options,
): (one: unknown, other: unknown) => number {
  const isPlain = locales[0] === DEFAULT_LOCALE && native.objectKeys(options).length === 0;
  const collator = encode([locales, options]);
  return (one, other) => {
    const left = typeof one === "string" ? one : `${one as string}`;
    const right = typeof other === "string" ? other : `${other as string}`;
    if (left === right) return 0;
    const known = isPlain ? compareHere(left, right) : undefined;
    if (known !== undefined) return known;
    const needsJson = native.execPattern(UNSAFE, left + right) !== null;
    const text = needsJson ? encode([left, right]) : left + right;
    const answer = send("compare", needsJson ? AS_JSON : left.length, collator, text);
    if (answer !== "") return +answer;
    askIntl("Collator.resolvedOptions", locales, options); // says what is wrong with them
    throw new RangeError("these texts are too long to be compared by a locale");
  };
}

// Sorting does this a hundred thousand times: one search for both texts, and no function with a rest parameter.
function compareHere(left: string, right: string): number | undefined {
  const both: [string] = [left + right];
  if (native.reflectApply(exec, LOWER, both) !== null) return left < right ? -1 : 1;
  if (native.reflectApply(exec, SIMPLE, both) === null) return compareAscii(left, right);
  const one = native.reflectApply(toLowerCase, left, []);
  const other = native.reflectApply(toLowerCase, right, []);
  if (one === other) return left > right ? -1 : 1; // lower case, which has larger codes, is first
  return one < other ? -1 : 1;
}

/** `undefined` where anything but short printable ASCII is in either. */
function compareAscii(left: string, right: string): number | undefined {
  if (left.length > SHORT || right.length > SHORT) return undefined;
  let primary = 0;
  let tertiary = 0;
  const length = left.length > right.length ? left.length : right.length;
  for (let at = 0; at < length; at++) {
    const one = at < left.length ? native.charCodeAt(left, at) : -1;
    const other = at < right.length ? native.charCodeAt(right, at) : -1;
    const weight = one < 0 ? 0 : (WEIGHTS[one] ?? 0);
    const otherWeight = other < 0 ? 0 : (WEIGHTS[other] ?? 0);
    if ((one >= 0 && weight === 0) || (other >= 0 && otherWeight === 0)) return undefined;
    if (primary === 0) primary = weight - otherWeight;
    if (tertiary === 0 && one !== other) tertiary = other - one; // lower case, which has larger codes, is first
  }
  const difference = primary !== 0 ? primary : tertiary;
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
