/** The floors: the same jobs on the bare engines, with no limits kept, no values checked and nothing reported. */
import { readFile } from "node:fs/promises";
import ivm from "isolated-vm";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
} from "quickjs-emscripten-core";

/** A fresh isolate and context, one evaluation, and away with it. */
export function bareIsolate(): void {
  const isolate = new ivm.Isolate({ memoryLimit: 64 });
  isolate.createContextSync().evalSync("1 + 1");
  isolate.dispose();
}

export type BareQuickJs = () => void;

/** A fresh runtime and context in a warm WebAssembly instance, one evaluation, and away with it. */
export async function createBareQuickJs(): Promise<BareQuickJs> {
  const { default: variant } = (await import("@jitl/quickjs-wasmfile-release-sync")) as unknown as {
    default: QuickJSSyncVariant;
  };
  const file = new URL(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  const wasmModule = await WebAssembly.compile(await readFile(file));
  const library = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmModule }));
  return () => {
    using runtime = library.newRuntime();
    using context = runtime.newContext();
    context.unwrapResult(context.evalCode("1 + 1")).dispose();
  };
}

/** An isolate with one asynchronous host function, called the usual way: a Reference whose promise the guest awaits. */
export class BareBridge implements Disposable {
  readonly #isolate = new ivm.Isolate({ memoryLimit: 64 });
  readonly #run: ivm.Reference<() => Promise<string>>;

  private constructor(tool: (args: unknown) => Promise<string>, program: string) {
    const context = this.#isolate.createContextSync();
    context.global.setSync("tool", new ivm.Reference(tool));
    context.evalSync(`const call = (args) => tool.apply(undefined, [args], {
      arguments: { copy: true }, result: { promise: true, copy: true } });
      async function run() { ${program} }`);
    this.#run = context.evalSync("run", { reference: true }) as ivm.Reference<
      () => Promise<string>
    >;
  }

  /** `calls` calls one after the other. */
  static sequential(calls: number): BareBridge {
    const program = `for (let i = 0; i < ${calls}; i++) await call(i); return "done"`;
    return new BareBridge(async (args) => String(args), program);
  }

  /** One large result, as JSON text through the isolate and filtered there. */
  static filter(rows: unknown): BareBridge {
    const program = `const rows = JSON.parse(await call(0));
      return JSON.stringify(rows.filter((row) => row.status === "failed").length)`;
    return new BareBridge(async () => JSON.stringify(rows), program);
  }

  async run(): Promise<unknown> {
    return await this.#run.apply(undefined, [], { result: { promise: true, copy: true } });
  }

  [Symbol.dispose](): void {
    this.#isolate.dispose();
  }
}
