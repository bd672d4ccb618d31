/** `@utcp/code-mode`: an isolate per tool chain; local functions by the protocol `direct-call`, as its README shows. */
import { CodeModeUtcpClient } from "@utcp/code-mode";
import { addFunctionToUtcpDirectCall } from "@utcp/direct-call";
import { ProgramFailure, type Subject, type World } from "../../src/bench/latency/subject.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const FILE = "<isolated-vm>";
const FAILED = "[ERROR] Code execution failed: ";

export const subject: Subject = {
  id: "utcp",
  title: "@utcp/code-mode",
  kind: "peer",
  isolation: "V8 isolate in this process",
  version: installedVersion("@utcp/code-mode"),
  // Tools take named arguments and return no promise: the isolate's thread blocks.
  call: (tool, args) => `Promise.resolve(tools.${tool}({ value: ${args} }))`,
  async start({ tools, limits }) {
    console.log = () => {}; // it logs two lines for each call, and has no option to disable that
    addFunctionToUtcpDirectCall("manual", async () => manual(tools));
    for (const [name, tool] of Object.entries(tools)) addFunctionToUtcpDirectCall(name, tool);
    const client = await CodeModeUtcpClient.create();
    await client.registerManual({
      name: "tools",
      call_template_type: "direct-call",
      callable_name: "manual",
    } as Parameters<typeof client.registerManual>[0]);
    return {
      async run(code) {
        const { result, logs } = await client.callToolChain(code, limits.wallMs, limits.memoryMb);
        const failure = logs.at(-1);
        if (result !== null || failure === undefined || !failure.startsWith(FAILED)) return result;
        throw new ProgramFailure(failure.slice(FAILED.length), positionIn(failure, FILE));
      },
      [Symbol.asyncDispose]: () => client.close(),
    };
  },
};

function manual(tools: World["tools"]): unknown {
  return {
    utcp_version: "1.0.0",
    manual_version: "1.0.0",
    tools: Object.keys(tools).map((name) => ({
      name,
      description: name,
      inputs: { type: "object", properties: { value: {} }, required: ["value"] },
      outputs: {},
      tags: [],
      tool_call_template: { call_template_type: "direct-call", callable_name: name },
    })),
  };
}
