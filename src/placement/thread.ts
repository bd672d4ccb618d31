import { Worker } from "node:worker_threads";
import { CodecellError } from "../core/errors.ts";
import type { EngineRef } from "../engine/engine.ts";
import { PortChannel } from "./channel/port.ts";
import type { Place } from "./placement.ts";
import { type PoolOptions, WorkerPool } from "./pool/pool.ts";
import { WorkerClient } from "./pool/worker-client.ts";
import type { WorkerHandle } from "./pool/worker-handle.ts";
import { bundled, workerEntry } from "./worker/bundle.ts";

/** Space for WebAssembly frames, so that QuickJS reaches its own stack limit before the thread's. */
const STACK_MB = 16;

/** A pool of worker threads, for QuickJS: a thread can be terminated while WebAssembly runs. */
export async function threadPlace(ref: EngineRef, options: PoolOptions): Promise<Place> {
  if (ref.name === "v8") {
    throw new CodecellError("config_error", "the v8 engine cannot run in placement 'thread'", {
      hint: "An isolate that runs out of memory or ignores its timeout takes its whole process along, threads included: use placement 'process', or engine 'quickjs'.",
    });
  }
  return await WorkerPool.create(
    "thread",
    () => new WorkerClient(startWorker(), bundled(ref)),
    options,
  );
}

function startWorker(): WorkerHandle {
  const worker = new Worker(workerEntry(), {
    env: {},
    execArgv: ["--no-warnings"],
    resourceLimits: { stackSizeMb: STACK_MB },
    stderr: true,
    stdout: true,
  });
  return {
    channel: new PortChannel(worker),
    kill: () => void worker.terminate(),
    exited: new Promise((resolve) => {
      const crash = (error: Error): void =>
        resolve({ outOfMemory: isOutOfMemory(error), detail: error.message, lastWords: "" });
      worker.on("error", crash);
      worker.on("exit", (code) =>
        resolve({ outOfMemory: false, detail: `exit code ${code}`, lastWords: "" }),
      );
    }),
    usage: () => ({ cpuMs: worker.performance.eventLoopUtilization().active, rssBytes: 0 }),
    hold: (held) => (held ? worker.ref() : worker.unref()),
  };
}

function isOutOfMemory(error: Error): boolean {
  return (error as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY";
}
