import { fileURLToPath } from "node:url";
import { outsideRuns } from "../core/async-context.ts";
import type { EngineRef } from "../engine/engine.ts";
import type { Place } from "./placement.ts";
import { startChild } from "./pool/child-process.ts";
import { nodeFlags } from "./pool/node-flags.ts";
import { type PoolOptions, WorkerPool } from "./pool/pool.ts";
import { WorkerClient } from "./pool/worker-client.ts";
import { bundled, workerEntry } from "./worker/bundle.ts";

export interface ProcessOptions {
  readonly pool: PoolOptions;
  /** Whether V8 runs without its JIT compilers. */
  readonly hardened: boolean;
}

/** A pool of child processes. Any program can be stopped there, because a process can be killed. */
export async function processPlace(
  ref: EngineRef,
  { pool, hardened }: ProcessOptions,
): Promise<Place> {
  return await WorkerPool.create("process", () => startWorker(ref, hardened), pool);
}

const probed = new Map<string, Promise<void>>();

/**
 * Checks in a child process whether an engine boots. The result is cached.
 * @throws CodecellError `engine_unavailable`
 */
export function probeEngine(ref: EngineRef, hardened = false): Promise<void> {
  const key = `${ref.module} ${hardened}`;
  let probe = probed.get(key);
  if (probe === undefined) {
    const worker = outsideRuns(() => startWorker(ref, hardened));
    probe = worker.booted.finally(() => worker.kill());
    probed.set(key, probe);
  }
  return probe;
}

function startWorker(ref: EngineRef, hardened: boolean): WorkerClient {
  const args = [...nodeFlags(ref.name, hardened), fileURLToPath(workerEntry())];
  return new WorkerClient(startChild({ file: process.execPath, args }), bundled(ref));
}
