/** `@earendil-works/pi-codemode`: a worker thread with a fresh QuickJS VM for each execution; one sandbox is kept. */
import { CodemodeSandbox } from "@earendil-works/pi-codemode";
import pLimit from "p-limit";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { AT_ONCE } from "./at-once.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const FILE = "codemode.js";

export const subject: Subject = {
  id: "pi-codemode",
  title: "@earendil-works/pi-codemode",
  kind: "peer",
  isolation: "QuickJS in a worker thread",
  version: installedVersion("@earendil-works/pi-codemode"),
  call: (tool, args) => `tools.${tool}(${args})`,
  async start({ tools, limits }) {
    const sandbox = new CodemodeSandbox({
      timeoutMs: limits.wallMs,
      memoryLimitBytes: limits.memoryMb * 1024 * 1024,
      tools: Object.entries(tools).map(([name, execute]) => ({ name, execute })),
    });
    const limit = pLimit(AT_ONCE);
    return {
      async run(code) {
        const result = await limit(() => sandbox.execute(code));
        if (result.ok) return result.value;
        throw new ProgramFailure(result.error.message, positionIn(result.error.stack, FILE));
      },
      [Symbol.asyncDispose]: () => sandbox.close(),
    };
  },
};
