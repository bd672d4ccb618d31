import type { Middleware, Next } from "../tools/tool-call.ts";

/** Folds links into one function, the first link outermost. Done once per runtime. */
export function compose(links: readonly Middleware[], end: Next): Next {
  return links.reduceRight<Next>((next, link) => (call) => link(call, next), end);
}
