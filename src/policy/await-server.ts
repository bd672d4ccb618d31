import type { Caller } from "../core/caller.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Middleware } from "../tools/tool-call.ts";

/**
 * Waits for the server of a call whose tool is not known: one that is connecting has not listed it yet, and one that failed is
 * tried again. The end of the run ends the wait.
 * @param catalogueOf the tools that a caller may see
 */
export function awaitServer(catalogueOf: (caller: Caller) => Catalogue): Middleware {
  return async (call, next) => {
    if (call.kind !== "tool" || call.info !== undefined) return await next(call);
    const catalogue = catalogueOf(call.run.caller);
    await catalogue.ready(call.server);
    const found = catalogue.find(call.server, call.tool);
    if (found === undefined) return await next(call);
    const { server, tool, info } = found;
    return await next({ ...call, server, tool, info });
  };
}
