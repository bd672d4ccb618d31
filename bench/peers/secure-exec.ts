/** `secure-exec`: a V8 process of its own that all runs share, a session in it for each run; tools are its bindings. */
import { availableParallelism } from "node:os";
import { createNodeDriver, NodeExecutionDriver, NodeRuntime } from "secure-exec";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const FILE = "/program.mjs";
const PAYLOAD_BYTES = 64 * 1024 * 1024;

export const subject: Subject = {
  id: "secure-exec",
  title: "secure-exec",
  kind: "peer",
  isolation: "V8 process shared by all runs",
  version: installedVersion("secure-exec"),
  // A binding returns no promise: the session blocks.
  call: (tool, args) => `Promise.resolve(SecureExec.bindings.${tool}(${args}))`,
  async start({ tools, limits }) {
    // By default there is one session for each core, and one that waits for a tool keeps its slot.
    process.env["SECURE_EXEC_V8_MAX_SESSIONS"] ??= String(4 * availableParallelism());
    const runtime = new NodeRuntime({
      systemDriver: createNodeDriver(),
      runtimeDriverFactory: {
        createRuntimeDriver: (options) =>
          new NodeExecutionDriver({ ...options, bindings: { ...tools } }),
      },
      memoryLimit: limits.memoryMb,
      cpuTimeLimitMs: limits.wallMs,
      payloadLimits: { jsonPayloadBytes: PAYLOAD_BYTES },
    });
    return {
      async run(code) {
        const program = `export default await (async () => {${code}\n})()`;
        const result = await runtime.run<{ default?: unknown }>(program, FILE);
        if (result.code === 0) return result.exports?.default;
        throw new ProgramFailure(
          result.errorMessage ?? `it ended with ${result.code}`,
          positionIn(result.errorMessage, FILE),
        );
      },
      [Symbol.asyncDispose]: () => runtime.terminate(),
    };
  },
};
