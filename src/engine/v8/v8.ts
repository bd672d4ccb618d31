import type ivm from "isolated-vm";
import { messageOf } from "../../core/errors.ts";
import { importIsolatedVm } from "../../core/optional-packages.ts";
import type { Engine } from "../engine.ts";
import { GUEST_SOURCE } from "../guest/source.ts";
import { PooledEngine } from "../pooled-engine.ts";
import { type Delivery, EngineSyntaxError, PROGRAM_FILE, type Vm, type VmState } from "../vm.ts";
import { ReplayedVm } from "./replayed-vm.ts";
import { refuseOtherRuntimes, unavailable } from "./unavailable.ts";

/** Options of the engine module. */
export interface V8Options {
  /**
   * File of isolated-vm's native addon, for places without packages.
   * @default the package's own file
   */
  readonly addon?: string;
}

/**
 * V8 isolates through isolated-vm, a new isolate per run, on the calling thread: a call to the host is only queued, and an
 * answer runs the guest until it waits again. So a call takes microseconds, and every continuation is under the timeout.
 */
export async function createEngine(options: V8Options = {}): Promise<Engine> {
  const library = await load(options.addon);
  const prelude = new Prelude(library);
  // Disposing an isolate takes longer than a small program.
  return new PooledEngine("v8", {
    create: (limits) => new V8Vm(library, limits.memoryMb, prelude),
    savable: (vm, name) => new ReplayedVm(vm, name),
    maxRetired: 4,
  });
}

/** See {@link BuiltInEngineModule.assets}. */
export async function assets(): Promise<{ addon: string }> {
  refuseOtherRuntimes();
  try {
    const { createRequire } = await import("node:module");
    const { dirname } = await import("node:path");
    const entry = createRequire(import.meta.url).resolve("isolated-vm");
    const builds = createRequire(entry)("node-gyp-build") as { path(folder: string): string };
    return { addon: builds.path(dirname(entry)) };
  } catch (error) {
    throw unavailable(error);
  }
}

async function load(addon: string | undefined): Promise<typeof ivm> {
  refuseOtherRuntimes();
  try {
    if (addon === undefined) return (await importIsolatedVm()).default;
    const { createRequire } = await import("node:module");
    return (createRequire(import.meta.url)(addon) as { ivm: typeof ivm }).ivm;
  } catch (error) {
    throw unavailable(error);
  }
}

/** Name of the prelude in the global object of a VM made from the snapshot, until it is removed. */
const IN_SNAPSHOT = "$codecell";

/**
 * The prelude for all VMs of this engine. The first VM compiles it from its source, because making a snapshot takes longer;
 * after that a V8 startup snapshot has it compiled, which halves the time to create a VM.
 */
class Prelude {
  readonly #library: typeof ivm;
  #uses = 0;
  #snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor(library: typeof ivm) {
    this.#library = library;
  }

  /** The snapshot option of a new isolate. */
  get options(): Pick<ivm.IsolateOptions, "snapshot"> {
    if (this.#uses++ === 1) this.#snapshot = this.#takeSnapshot();
    return this.#snapshot === undefined ? {} : { snapshot: this.#snapshot };
  }

  /** The function that boots a VM, unreachable for programs. */
  bootIn(context: ivm.Context, { snapshot }: Pick<ivm.IsolateOptions, "snapshot">): ivm.Reference {
    const code =
      snapshot === undefined
        ? GUEST_SOURCE
        : `(() => { const boot = ${IN_SNAPSHOT}; delete globalThis.${IN_SNAPSHOT}; return boot })()`;
    return context.evalSync(code, { reference: true, filename: "codecell" });
  }

  /** Boots once in a discarded context, so that the snapshot has the functions compiled. `undefined` where that fails: the source is used. */
  #takeSnapshot(): ivm.ExternalCopy<ArrayBuffer> | undefined {
    const code = `globalThis.${IN_SNAPSHOT} = ${GUEST_SOURCE}`;
    const script = { code, filename: "codecell" };
    try {
      return this.#library.Isolate.createSnapshot([script], `${IN_SNAPSHOT}(() => undefined)`);
    } catch {
      return undefined;
    }
  }
}

class V8Vm implements Vm {
  onSend: Vm["onSend"] = () => undefined;
  readonly rethrowsRejections = true;
  readonly exhausted = false; // a full heap ends the isolate, which `state` reports
  readonly #isolate: ivm.Isolate;
  readonly #context: ivm.Context;
  readonly #start: ivm.Reference;
  readonly #receive: ivm.Reference;
  #stopped = false;

  constructor(library: typeof ivm, memoryMb: number, prelude: Prelude) {
    const { options } = prelude;
    this.#isolate = new library.Isolate({ memoryLimit: memoryMb, ...options });
    this.#context = this.#isolate.createContextSync();
    const send = (kind: unknown, id: unknown, name: unknown, text: unknown): string | undefined =>
      this.onSend(String(kind), Number(id), String(name), String(text));
    const boot = prelude.bootIn(this.#context, options);
    const entries = boot.applySync(undefined, [new library.Callback(send, { sync: true })], {
      result: { reference: true },
    }) as ivm.Reference<Record<string, () => void>>;
    this.#start = entries.getSync("start", { reference: true });
    this.#receive = entries.getSync("receive", { reference: true });
  }

  start(code: string, setup: string, budgetMs: number): void {
    // Only a function expression is evaluated here; the time-out is a second line of defence.
    const program = this.#compile(code).runSync(this.#context, {
      reference: true,
      timeout: budgetMs,
    });
    this.#start.applySync(undefined, [program.derefInto({ release: true }), setup], {
      timeout: budgetMs,
    });
  }

  #compile(code: string): ivm.Script {
    try {
      return this.#isolate.compileScriptSync(code, { filename: PROGRAM_FILE });
    } catch (error) {
      if (this.#isolate.isDisposed) throw error;
      const syntaxError = new EngineSyntaxError(messageOf(error).replace(/ \[.*\]$/s, ""));
      syntaxError.stack = error instanceof Error ? (error.stack ?? "") : "";
      throw syntaxError;
    }
  }

  receive(kind: Delivery, id: number, text: string, budgetMs: number): void {
    this.#receive.applySync(undefined, [kind, id, text], { timeout: budgetMs });
  }

  /** Disposal ends guest code immediately, even from inside a callback. It takes longer than a small program. */
  stop(when: "now" | "soon"): void {
    this.#stopped = true;
    if (when === "now" && !this.#isolate.isDisposed) this.#isolate.dispose();
  }

  get state(): VmState {
    if (!this.#isolate.isDisposed) return "usable";
    return this.#stopped ? "broken" : "out_of_memory";
  }

  heapBytes(): number {
    const { used_heap_size, externally_allocated_size, malloced_memory } =
      this.#isolate.getHeapStatisticsSync();
    return used_heap_size + externally_allocated_size + malloced_memory;
  }

  [Symbol.dispose](): void {
    this.stop("now");
  }
}
