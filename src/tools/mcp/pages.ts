import type { RequestOptions, Result, Upstream } from "./upstream.ts";

const MAX_PAGES = 1_000;

/** A list that may come in pages, and its problem, if any: `gives the same page again and again`. */
export async function listPages(
  upstream: Upstream,
  method: string,
  key: string,
  options: RequestOptions,
): Promise<{ readonly items: readonly unknown[]; readonly warning?: string }> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params: Result = cursor === undefined ? {} : { cursor };
    const result = await upstream.request(method, params, options);
    if (!Array.isArray(result[key])) throw new Error(`it answered ${method} without a list`);
    items.push(...(result[key] as unknown[]));
    const { nextCursor } = result;
    if (typeof nextCursor !== "string" || nextCursor === "") return { items };
    if (seen.has(nextCursor)) return { items, warning: "gives the same page again and again" };
    seen.add(nextCursor);
    cursor = nextCursor;
  }
  return { items, warning: `has more than ${MAX_PAGES} pages` };
}
