import { setImmediate as nextTurn } from "node:timers/promises";
import { ToolError } from "../../core/tool-error.ts";
import { cut, type Range, type SecretFinder, secretFinder } from "../redact.ts";

/** Bytes that are searched at once, times the forms of secrets: some ms, and then the host does something else. */
const SLICE_COST = 4 * 1024 * 1024;
const MAX_SLICE = 64 * 1024;

/** Takes the secrets of the host's headers out of all that comes back. */
export class AnswerRedactor {
  readonly #finder: SecretFinder;

  constructor(secrets: readonly string[]) {
    this.#finder = secretFinder(secrets);
  }

  /** Whether there is anything to find. */
  get isActive(): boolean {
    return this.#finder.forms > 0;
  }

  has(text: string): boolean {
    return this.isActive && this.#finder.find(text).length > 0;
  }

  text(text: string): string {
    return this.isActive ? cut(text, this.#finder.find(text)) : text;
  }

  error(error: ToolError): ToolError {
    const { code, message, tool, hint } = error;
    if (!this.has(message) && (hint === undefined || !this.has(hint))) return error;
    return new ToolError(code, this.text(message), {
      ...(tool === undefined ? {} : { tool }),
      ...(hint === undefined ? {} : { hint: this.text(hint) }),
    });
  }

  async bytes(bytes: Uint8Array): Promise<Uint8Array> {
    return this.isActive ? await redactBytes(bytes, this.#finder) : bytes;
  }
}

/** The bytes without secrets, whatever their encoding. Slices overlap, so that none is missed between two. */
async function redactBytes(
  bytes: Uint8Array,
  { find, longest, forms }: SecretFinder,
): Promise<Uint8Array> {
  const ranges: Range[] = [];
  const slice = Math.max(longest, Math.min(MAX_SLICE, Math.floor(SLICE_COST / forms)));
  for (let at = 0; at < bytes.length; at += slice) {
    // oxlint-disable-next-line no-await-in-loop -- this is the slicing
    if (at > 0) await nextTurn();
    const text = latin1(bytes.subarray(at, at + slice + longest));
    const done = ranges.at(-1)?.[1] ?? 0;
    for (const [start, end] of find(text))
      // What was found in the slice before is found again in the overlap, or the end of it.
      if (at + end > done) ranges.push([Math.max(at + start, done), at + end]);
  }
  if (ranges.length === 0) return bytes;
  return new Uint8Array(Buffer.from(cut(latin1(bytes), ranges), "latin1"));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
