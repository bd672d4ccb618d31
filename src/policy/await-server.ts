import type { Caller } from "../core/caller.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Middleware } from "../tools/tool-call.ts";

/**
 * Waits for the server of a call whose tool it has not listed in this process: one that is connecting, or that failed and is tried
 * again. What it listed last time decides nothing about a call. The end of the run ends the wait.
 * @param catalogueOf the tools that a caller may see
 */
export function awaitServer(catalogueOf: (caller: Caller) => Catalogue): Middleware {
  return async (call, next) => {
    const catalogue = catalogueOf(call.run.caller);
    const isKnown = call.info !== undefined && !catalogue.isCached(call.server);
    if (call.kind !== "tool" || isKnown) return await next(call);
    await catalogue.ready(call.server);
    catalogue.checkListed(call.server, call.tool);
    const found = catalogue.find(call.server, call.tool);
    if (found === undefined) return await next({ ...call, info: undefined });
    const { server, tool, info } = found;
    return await next({ ...call, server, tool, info });
  };
}
