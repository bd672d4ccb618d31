import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { FramedChannel } from "../channel/framed.ts";
import type { EngineRef } from "../engine/engine.ts";
import { NearWorker } from "./near.ts";
import type { Place } from "./placement.ts";
import { type PoolOptions, WorkerPool } from "./pool.ts";
import type { WorkerExit, WorkerHandle, WorkerUsage } from "./worker-handle.ts";

const ENTRY = fileURLToPath(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url));
/** Far over what the caps of any run allow in one message: only a broken worker sends more. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024;
const STDERR_TAIL = 4_096;

/**
 * Flags of our own children. isolated-vm asks for `--no-node-snapshot`; a larger stack gives WebAssembly frames room, so
 * that QuickJS sees its own stack limit before the thread's.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  v8: ["--no-node-snapshot"],
  quickjs: ["--stack-size=3900"],
};

/** A pool of child processes: the boundary at which everything can be stopped, because a process can be killed. */
export async function processPlace(ref: EngineRef, options: PoolOptions): Promise<Place> {
  return await WorkerPool.create(
    "process",
    () => new NearWorker(spawnWorker(ref), ref.name),
    options,
  );
}

const probed = new Map<string, Promise<void>>();

/**
 * Load an engine in a child process and see whether it boots. Asked once per process.
 * @throws CodecellError `engine_unavailable`
 */
export function probeEngine(ref: EngineRef): Promise<void> {
  let probe = probed.get(ref.module);
  if (probe === undefined) {
    const worker = new NearWorker(spawnWorker(ref), ref.name);
    probe = worker.booted.finally(() => worker.kill());
    probed.set(ref.module, probe);
  }
  return probe;
}

function spawnWorker(ref: EngineRef): WorkerHandle {
  const args = ["--no-warnings", ...(FLAGS[ref.name] ?? []), ENTRY, JSON.stringify(ref)];
  // stdin: the lifeline; stdout: nothing; 3: the channel (a socket pair). The environment is empty: no credentials.
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    env: {},
    cwd: "/",
  });
  const channel = new FramedChannel(child.stdio[3] as Socket, MAX_FRAME_BYTES);
  child.stdin?.on("error", () => {}); // nothing is ever written
  const streams = [child, child.stdin, child.stderr, child.stdio[3]] as {
    ref?(): void;
    unref?(): void;
  }[];
  return {
    channel,
    kill: () => void child.kill("SIGKILL"),
    exited: watchExit(child, child.stderr!),
    usage: () => readUsage(child.pid),
    hold: (held) => streams.forEach((stream) => (held ? stream.ref?.() : stream.unref?.())),
  };
}

function watchExit(child: ChildProcess, stderr: Readable): Promise<WorkerExit> {
  let tail = "";
  stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (tail = (tail + text).slice(-STDERR_TAIL)));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ outOfMemory: false, detail: error.message }));
    child.on("close", (code, signal) => {
      // No guest can write here: these are V8's own last words.
      const outOfMemory =
        /heap out of memory|Allocation failed|invalid (array|table|string) (length|size)|OOM/i.test(
          tail,
        );
      resolve({ outOfMemory, detail: signal === null ? `exit code ${code}` : `signal ${signal}` });
    });
  });
}

const TICK_MS = 10; // clock ticks of /proc are 1/100 s on every Linux that Node supports
const PAGE_BYTES = 4_096;

/** From /proc, so on Linux only; elsewhere the wall clock is the outer guard. */
function readUsage(pid: number | undefined): WorkerUsage | undefined {
  if (process.platform !== "linux" || pid === undefined) return undefined;
  try {
    // The name in parentheses may hold spaces; what follows has a fixed order.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      rssBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined; // it has just ended
  }
}
