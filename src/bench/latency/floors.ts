/** The floors: bare engines, used as their documentation shows. No limits except memory, no checks, no reports. */
import { readFile } from "node:fs/promises";
import type {
  QuickJSContext,
  QuickJSSyncVariant,
  QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { packageVersion } from "../machine.ts";
import { type Executor, ProgramFailure, type Subject, type World } from "./subject.ts";

const call: Subject["call"] = (tool, args) => `${tool}(${args})`;

/** `new AsyncFunction`: no isolation, the lower bound of all costs. */
export async function asyncFunction(): Promise<Subject> {
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<unknown>;
  return {
    id: "async-function",
    title: "new AsyncFunction",
    kind: "floor",
    isolation: "none",
    version: process.versions.node,
    call,
    start: async ({ tools }) => ({
      run: (code) => new AsyncFunction(...Object.keys(tools), code)(...Object.values(tools)),
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

/** A fresh isolate and context for each run; tools are References whose promises the program awaits. */
export async function bareIsolate(): Promise<Subject> {
  const { default: ivm } = await import("isolated-vm");
  const run = async (world: World, code: string): Promise<unknown> => {
    const isolate = new ivm.Isolate({ memoryLimit: world.limits.memoryMb });
    try {
      const context = isolate.createContextSync();
      for (const [name, tool] of Object.entries(world.tools))
        context.global.setSync(`$${name}`, new ivm.Reference(tool));
      const names = Object.keys(world.tools).map(
        (name) => `const ${name} = (args) => $${name}.apply(undefined, [args],
          { arguments: { copy: true }, result: { promise: true, copy: true } });`,
      );
      return await context.eval(`${names.join("")}(async () => {${code}\n})()`, {
        promise: true,
        copy: true,
      });
    } finally {
      isolate.dispose();
    }
  };
  return {
    id: "bare-isolate",
    title: "bare isolated-vm",
    kind: "floor",
    isolation: "V8 isolate in this process",
    ...version(await packageVersion("isolated-vm")),
    call,
    start: async (world) => ({
      run: (code) => run(world, code),
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

/** One WebAssembly instance of QuickJS. */
export async function quickJsInstance(): Promise<QuickJSWASMModule> {
  const { newQuickJSWASMModuleFromVariant, newVariant } = await import("quickjs-emscripten-core");
  const { default: variant } = (await import("@jitl/quickjs-wasmfile-release-sync")) as unknown as {
    default: QuickJSSyncVariant;
  };
  const file = new URL(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  const wasmModule = await WebAssembly.compile(await readFile(file));
  return await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmModule }));
}

/** A fresh runtime and context for each run, in one WebAssembly instance; tools return deferred promises. */
export async function bareQuickJs(): Promise<Subject> {
  const library = await quickJsInstance();
  const run = async (world: World, code: string): Promise<unknown> => {
    using runtime = library.newRuntime();
    runtime.setMemoryLimit(world.limits.memoryMb * 2 ** 20);
    using context = runtime.newContext();
    for (const [name, tool] of Object.entries(world.tools)) addTool(context, name, tool);
    using promise = context.unwrapResult(
      context.evalCode(
        `(async () => {${code}\n})().then((value) => JSON.stringify({ value }))`,
        "program.js",
      ),
    );
    const settled = context.resolvePromise(promise);
    runtime.executePendingJobs();
    const result = await settled;
    if (result.error !== undefined) {
      using error = result.error;
      const { message = "failed", stack = "" } = context.dump(error) as Record<string, string>;
      throw new ProgramFailure(message, positionIn(stack));
    }
    using value = result.value;
    return (JSON.parse(context.getString(value)) as { value?: unknown }).value;
  };
  return {
    id: "bare-quickjs",
    title: "bare quickjs-emscripten",
    kind: "floor",
    isolation: "WebAssembly VM in this process",
    ...version(await packageVersion("quickjs-emscripten-core")),
    call,
    start: async (world): Promise<Executor> => ({
      run: (code) => run(world, code),
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

function addTool(
  context: QuickJSContext,
  name: string,
  tool: (args: unknown) => Promise<unknown>,
): void {
  using handle = context.newFunction(name, (args) => {
    const deferred = context.newPromise();
    tool(context.dump(args) as unknown).then(
      (value) => {
        const text = JSON.stringify(value) ?? "null";
        context
          .unwrapResult(context.evalCode(`(${text})`))
          .consume((made) => deferred.resolve(made));
      },
      (error: unknown) => {
        context.newError(String((error as Error).message)).consume((made) => deferred.reject(made));
      },
    );
    void deferred.settled.then(() => context.runtime.alive && context.runtime.executePendingJobs());
    return deferred.handle;
  });
  context.setProp(context.global, name, handle);
}

function positionIn(stack: string): { line?: number; column?: number } {
  const match = /program\.js:(\d+):(\d+)/.exec(stack);
  return match === null ? {} : { line: Number(match[1]), column: Number(match[2]) };
}

function version(found: string | undefined): Pick<Subject, "version"> {
  return found === undefined ? {} : { version: found };
}
