import {
  floor,
  charCodeAt,
  NativeUint8Array,
  reflectApply,
  typedArrayLength,
  uncurry,
} from "./primordials.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const INVALID = 255;

const valueOfCode = new NativeUint8Array(128).fill(INVALID);
for (let value = 0; value < 64; value++) valueOfCode[charCodeAt(ALPHABET, value)] = value;

interface Base64Native {
  readonly fromBase64?: (text: string) => Uint8Array;
  readonly prototype: { readonly toBase64?: (this: Uint8Array) => string };
}

/** The engine's own functions (ES2026), where it has them: they copy nothing. */
const { fromBase64: nativeFrom, prototype } = NativeUint8Array as unknown as Base64Native;
const nativeTo = prototype.toBase64 === undefined ? undefined : uncurry(prototype.toBase64);

type NodeBytes = Uint8Array & { toString(encoding: "base64"): string };

/** Node's own functions, where there is Node: many times as fast on megabytes. */
const { Buffer: node } = globalThis as {
  Buffer?: {
    from(buffer: ArrayBufferLike, offset: number, length: number): NodeBytes;
    from(text: string, encoding: "base64"): NodeBytes;
  };
};
/** Below, the loops here are as fast. */
const SHORT = 64;

/** Bytes as base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  if (nativeTo !== undefined) return nativeTo(bytes);
  if (node !== undefined && length > SHORT)
    return node.from(bytes.buffer, bytes.byteOffset, length).toString("base64");
  let text = "";
  for (let at = 0; at < length; at += 3) {
    const one = bytes[at]!;
    const two = at + 1 < length ? bytes[at + 1]! : 0;
    const three = at + 2 < length ? bytes[at + 2]! : 0;
    text += ALPHABET[one >> 2]! + ALPHABET[((one & 3) << 4) | (two >> 4)]!;
    text += at + 1 < length ? ALPHABET[((two & 15) << 2) | (three >> 6)]! : "=";
    text += at + 2 < length ? ALPHABET[three & 63]! : "=";
  }
  return text;
}

/** The bytes of base64 text, padded or not; `undefined` when it is not base64. White space is not skipped. */
export function fromBase64(text: string): Uint8Array | undefined {
  let end = text.length;
  if (end % 4 === 0 && end > 0 && text[end - 1] === "=") end -= text[end - 2] === "=" ? 2 : 1;
  if (end % 4 === 1) return undefined;
  const size = floor((end * 3) / 4);
  if (nativeFrom !== undefined) return fromNative(text, size);
  return node !== undefined && end > SHORT ? fromNode(text, size) : fromText(text, end, size);
}

/** The engine skips white space: then there are fewer bytes than the text is long. */
function fromNative(text: string, size: number): Uint8Array | undefined {
  try {
    const bytes = reflectApply(nativeFrom!, NativeUint8Array, [text]);
    return typedArrayLength(bytes) === size ? bytes : undefined;
  } catch {
    return undefined; // it is not base64
  }
}

/** Node skips what is not base64: then there are fewer bytes than the text is long. It reads the URL alphabet as well. */
function fromNode(text: string, size: number): Uint8Array | undefined {
  const bytes = node!.from(text, "base64");
  // A copy of its own: small results of Node are parts of a larger buffer.
  return bytes.length === size ? new NativeUint8Array(bytes) : undefined;
}

function fromText(text: string, end: number, size: number): Uint8Array | undefined {
  const bytes = new NativeUint8Array(size);
  let bits = 0;
  let held = 0;
  let out = 0;
  for (let at = 0; at < end; at++) {
    const code = charCodeAt(text, at);
    const value = code < 128 ? valueOfCode[code]! : INVALID;
    if (value === INVALID) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[out++] = (bits >> held) & 255;
  }
  return bytes;
}
