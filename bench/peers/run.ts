/** `run` of vercel-labs: QuickJS in a pool of worker threads that all runners of a process share. */
import pLimit from "p-limit";
import { createRunner, setMaxWorkers } from "run";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { AT_ONCE } from "./at-once.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const PAYLOAD_BYTES = 64 * 1024 * 1024;
const CALLS_AT_ONCE = 256;
const FILE = "run.js";

export const subject: Subject = {
  id: "run",
  title: "run",
  kind: "peer",
  isolation: "QuickJS in a worker thread",
  version: installedVersion("run"),
  call: (tool, args) => `tools.${tool}(${args})`,
  async start({ tools, limits }) {
    // It refuses runs beyond its workers instead of letting them wait.
    setMaxWorkers(AT_ONCE);
    const limit = pLimit(AT_ONCE);
    const runner = createRunner({
      limits: {
        timeoutMs: limits.wallMs,
        memoryLimitBytes: limits.memoryMb * 1024 * 1024,
        maxBridgeRequests: limits.toolCalls,
        maxInFlightBridgeRequests: CALLS_AT_ONCE,
        maxResultBytes: PAYLOAD_BYTES,
        maxHostFunctionArgumentsBytes: PAYLOAD_BYTES,
        maxHostFunctionOutputBytes: PAYLOAD_BYTES,
      },
    });
    return {
      async run(source) {
        try {
          const result = await limit(() => runner.run({ source, hostFunctions: { tools } }));
          if (result.status === "completed") return result.value;
        } catch (error) {
          const { message, stack } = error as Error;
          throw new ProgramFailure(message, positionIn(stack, FILE));
        }
        throw new ProgramFailure("the run was interrupted");
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
