/** `quickjs-wasi`: the bare engine, a fresh instance for each run. Values cross as JSON text, which is the fastest way. */
import { readFile } from "node:fs/promises";
import { type JSValueHandle, QuickJS } from "quickjs-wasi";
import { ProgramFailure, type Subject, type World } from "../../src/bench/latency/subject.ts";
import { installedVersion } from "./installed.ts";
import { positionIn } from "./position.ts";

const FILE = "program.js";
/** Defines tools that take and return values on top of the host's function. */
const PRELUDE = `(call) => new Proxy({}, { get: (_, name) => async (args) => {
  const text = await call(name, JSON.stringify(args));
  return text === undefined ? undefined : JSON.parse(text);
} })`;

export const subject: Subject = {
  id: "quickjs-wasi",
  title: "quickjs-wasi, bare",
  kind: "peer",
  isolation: "QuickJS in this process",
  version: installedVersion("quickjs-wasi"),
  call: (tool, args) => `tools.${tool}(${args})`,
  async start(world) {
    const file = new URL(import.meta.resolve("quickjs-wasi/quickjs.wasm"));
    const wasm = await WebAssembly.compile(await readFile(file));
    return {
      run: (code) => runOnce(wasm, world, code),
      async [Symbol.asyncDispose]() {},
    };
  },
};

async function runOnce(
  wasm: WebAssembly.Module,
  { tools, limits }: World,
  code: string,
): Promise<unknown> {
  const deadline = Date.now() + limits.wallMs;
  using vm = await QuickJS.create({
    wasm,
    memoryLimit: limits.memoryMb * 1024 * 1024,
    interruptHandler: () => Date.now() > deadline,
  });
  using bridge = new Bridge(vm, tools);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("timed out")), limits.wallMs);
  try {
    return await Promise.race([evaluate(vm, bridge, code), late.promise]);
  } catch (error) {
    const { message, stack } = error as Error;
    throw new ProgramFailure(message, positionIn(stack, FILE));
  } finally {
    clearTimeout(timer);
  }
}

async function evaluate(vm: QuickJS, bridge: Bridge, code: string): Promise<unknown> {
  using tools = bridge.tools();
  using main = vm.evalCode(
    `async (tools) => JSON.stringify(await (async () => {${code}\n})())`,
    FILE,
  );
  using promise = vm.callFunction(main, vm.undefined, tools);
  vm.executePendingJobs();
  const result = await vm.resolvePromise(promise);
  if ("error" in result) throw result.error.consume((error) => vm.dump(error));
  return result.value.consume((text) => parse(text));
}

/** Calls from the guest to the tools. A result that arrives after the end of the run is dropped. */
class Bridge implements Disposable {
  readonly #vm: QuickJS;
  readonly #tools: World["tools"];
  #open = true;

  constructor(vm: QuickJS, tools: World["tools"]) {
    this.#vm = vm;
    this.#tools = tools;
  }

  tools(): JSValueHandle {
    using call = this.#vm.newFunction("call", (name, args) => this.#call(name!, args!));
    using prelude = this.#vm.evalCode(PRELUDE, "prelude.js");
    return this.#vm.callFunction(prelude, this.#vm.undefined, call);
  }

  #call(name: JSValueHandle, args: JSValueHandle): JSValueHandle {
    const vm = this.#vm;
    const answer = vm.newPromise();
    const settle = (how: () => void): void => {
      if (!this.#open) return;
      how();
      vm.executePendingJobs();
    };
    this.#tools[name.toString()]!(parse(args)).then(
      (value) =>
        settle(() =>
          answer.resolve(value === undefined ? vm.undefined : vm.newString(JSON.stringify(value))),
        ),
      (error: Error) => settle(() => answer.reject(vm.newError(error))),
    );
    return answer.handle;
  }

  [Symbol.dispose](): void {
    this.#open = false;
  }
}

function parse(text: JSValueHandle): unknown {
  return text.isUndefined ? undefined : JSON.parse(text.toString());
}
