import { fromBase64, toBase64 } from "../../core/base64.ts";
import { isArrayBuffer } from "../../core/brands.ts";
import { DOMException } from "./events.ts";

/** Number of characters joined at a time: a string of megabytes is built from parts, not character by character. */
const CHUNK = 8_192;

function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, writeUtf8(text, bytes).written);
}

function writeUtf8(text: string, bytes: Uint8Array): { read: number; written: number } {
  let written = 0;
  let read = 0;
  while (read < text.length) {
    const code = text.codePointAt(read)!;
    const point = code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > bytes.length) break;
    if (size === 1) bytes[written++] = point;
    else {
      bytes[written++] = (0xf00 >> size) | (point >> (6 * (size - 1)));
      for (let left = size - 2; left >= 0; left--)
        bytes[written++] = 0x80 | ((point >> (6 * left)) & 63);
    }
    read += code > 0xffff ? 2 : 1;
  }
  return { read, written };
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text: unknown = ""): Uint8Array {
    return utf8Bytes(`${text as string}`);
  }

  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    return writeUtf8(`${text}`, bytes);
  }
}

const LABELS: Readonly<Record<string, string>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  "utf-16le": "utf-16le",
  "utf-16": "utf-16le",
  latin1: "windows-1252",
  "iso-8859-1": "windows-1252",
  "iso8859-1": "windows-1252",
  ascii: "windows-1252",
  "us-ascii": "windows-1252",
  "windows-1252": "windows-1252",
};

/** The characters of windows-1252 at 0x80–0x9F; all others are those of Latin-1. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** The start of a character whose end is in the next chunk of a stream. */
  #rest: Uint8Array = new Uint8Array(0);
  #started = false;

  constructor(label: unknown = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const name = `${label as string}`.trim().toLowerCase();
    const encoding = Object.hasOwn(LABELS, name) ? LABELS[name] : undefined;
    if (encoding === undefined)
      throw new RangeError(`the encoding '${label as string}' is not supported`);
    this.encoding = encoding;
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    const bytes = this.#take(input);
    const stream = options.stream === true;
    let text: string;
    if (this.encoding === "utf-8") text = this.#utf8(bytes, stream);
    else
      text = this.encoding === "utf-16le" ? this.#utf16(bytes, stream) : join(bytes, windows1252);
    if (!this.#started && !this.ignoreBOM && text[0] === "\ufeff") text = text.slice(1);
    this.#started = stream && (this.#started || text !== "");
    return text;
  }

  #take(input?: ArrayBuffer | ArrayBufferView): Uint8Array {
    let bytes = new Uint8Array(0);
    if (ArrayBuffer.isView(input))
      bytes = new Uint8Array(input.buffer as ArrayBuffer, input.byteOffset, input.byteLength);
    else if (isArrayBuffer(input)) bytes = new Uint8Array(input);
    else if (input !== undefined)
      throw new TypeError("the input must be an ArrayBuffer or a view of one");
    if (this.#rest.length === 0) return bytes;
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    this.#rest = new Uint8Array(0);
    return all;
  }

  #utf16(bytes: Uint8Array, stream: boolean): string {
    const even = bytes.length & ~1;
    if (stream) this.#rest = bytes.slice(even);
    const units = new Uint16Array(bytes.slice(0, even).buffer as ArrayBuffer);
    return join(units, (unit) => unit) + (stream || even === bytes.length ? "" : this.#malformed());
  }

  #malformed(): string {
    if (this.fatal) throw new TypeError(`the bytes are not valid ${this.encoding}`);
    return "\ufffd";
  }

  /** The decoder of the Encoding standard, section 8.1.1. */
  #utf8(bytes: Uint8Array, stream: boolean): string {
    let text = "";
    let at = 0;
    while (at < bytes.length) {
      let ascii = at;
      while (ascii < bytes.length && bytes[ascii]! < 0x80) ascii++;
      if (ascii > at) text += join(bytes.subarray(at, ascii), (unit) => unit);
      at = ascii;
      if (at >= bytes.length) break;
      const { size, point } = readSequence(bytes, at);
      if (point === undefined && stream && at + size === bytes.length && isIncomplete(bytes, at)) {
        this.#rest = bytes.slice(at);
        return text;
      }
      text += point === undefined ? this.#malformed() : String.fromCodePoint(point);
      at += size;
    }
    return text;
  }
}

function expectedSize(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** The size of the next sequence of bytes, and its code point where it is valid. */
function readSequence(bytes: Uint8Array, at: number): { size: number; point: number | undefined } {
  const lead = bytes[at]!;
  const expected = expectedSize(lead);
  if (expected === 1) return { size: 1, point: undefined };
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  let point = lead & (0xff >> (expected + 1));
  for (let size = 1; size < expected; size++) {
    const byte = bytes[at + size];
    if (byte === undefined || byte < low || byte > high) return { size, point: undefined };
    point = (point << 6) | (byte & 63);
    low = 0x80;
    high = 0xbf;
  }
  return { size: expected, point };
}

function isIncomplete(bytes: Uint8Array, at: number): boolean {
  return bytes.length - at < expectedSize(bytes[at]!);
}

function windows1252(byte: number): number {
  return byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252.charCodeAt(byte - 0x80) : byte;
}

function join(units: Uint8Array | Uint16Array, read: (unit: number) => number): string {
  let text = "";
  for (let at = 0; at < units.length; at += CHUNK) {
    const part: number[] = [];
    for (let unit = at; unit < units.length && unit < at + CHUNK; unit++)
      part.push(read(units[unit]!));
    text += String.fromCharCode(...part);
  }
  return text;
}

export function btoa(data: unknown): string {
  const text = `${data as string}`;
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 255)
      throw new DOMException("btoa: a character is outside of Latin-1", "InvalidCharacterError");
    bytes[at] = code;
  }
  return toBase64(bytes);
}

export function atob(data: unknown): string {
  const text = `${data as string}`.replace(/[\t\n\f\r ]+/g, "");
  const bytes = fromBase64(text);
  if (bytes === undefined || (text.length % 4 !== 0 && text.includes("="))) {
    throw new DOMException("atob: the text is not base64", "InvalidCharacterError");
  }
  return join(bytes, (unit) => unit);
}
