import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { LEAVE_OUT } from "../../core/leave-out.ts";
import type { Limits } from "../../core/limits.ts";
import type { Engine } from "../engine.ts";
import { PooledEngine } from "../pooled-engine.ts";
import { type Booted, nameOfBoot } from "./boot.ts";
import { createFixedMemory } from "./fixed-memory.ts";
import { findHeapEnd } from "./heap-end.ts";
import { QuickJsVm, type QuickJsVmOptions } from "./quickjs-vm.ts";
import { RejectionTracker } from "./rejection-tracker.ts";
import { exportTable } from "./table-export.ts";

/** Options of the engine module. */
export interface QuickJsOptions {
  /**
   * The compiled engine, for places without a file system. Rejections that nothing handles are not told then.
   * @default the package's own file
   */
  readonly wasmModule?: WebAssembly.Module;
  /**
   * File of the engine, for places without packages.
   * @default the package's own file
   */
  readonly wasmFile?: string;
  /**
   * Stack of the VM in bytes. WebAssembly frames take several times as much of the thread's own stack, so a larger value
   * needs a thread with a larger stack. The default fits a thread of Node's default size.
   * @default 131_072
   */
  readonly maxStackBytes?: number;
}

/** A VM whose heap grew by more than this is dropped: clearing it would take longer than creating a new one. */
const MAX_GROWTH = 8 * 1024 * 1024;
const DEFAULT_STACK_BYTES = 128 * 1024;
/**
 * Fixed facts about the process for the build's C library, which stores them in memory: an image of one process must fit
 * another. (It stores the locale's language too; workers have no environment, so theirs is always the same.)
 */
const ENVIRONMENT = { thisProgram: "codecell" } as object;
/** Number of used VMs kept for the next burst of runs: few of any size, more of those whose heap has hardly grown. */
const FEW_IDLE = 2;
const SMALL_GROWTH = 1024 * 1024;
const MAX_IDLE = 32;

/**
 * QuickJS in WebAssembly. Each VM is a separate instance with a memory that cannot grow: a memory cap that no guest code can
 * bypass. A used VM is reset to the image of its booted prelude, which takes a tenth of a new boot.
 */
export async function createEngine(options: QuickJsOptions = {}): Promise<Engine> {
  const { maxStackBytes = DEFAULT_STACK_BYTES } = options;
  const variant = await loadVariant();
  const wasmModule = options.wasmModule ?? (await compileEngine(options.wasmFile));
  const instantiate = async (memory: WebAssembly.Memory): Promise<Instance> =>
    await instantiateIn(memory, variant, wasmModule);
  const scrap = createFixedMemory(16).wasm;
  const heapEnd = findHeapEnd((await instantiate(scrap)).library, scrap);
  const idle: QuickJsVm[] = [];
  let booted: Booted | undefined;
  let name: Promise<string> | undefined;
  const vmOptions: QuickJsVmOptions = {
    heapEnd,
    maxStackBytes,
    nameOfBoot: (image) => (name ??= nameOfBoot(image)),
    release: (vm) => {
      const most = idle.length < FEW_IDLE ? MAX_GROWTH : SMALL_GROWTH;
      if (vm.growth <= most && idle.length < MAX_IDLE) idle.push(vm);
    },
  };
  const create = async ({ memoryMb }: Limits): Promise<QuickJsVm> => {
    const used = idle.pop();
    if (used?.memoryMb === memoryMb) return used.reset();
    const memory = createFixedMemory(memoryMb);
    const { library, tracker } = await instantiate(memory.wasm);
    const vm = new QuickJsVm(library, memory, vmOptions, tracker, booted);
    booted ??= vm.booted;
    return vm;
  };
  return new PooledEngine("quickjs", { create, savable: (vm) => vm, maxRetired: 0 });
}

interface Instance {
  readonly library: QuickJSWASMModule;
  readonly tracker: RejectionTracker | undefined;
}

async function instantiateIn(
  wasmMemory: WebAssembly.Memory,
  variant: QuickJSSyncVariant,
  wasmModule: WebAssembly.Module,
): Promise<Instance> {
  let exports: WebAssembly.Exports | undefined;
  // Emscripten's hook, as the library's own option `wasmModule` uses it.
  const instantiateWasm = async (
    imports: WebAssembly.Imports,
    onSuccess: (instance: WebAssembly.Instance) => void,
  ): Promise<WebAssembly.Exports> => {
    const instance = await WebAssembly.instantiate(wasmModule, imports);
    ({ exports } = instance);
    onSuccess(instance);
    return instance.exports;
  };
  const emscriptenModule = { ...ENVIRONMENT, instantiateWasm };
  const library = await newQuickJSWASMModuleFromVariant(
    newVariant(variant, { wasmMemory, emscriptenModule }),
  );
  return { library, tracker: RejectionTracker.in(exports, wasmMemory) };
}

async function loadVariant(): Promise<QuickJSSyncVariant> {
  // The package's types declare the module itself, where Node's interop returns its default export.
  const module = (await import("@jitl/quickjs-wasmfile-release-sync")) as unknown as {
    default: QuickJSSyncVariant;
  };
  return module.default;
}

/** See {@link BuiltInEngineModule.assets}. */
export async function assets(): Promise<{ wasmFile: string }> {
  const { fileURLToPath } = await import("node:url");
  return {
    wasmFile: fileURLToPath(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm")),
  };
}

async function compileEngine(wasmFile: string | undefined): Promise<WebAssembly.Module> {
  try {
    const { readFile } = await import("node:fs/promises");
    const file = wasmFile ?? (await assets()).wasmFile;
    return await WebAssembly.compile(exportTable(await readFile(file)));
  } catch (error) {
    throw new CodecellError(
      "engine_unavailable",
      `the QuickJS engine file cannot be loaded: ${messageOf(error)}`,
      {
        hint: `Reinstall codecell. ${LEAVE_OUT} Where there is no file system, give the compiled module as the engine's option wasmModule.`,
        cause: error,
      },
    );
  }
}
