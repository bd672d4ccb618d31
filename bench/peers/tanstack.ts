/** TanStack AI code mode with its isolated-vm driver, by the tool that its README gives to a model. */
import { toolDefinition } from "@tanstack/ai";
import { createCodeMode } from "@tanstack/ai-code-mode";
import { createNodeIsolateDriver } from "@tanstack/ai-isolate-node";
import { ProgramFailure, type Subject } from "../../src/bench/latency/subject.ts";
import { installedVersion } from "./installed.ts";

export const subject: Subject = {
  id: "tanstack",
  title: "TanStack code mode, isolated-vm",
  kind: "peer",
  isolation: "V8 isolate in this process",
  version: installedVersion("@tanstack/ai-isolate-node"),
  call: (tool, args) => `external_${tool}(${args})`,
  async start({ tools, limits }) {
    const { tool } = createCodeMode({
      // The probe starts a process to check that the addon loads, which is known here.
      driver: createNodeIsolateDriver({ skipProbe: true }),
      timeout: limits.wallMs,
      memoryLimit: limits.memoryMb,
      tools: Object.entries(tools).map(([name, execute]) =>
        toolDefinition({ name, description: name, inputSchema: {} }).server(execute),
      ),
    });
    return {
      async run(typescriptCode) {
        const result = (await tool.execute!({ typescriptCode })) as Result;
        if (result.success) return result.result;
        const message = result.error?.message ?? "it failed";
        throw new ProgramFailure(message, positionOf(message));
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

interface Result {
  readonly success: boolean;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Syntax errors end with their position; runtime errors have none, because the tool drops their stack. */
function positionOf(message: string): { line?: number; column?: number } {
  const [, line, column] = /\((\d+):(\d+)\)$/.exec(message) ?? [];
  return line === undefined ? {} : { line: Number(line), column: Number(column) };
}
