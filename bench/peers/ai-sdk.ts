/** `@ai-sdk/code-mode`: the AI SDK's tools over `run`, by the function that its README gives for direct execution. */
import {
  experimental_runCodeMode as runCodeMode,
  experimental_setMaxWorkers as setMaxWorkers,
} from "@ai-sdk/code-mode";
import { jsonSchema, tool } from "ai";
import pLimit from "p-limit";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { AT_ONCE } from "./at-once.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const PAYLOAD_BYTES = 64 * 1024 * 1024;
const CALLS_AT_ONCE = 256;
const FILE = "code-mode.js";

export const subject: Subject = {
  id: "ai-sdk",
  title: "@ai-sdk/code-mode",
  kind: "peer",
  isolation: "QuickJS in a worker thread",
  version: installedVersion("@ai-sdk/code-mode"),
  call: (name, args) => `tools.${name}(${args})`,
  async start(world) {
    // It refuses runs beyond its workers instead of letting them wait.
    setMaxWorkers(AT_ONCE);
    const limit = pLimit(AT_ONCE);
    const tools = Object.fromEntries(
      Object.entries(world.tools).map(([name, execute]) => [
        name,
        tool({ description: name, inputSchema: jsonSchema({}), execute }),
      ]),
    );
    const executionPolicy = {
      timeoutMs: world.limits.wallMs,
      memoryLimitBytes: world.limits.memoryMb * 1024 * 1024,
      maxBridgeRequests: world.limits.toolCalls,
      maxInFlightBridgeRequests: CALLS_AT_ONCE,
      maxResultBytes: PAYLOAD_BYTES,
      maxToolInputBytes: PAYLOAD_BYTES,
      maxToolOutputBytes: PAYLOAD_BYTES,
    };
    return {
      async run(js) {
        try {
          return await limit(() => runCodeMode({ js, tools, options: { executionPolicy } }));
        } catch (error) {
          const { message, stack } = error as Error;
          throw new ProgramFailure(message, positionIn(stack, FILE));
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
