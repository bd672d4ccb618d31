/** `@sebastianwessel/quickjs`: a fresh QuickJS context of a module that is loaded once; host functions are in `env`. */
import variant from "@jitl/quickjs-ng-wasmfile-release-sync";
import { loadQuickJs, type SandboxOptions } from "@sebastianwessel/quickjs";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const FILE = "/src/index.js";

export const subject: Subject = {
  id: "sebastianwessel",
  title: "@sebastianwessel/quickjs",
  kind: "peer",
  isolation: "QuickJS in this process",
  version: installedVersion("@sebastianwessel/quickjs"),
  call: (tool, args) => `env.${tool}(${args})`,
  async start({ tools, limits }) {
    const { runSandboxed } = await loadQuickJs(
      variant as unknown as Parameters<typeof loadQuickJs>[0],
    );
    const options: SandboxOptions = {
      env: { ...tools },
      executionTimeout: limits.wallMs,
      memoryLimit: limits.memoryMb * 1024 * 1024,
    };
    return {
      async run(code) {
        const program = `export default await (async () => {${code}\n})()`;
        const result = await runSandboxed(({ evalCode }) => evalCode(program, FILE), options);
        if (result.ok) return result.data;
        throw new ProgramFailure(result.error.message, positionIn(result.error.stack, FILE));
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
