/** The tools of some sources, called through the chain that programs' calls take, without a program. */
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { callSource } from "../../src/policy/call-source.ts";
import { awaitServer } from "../../src/policy/await-server.ts";
import { checkArguments } from "../../src/policy/check-arguments.ts";
import { compose } from "../../src/policy/compose.ts";
import type { CallContext } from "../../src/tools/call-context.ts";
import type { Catalogue, ResolvedTool } from "../../src/tools/catalogue.ts";
import { createCatalogue } from "../../src/tools/live-catalogue.ts";
import type { CallingRun, ToolCall } from "../../src/tools/tool-call.ts";
import type { ToolSource } from "../../src/tools/tool.ts";

const RUN: CallingRun = {
  id: "test",
  session: undefined,
  caller: {},
  limits: DEFAULT_LIMITS,
  emit: () => {},
};

export interface OpenTools extends Catalogue {
  call(tool: ResolvedTool, args: unknown, context: CallContext): Promise<unknown>;
}

export async function openTools(sources: readonly ToolSource[]): Promise<OpenTools> {
  const catalogue = await createCatalogue(sources);
  const links = [awaitServer(() => catalogue), checkArguments(() => catalogue)];
  const chain = compose(links, callSource(sources));
  const call: OpenTools["call"] = async ({ server, tool, info }, args, { signal }) => {
    const asked = { label: `${server}.${tool}`, args: "", id: 0, again: false };
    const made: ToolCall = { run: RUN, kind: "tool", server, tool, info, args, asked, signal };
    return (await chain(made)).value;
  };
  return Object.assign(catalogue, { call });
}
