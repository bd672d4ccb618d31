import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { CodecellError } from "../../core/errors.ts";
import { keepAlive } from "../../core/keep-alive.ts";
import { FramedChannel } from "../channel/framed.ts";
import type { WorkerExit, WorkerHandle, WorkerUsage } from "./worker-handle.ts";

/** Cap of a worker's messages before its first run: that it has booted, or why it cannot. */
const BOOT_MESSAGE_BYTES = 64 * 1024;
const STDERR_TAIL = 4_096;
/** Time for the pipes of a child that has ended to be read to their end. */
const PIPES_MS = 1_000;
/** Bytes of error output in a worker's life. What a guest prints is no part of it: more comes only from a worker that floods us. */
const MAX_STDERR = 4 * 1024 * 1024;
/** Characters of a wrapper's report. */
const MAX_INFO = 4_096;
const OUT_OF_MEMORY =
  /(heap|process) out of memory|Allocation failed|bad_alloc|invalid (array|table|string) (length|size)|OOM/i;

/** The descriptor of the channel, in the child. */
const CHANNEL = 3;
/** The first of the descriptors that are for a wrapper. */
export const FIRST_FEED = 4;

/** A program to start as a worker: Node itself, or a wrapper that starts it. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /**
   * Environment variables.
   * @default none
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Inputs that the wrapper reads from its descriptors {@link FIRST_FEED} and up, so that they are not visible as arguments. */
  readonly feeds?: readonly (string | Uint8Array)[];
  /** Called with the wrapper's process id while it still waits for its feeds. */
  readonly onSpawn?: (pid: number) => void;
  /** Called when the child has ended completely. */
  readonly onEnd?: () => void;
  /**
   * Finds the worker's process id in what the wrapper writes to the descriptor after its feeds.
   * @default none: the child is the worker
   */
  readonly findWorker?: (info: string) => number | undefined;
}

/**
 * Starts a worker process. Standard input is its lifeline, and its channel is a socket pair, so that communication needs
 * neither network nor files.
 * @throws CodecellError `engine_unavailable` when there are no descriptors for its pipes
 */
export function startChild(command: Command): WorkerHandle {
  const { file, args, feeds = [], findWorker } = command;
  const isWrapper = findWorker !== undefined;
  const extra = [...feeds, ...(isWrapper ? [""] : [])].map(() => "pipe" as const);
  const child = spawn(file, args, {
    detached: isWrapper,
    stdio: ["pipe", "ignore", "pipe", "pipe", ...extra],
    env: command.env ?? {},
    cwd: "/",
  });
  const exited = watchExit(child);
  if (command.onEnd !== undefined) void exited.then(command.onEnd);
  if ((child.stdio as unknown) === undefined) throw cannotStart(); // no pipes could be made, and no event reports it
  const channel = new FramedChannel(child.stdio[CHANNEL] as Socket, BOOT_MESSAGE_BYTES);
  child.stdin?.on("error", () => {}); // nothing is ever written
  try {
    if (child.pid !== undefined) command.onSpawn?.(child.pid);
  } catch (error) {
    child.kill("SIGKILL"); // it waits for its feeds and would never end
    throw error;
  }
  feed(child, feeds);
  const workerId = isWrapper ? reportedId(child, findWorker) : () => child.pid;
  const [stdin, , stderr, socket, ...rest] = child.stdio as (Socket | null)[];
  const lasting = [child, stdin, stderr, socket];
  keepAlive([...lasting, ...rest], false); // Bun counts each `ref`, also that of a handle that has one
  return {
    channel,
    kill: () => (isWrapper ? killGroup(child) : void child.kill("SIGKILL")),
    exited,
    usage: () => readUsage(workerId()),
    hold: (held) => keepAlive(lasting, held),
  };
}

/**
 * Kills a wrapper with what it started. What bubblewrap forks dies with it only after its set-up; until then it is in the
 * wrapper's process group.
 */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return; // the number may be another process by now
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

function feed(child: ChildProcess, feeds: readonly (string | Uint8Array)[]): void {
  for (const [index, content] of feeds.entries()) {
    const pipe = child.stdio[FIRST_FEED + index] as Writable;
    pipe.on("error", () => {}); // the child closed it: its exit shows the reason
    pipe.end(content);
  }
}

/** Returns the worker's process id as soon as the wrapper has reported it. */
function reportedId(
  child: ChildProcess,
  findWorker: (info: string) => number | undefined,
): () => number | undefined {
  let info = "";
  let found: number | undefined;
  const pipe = child.stdio.at(-1) as Readable;
  pipe.on("error", () => {}); // without a report nothing is measured
  pipe.setEncoding("utf8").on("data", (text: string) => (info = (info + text).slice(0, MAX_INFO)));
  return () => (found ??= findWorker(info));
}

function cannotStart(): CodecellError {
  return new CodecellError("engine_unavailable", "a worker process cannot be started", {
    hint: "This process has as many files open as it may (ulimit -n).",
  });
}

function watchExit(child: ChildProcess): Promise<WorkerExit> {
  const errors = new ErrorOutput(child);
  return new Promise((resolve) => {
    child.on("error", (error) =>
      resolve({ outOfMemory: false, detail: error.message, lastWords: "" }),
    );
    // Something that the child left behind may hold its pipes open.
    child.on("exit", () => {
      const close = (): void => child.stdio.forEach((pipe) => pipe?.destroy());
      const timer = setTimeout(close, PIPES_MS);
      child.on("close", () => clearTimeout(timer));
    });
    child.on("close", (code, signal) => {
      // No guest can write here: this is the last output of V8 itself. A worker that was taken over only mislabels its own end.
      const lastWords = errors.tail;
      const outOfMemory = OUT_OF_MEMORY.test(lastWords);
      resolve({ outOfMemory, detail: errors.excess ?? describeExit(code, signal), lastWords });
    });
  });
}

/** The last part of what a child writes to its error output. A child that floods it is killed. */
class ErrorOutput {
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;

  constructor(child: ChildProcess) {
    child.stderr?.on("error", () => {}); // its exit shows the reason
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#add(chunk);
      if (this.#bytes > MAX_STDERR) child.kill("SIGKILL");
    });
  }

  #add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const end = chunk.subarray(-STDERR_TAIL);
    this.#tail = Buffer.concat([this.#tail, end]).subarray(-STDERR_TAIL);
  }

  get tail(): string {
    return this.#tail.toString("utf8");
  }

  /** Why the child was killed, if it was. */
  get excess(): string | undefined {
    return this.#bytes > MAX_STDERR ? "it flooded its error output" : undefined;
  }
}

/** A wrapper reports the signal that ended its child as 128 plus the signal's number, like a shell. */
function describeExit(code: number | null, signal: string | null): string {
  if (signal !== null) return `signal ${signal}`;
  const name = Object.entries(constants.signals).find(([, number]) => 128 + number === code)?.[0];
  return name === undefined ? `exit code ${code}` : `signal ${name}`;
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
      asleep: fields[0] === "S",
    };
  } catch {
    return undefined; // it has just ended
  }
}
