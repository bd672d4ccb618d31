import { inTurns } from "../../core/turns.ts";
import { MAX_ENTRIES, MAX_LIST_BYTES, MAX_PAGES, MAX_SERVER_BYTES } from "./list-limits.ts";
import type { RequestOptions, Upstream } from "./upstream.ts";
import { weigh } from "./weigh.ts";

/** A list, and what is wrong with it, if anything: `gives the same page again and again`. */
export interface Listing {
  readonly items: readonly unknown[];
  readonly warning?: string;
}

/** What a server has listed so far, so that all of it together is bounded. */
export class ListAllowance {
  readonly #bytes = new Map<string, number>();

  /** Most bytes of the list `key`, beside the others of this server. */
  of(key: string): number {
    let others = 0;
    for (const [other, bytes] of this.#bytes) if (other !== key) others += bytes;
    return Math.min(MAX_LIST_BYTES, MAX_SERVER_BYTES - others);
  }

  /** The list `key` is in use now. */
  use(key: string, bytes: number): void {
    this.#bytes.set(key, bytes);
  }
}

/**
 * A list that may come in pages. It ends where its pages, its entries, its bytes or its time do: what a server lists costs
 * its host no more than these.
 */
export async function listPages(
  upstream: Upstream,
  method: string,
  key: string,
  options: RequestOptions,
  allowance: ListAllowance,
): Promise<Listing> {
  const { timeoutMs = Infinity } = options;
  // A server that reports progress without end lists nothing.
  const request = { ...options, maxMs: options.timeoutMs };
  const maxBytes = allowance.of(key);
  const started = performance.now();
  const items: unknown[] = [];
  const seen = new Set<Cursor>();
  let bytes = 0;
  let cursor: Cursor | undefined;
  const ended = (warning?: string): Listing => {
    allowance.use(key, Math.min(bytes, maxBytes));
    return warning === undefined ? { items } : { items, warning };
  };
  for (let page = 0; page < MAX_PAGES; page++) {
    const result = await upstream.request(method, cursor === undefined ? {} : { cursor }, request);
    const list: unknown = result[key];
    if (!Array.isArray(list)) throw new Error(`it answered ${method} without a list`);
    bytes += await inTurns(weigh(result, maxBytes - bytes));
    if (bytes > maxBytes) return ended(`takes more than ${maxBytes} bytes`);
    const room = MAX_ENTRIES - items.length;
    for (const item of list.slice(0, room)) items.push(item);
    const { nextCursor } = result;
    const isLast = !isCursor(nextCursor);
    if (list.length > room || (list.length === room && !isLast))
      return ended(`has more than ${MAX_ENTRIES} entries`);
    if (isLast) return ended();
    if (seen.has(nextCursor)) return ended("gives the same page again and again");
    if (performance.now() - started > timeoutMs) return ended(`took longer than ${timeoutMs} ms`);
    seen.add(nextCursor);
    cursor = nextCursor;
  }
  return ended(`has more than ${MAX_PAGES} pages`);
}

type Cursor = string | number;

/** Some servers count their pages; they get their number back as it came. Whatever else is there, the list ends. */
function isCursor(value: unknown): value is Cursor {
  return typeof value === "number" ? value > 0 : typeof value === "string" && value !== "";
}

/** The warning of a list as a sentence. @param what e.g. `github: its list of tools` */
export function listWarning(what: string, { warning }: Listing): string | undefined {
  return warning === undefined ? undefined : `${what} ${warning}; what came so far is used`;
}
