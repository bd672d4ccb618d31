/** Rows as they come by `for await`: as many at a time as make a small message. */
import { encode } from "../../core/encode.ts";
import type { Limits } from "../../core/limits.ts";
import { mostParts } from "../../core/parts.ts";
import type { Steps } from "../../core/turns.ts";
import { utf8Length } from "../../core/utf8.ts";
import { wireFailureOf } from "../../core/wire-format.ts";

/** Rows, and where the next ones begin; `null` after the last. */
export interface Page {
  readonly rows: readonly unknown[];
  readonly next: number | null;
}

const PAGE_BYTES = 256 * 1024;
const PAGE_ROWS = 2_000;
/** What a page has around its rows. */
const FRAME_BYTES = 64;

/** A page has at least one row, however large that is. @throws ToolError `output_limit` for a row that cannot cross */
export function* pageOf(rows: readonly unknown[], start: number, limits: Limits): Steps<Page> {
  const room = Math.min(PAGE_BYTES, limits.callBytes - FRAME_BYTES);
  const end = Math.min(rows.length, start + PAGE_ROWS);
  let bytes = 0;
  let at = start;
  for (; at < end; at++) {
    const size = sizeOf(rows[at], room - bytes, limits);
    if (size === undefined) break;
    bytes += size + 1;
    yield;
  }
  if (at === start && at < end) at++; // what is too large is refused when the page is encoded
  return { rows: rows.slice(start, at), next: at < rows.length ? at : null };
}

/** Bytes of a row's text; `undefined` for more than there is room for. */
function sizeOf(row: unknown, room: number, { callBytes, valueDepth }: Limits): number | undefined {
  if (room <= 0) return undefined;
  const caps = { maxBytes: room, maxParts: mostParts(callBytes), maxDepth: valueDepth };
  try {
    return utf8Length(encode(row, caps));
  } catch (error) {
    if (wireFailureOf(error)?.code === "output_limit") return undefined;
    throw error;
  }
}
