/** Sizes of text in bytes of UTF-8. A lone surrogate counts as the three bytes of the character that replaces it. */
import * as native from "./primordials.ts";

/** Node's own function, where there is Node: fifty times as fast on a large text. */
const { Buffer: node } = globalThis as { Buffer?: { byteLength(text: string): number } };

const BEYOND_ASCII = /[^\u0000-\u007f]/;

/** Bytes that `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  return node === undefined ? countUtf8(text) : node.byteLength(text);
}

/** {@link utf8Length} in plain JavaScript. */
export function countUtf8(text: string): number {
  if (native.execPattern(BEYOND_ASCII, text) === null) return text.length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = native.charCodeAt(text, at);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if ((unit & 0xfc00) === 0xd800 && isLow(text, at + 1)) at++;
  }
  return bytes;
}

/** Whether `text` takes more than `maxBytes` as UTF-8. Most texts need no counting: a UTF-16 unit takes one to three bytes. */
export function exceedsUtf8(text: string, maxBytes: number, sizeOf = utf8Length): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && sizeOf(text) > maxBytes;
}

/** The longest start of `text` that takes at most `maxBytes` as UTF-8 and ends between two characters. */
export function cutUtf8(text: string, maxBytes: number): string {
  let bytes = 0;
  let at = 0;
  while (at < text.length) {
    const unit = native.charCodeAt(text, at);
    const isPair = (unit & 0xfc00) === 0xd800 && isLow(text, at + 1);
    bytes += isPair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    if (bytes > maxBytes) break;
    at += isPair ? 2 : 1;
  }
  return native.sliceText(text, 0, at);
}

/** The first `length` UTF-16 units of `text`, one less where that would split a surrogate pair. */
export function cutUnits(text: string, length: number): string {
  const splits = (native.charCodeAt(text, length - 1) & 0xfc00) === 0xd800 && isLow(text, length);
  return native.sliceText(text, 0, splits ? length - 1 : length);
}

/** `text`, cut and marked with `…` where it is longer than `most` UTF-16 units. */
export function cutText(text: string, most: number): string {
  return text.length > most ? `${cutUnits(text, most - 1)}…` : text;
}

/** Whether the second half of a surrogate pair is at `at`. */
function isLow(text: string, at: number): boolean {
  return (native.charCodeAt(text, at) & 0xfc00) === 0xdc00;
}
