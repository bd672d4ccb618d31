import { utf8Length } from "../core/utf8.ts";

/** The content of a file. It is read as it was written: as text or as bytes. */
export type FileContent = string | Uint8Array;

/** Bytes of a file, text in UTF-8. */
export function bytesOf(content: FileContent): number {
  return typeof content === "string" ? utf8Length(content) : content.length;
}

/** Text stays text where both parts are. */
export function appended(before: FileContent | undefined, added: FileContent): FileContent {
  if (before === undefined) return added;
  if (typeof before === "string" && typeof added === "string") return before + added;
  const [first, second] = [asBytes(before), asBytes(added)];
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** The content as bytes, text in UTF-8. */
export function asBytes(content: FileContent): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
