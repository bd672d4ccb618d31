import type { EngineRef } from "../../engine/engine.ts";
import type { Command } from "../pool/child-process.ts";

/** How workers are started in a sandbox. */
export interface Launcher {
  /** The engine, with paths as the worker sees them. */
  readonly ref: EngineRef;
  command(): Command;
}
