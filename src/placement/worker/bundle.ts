import { fileURLToPath } from "node:url";
import { ownFile } from "../../core/own-file.ts";
import type { EngineRef } from "../../engine/engine.ts";

/** The names of codecell's own engines. */
export const ENGINES = ["v8", "quickjs"] as const;
/** Name of one of codecell's own engines. */
export type EngineName = (typeof ENGINES)[number];

/** In place of a module: each placement has its own files of the built-in engines. */
const BUILT_IN = "codecell:";

export function builtIn(name: EngineName): EngineRef {
  return { name, module: `${BUILT_IN}${name}` };
}

/** The name of the engine, if it is one of codecell's own. */
export function builtInName(ref: EngineRef): EngineName | undefined {
  return ENGINES.find((name) => ref.module === `${BUILT_IN}${name}`);
}

/**
 * The worker and the built-in engines as a few files without packages, made by build.ts. A thread or a process loads them faster
 * than the modules, and a sandbox does not have to show anything else.
 */
const FILES = {
  worker(): URL {
    return new URL(/* webpackIgnore: true */ "../../../dist/worker/worker.mjs", import.meta.url);
  },
  lifeline(): URL {
    return new URL(/* webpackIgnore: true */ "../../../dist/worker/lifeline.mjs", import.meta.url);
  },
  v8(): URL {
    return new URL(/* webpackIgnore: true */ "../../../dist/worker/v8.mjs", import.meta.url);
  },
  quickjs(): URL {
    return new URL(/* webpackIgnore: true */ "../../../dist/worker/quickjs.mjs", import.meta.url);
  },
};

/** @throws CodecellError `config_error` when a bundler has left it behind */
export function workerEntry(): URL {
  ownFile("lifeline.mjs", FILES.lifeline); // which the worker starts
  return ownFile("worker.mjs", FILES.worker);
}

/** The folder of all files that a worker with a built-in engine consists of. */
export function workerFolder(): string {
  return fileURLToPath(new URL(".", workerEntry())).replace(/[\\/]$/, "");
}

/** The same engine with its module, from the bundle where it is a built-in one. */
export function bundled(ref: EngineRef): EngineRef {
  const name = builtInName(ref);
  return name === undefined ? ref : { ...ref, module: ownFile(`${name}.mjs`, FILES[name]).href };
}
