/** codecell itself, with default options. */
import { createRuntime, type Runtime, type RuntimeOptions, tool } from "../../index.ts";
import { VERSION } from "../../core/version.ts";
import { type Executor, ProgramFailure, type Subject, type World } from "./subject.ts";

const ISOLATION: Readonly<Record<string, string>> = {
  inline: "in this process",
  thread: "in a worker thread",
  process: "in a child process",
  sandbox: "in a child process inside bubblewrap",
};

/** The namespace of the jobs' tools. */
const SERVER = "demo";

export async function codecellSubject(
  engine: "v8" | "quickjs",
  placement: "inline" | "thread" | "process" | "sandbox",
): Promise<Subject> {
  const vm = engine === "v8" ? "V8 isolate" : "QuickJS WebAssembly VM";
  return {
    id: `${engine}-${placement}`,
    title: `codecell ${engine} ${placement}`,
    kind: "codecell",
    isolation: `${vm} ${ISOLATION[placement]}`,
    version: VERSION,
    call: (name, args) => `tools.${SERVER}.${name}(${args})`,
    start: async (world) => new CodecellExecutor(await openRuntime(world, { engine, placement })),
  };
}

/** Creates a runtime with the tools and limits of a world. */
export async function openRuntime(
  { tools, limits }: World,
  options: RuntimeOptions,
): Promise<Runtime> {
  const { memoryMb, wallMs, toolCalls } = limits;
  const most = { callBytes: 64 * 2 ** 20, bridgeBytes: 1_024 * 2 ** 20 };
  return await createRuntime({
    tools: {
      [SERVER]: Object.fromEntries(
        Object.entries(tools).map(([name, run]) => [name, tool({ run })]),
      ),
    },
    limits: { memoryMb, wallMs, toolCalls, ...most },
    ...options,
  });
}

class CodecellExecutor implements Executor {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async run(code: string): Promise<unknown> {
    const result = await this.#runtime.run(code);
    if (result.ok) return result.value;
    const { message, line, column } = result.error;
    throw new ProgramFailure(message, {
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime.close();
  }
}
