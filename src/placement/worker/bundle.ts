import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineRef } from "../../engine/engine.ts";

/**
 * The worker and the built-in engines as a few files without packages, made by build.ts. A process loads them faster
 * than the modules, and a sandbox does not have to show anything else.
 */
export const WORKER_FOLDER = fileURLToPath(new URL("../../../dist/worker", import.meta.url));
export const WORKER_ENTRY = `${WORKER_FOLDER}/worker.mjs`;

const ENGINES = new URL("../../engine/", import.meta.url).href;

/** Whether the engine is one of codecell's own. */
export function isBuiltIn(ref: EngineRef): boolean {
  return ref.module.startsWith(ENGINES);
}

/** The same engine, from the bundle where it is a built-in one. */
export function bundled(ref: EngineRef): EngineRef {
  if (!isBuiltIn(ref)) return ref;
  const file = basename(ref.module).replace(/\.[jt]s$/, ".mjs");
  return { ...ref, module: new URL(`../../../dist/worker/${file}`, import.meta.url).href };
}
