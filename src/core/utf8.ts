/** Node's own count, where there is Node: fifty times as fast on a large text. */
const { Buffer: native } = globalThis as { Buffer?: { byteLength(text: string): number } };

/** Bytes that `text` takes as UTF-8; a lone surrogate counts as the replacement character. */
export function utf8Length(text: string): number {
  return native === undefined ? countUtf8(text) : native.byteLength(text);
}

/** The same, in the language itself. */
export function countUtf8(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else {
      bytes += 2;
      const isPair =
        code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
      if (isPair) at++;
    }
  }
  return bytes;
}
