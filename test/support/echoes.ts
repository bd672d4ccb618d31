/** Secrets, and how servers write what they were sent. */
import * as fc from "fast-check";

type Encode = (text: string) => string;

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");
const perByte =
  (write: (byte: number) => string): Encode =>
  (text) =>
    bytesOf(text).map(write).join("");
const perChar =
  (write: (code: number) => string): Encode =>
  (text) =>
    Array.from({ length: text.length }, (_, at) => write(text.charCodeAt(at))).join("");

/** Some characters of a text in another way than the others. */
const mixed = (one: Encode, other: Encode): Encode => {
  let turn = 0;
  return perChar((code) => (turn++ % 2 === 0 ? one : other)(String.fromCharCode(code)));
};

const same: Encode = (text) => text;
const percent = perByte((byte) => `%${hex(byte, 2)}`);
const entity = perChar((code) => `&#${code};`);
const SIMPLE: readonly Encode[] = [
  same,
  (text) => text.toUpperCase(),
  encodeURIComponent,
  percent,
  perByte((byte) => `%${hex(byte, 2).toUpperCase()}`),
  (text) => JSON.stringify(text).slice(1, -1),
  perChar((code) => `\\u${hex(code, 4)}`),
  perByte((byte) => `\\x${hex(byte, 2)}`),
  perByte((byte) => `%u${hex(byte, 4)}`),
  perChar((code) => `\\u{${hex(code, 1)}}`),
  perChar((code) => `&#${code}`),
  perChar((code) => `&#${String(code).padStart(6, "0")};`),
  entity,
  perChar((code) => `&#x${hex(code, 2)};`),
  (text) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;"),
  mixed(same, percent),
  mixed(percent, entity),
];
const LAST: readonly Encode[] = [
  same,
  encodeURIComponent,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => text.replaceAll("&", "&amp;"),
];
/** Of the secret with what stands beside it. */
const WHOLE: readonly Encode[] = [
  perByte((byte) => hex(byte, 2)),
  perByte((byte) => `${hex(byte, 2)} `),
  (text) => text.split("").join(" "),
  (text) => bytesOf(text).join(","),
  (text) => JSON.stringify(bytesOf(text)).slice(1, -1),
  (text) => JSON.stringify(bytesOf(text), undefined, 2).slice(1, -1),
  ...["", "a", "ab"].map(
    (before): Encode =>
      (text) =>
        base64Core(before, text),
  ),
];

/** Base64 of a text with the secret in it: the characters that tell of the secret alone. */
function base64Core(before: string, text: string): string {
  const all = Buffer.from(before + text).toString("base64");
  const bits = 8 * (before.length + bytesOf(text).length);
  return all.slice(Math.ceil((8 * before.length) / 6), Math.floor(bits / 6));
}

/** One encoding, or one of another. */
export const ENCODINGS: fc.Arbitrary<Encode> = fc.oneof(
  fc.constantFrom(...WHOLE),
  fc.tuple(fc.constantFrom(...SIMPLE), fc.constantFrom(...LAST)).map(
    ([first, last]): Encode =>
      (text) =>
        last(first(text)),
  ),
);

/** What a header can hold, of 8 to 60 characters, and is no word. */
export const secret: fc.Arbitrary<string> = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{8,60}$/),
    fc.stringMatching(/^[!#-~]{8,40}$/),
    fc.stringMatching(/^[A-Za-z0-9+/]{20,40}={0,2}$/),
  )
  .filter(
    (text) =>
      /\d/.test(text) &&
      /[A-Za-z]/.test(text) &&
      new Set(text).size > 5 &&
      text.split("\\").length < 3,
  );
