import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { type Handle, keepAlive } from "../../core/keep-alive.ts";
import { inTurns, Turns } from "../../core/turns.ts";
import { type InheritEnv, serverEnvironment } from "../config/inherited-variables.ts";
import { Bucket } from "./bucket.ts";
import { parseMessage } from "./exact-message.ts";
import type { Intake } from "./intake.ts";
import { scanJson } from "./json-scan.ts";
import { endsOf, LineSplitter } from "./lines.ts";
import { errorAnswer, findId, refusedMessage, tooLargeMessage } from "./message.ts";
import { messagesIn } from "./read-message.ts";
import { type Child, type ProcessOptions, startProcess } from "./server-process.ts";
import { sliceAnswer } from "./sliced-lists.ts";
import { StartError } from "./start-error.ts";
import { guardGroup, reaperFile, releaseGroup, signalGroup } from "./reaper.ts";

/** How to start a server process. */
export interface StdioOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Set in addition to what it inherits. */
  readonly env: Readonly<Record<string, string>>;
  readonly inheritEnv?: InheritEnv | undefined;
  readonly cwd?: string | undefined;
  /** Counts what the server sends. */
  readonly intake: Intake;
  /** Called with the number of lines on stdout that were no messages, and the first one (up to 1,000 characters). */
  readonly onGarbage: (count: number, first: string) => void;
}

const STDERR_BYTES = 4_096;
/** Bytes of stderr that are read without a pause; a server that writes more waits. */
const STDERR_RATE = { size: 16 * 1024 * 1024, perSecond: 10 * 1024 * 1024 };
const STDERR_PAUSE = 100;
/** A server that does not read its answers gets no more of them when so many bytes wait. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Requests that wait to be read; more fail. The largest arguments of many calls are a part of it. */
const MAX_UNREAD_REQUESTS = 64 * 1024 * 1024;
/** From the end of stdin to SIGTERM, in ms. */
const EOF_GRACE = 300;
/** From SIGTERM to SIGKILL, in ms. */
const TERM_GRACE = 1_000;
/** How long output may still come after the process is gone: a grandchild can hold the pipes open. */
const DRAIN_GRACE = 250;

/**
 * A server process on stdin and stdout. Unlike the SDK's transport it owns the whole process group, reads in linear
 * time, survives messages that are too large, and keeps the end of stderr.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Called with what the server sent, as it is: the one reader of messages is not here. */
  onmessage?: (message: unknown) => void;
  readonly #options: StdioOptions;
  #child: Child | undefined;
  #stderr = Buffer.alloc(0);
  #garbage = 0;
  #firstGarbage = "";
  #exit: string | undefined;
  /** Settles when the process and its output are gone. */
  readonly #gone = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  /** The last 4 KiB that the server wrote on stderr. */
  get stderrTail(): string {
    return this.#stderr.toString();
  }

  /** How the process ended: `exit code 1`, `signal SIGKILL`; nothing while it runs. */
  get exit(): string | undefined {
    return this.#exit;
  }

  /** @throws Error naming the command when it cannot be started */
  start(): Promise<void> {
    const { command, args, env, inheritEnv, cwd } = this.#options;
    reaperFile(); // a server that nobody would end is not started
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const environment = serverEnvironment(env, inheritEnv);
    const child = this.#spawn({ command, args, env: environment, cwd });
    this.#child = child;
    child.once("spawn", () => {
      guardGroup(child.pid!);
      hold(child, false); // a request that waits for its answer has a timer, which does
      resolve();
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      reject(new StartError(spawnProblem(error, command, cwd), "its command cannot be run"));
      if (child.pid === undefined) this.#gone.resolve();
    });
    child.once(
      "exit",
      (code, signal) =>
        void this.#onExit(child, signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
    child.stdin.on("error", (error) => this.onerror?.(error));
    this.#read(child);
    return promise;
  }

  /** What cannot be started at all, as with too many arguments, is no event but thrown. */
  #spawn(options: ProcessOptions): Child {
    try {
      return startProcess(options);
    } catch (error) {
      const { command, cwd } = options;
      throw new StartError(
        spawnProblem(error as NodeJS.ErrnoException, command, cwd),
        "its command cannot be run",
      );
    }
  }

  #read(child: Child): void {
    const { stdout, stderr } = child;
    const bytes = new Bucket(STDERR_RATE.size, STDERR_RATE.perSecond);
    stderr.on("data", (chunk: Buffer) => {
      const all = Buffer.concat([this.#stderr, chunk.subarray(-STDERR_BYTES)]);
      this.#stderr = all.subarray(-STDERR_BYTES);
      if (bytes.take(chunk.length) || this.#exit !== undefined) return;
      stderr.pause();
      setTimeout(() => stderr.resume(), STDERR_PAUSE).unref();
    });
    stderr.on("error", (error) => this.onerror?.(error));
    this.#readMessages(stdout).catch((error: Error) => this.onerror?.(error));
  }

  /** Nothing more is taken from the pipe while lines wait: what floods it fills the pipe, not the host. */
  async #readMessages(stdout: Readable): Promise<void> {
    const { intake } = this.#options;
    const turns = new Turns();
    let ready: (() => Promise<void> | void)[] = [];
    const lines = new LineSplitter(intake.maxBytes, {
      onLine: (line) => ready.push(() => this.#onLine(line)),
      onBlank: (count) => void intake.judge(count, "", ""),
      onOversize: (head, tail) => ready.push(() => this.#onOversize(head, tail)),
    });
    const handle = async (): Promise<void> => {
      for (const line of ready) {
        const rest = line();
        if (rest !== undefined) await rest;
        await intake.breathe(turns);
      }
      ready = [];
    };
    for await (const chunk of stdout) {
      lines.push(chunk as Buffer);
      await handle();
      if (stdout.readableLength === 0) intake.flush();
    }
    lines.end();
    await handle();
    intake.flush();
  }

  #onLine(line: Buffer): Promise<void> | void {
    const [head, tail] = endsOf(line);
    const { intake } = this.#options;
    const verdict = intake.judge(line.length, head, tail);
    if (verdict.kind === "drop" || isBlank(head, line)) return;
    if (verdict.kind === "too_large")
      return this.#refuse(verdict.id, tooLargeMessage(verdict.maxBytes));
    if (!/^\s*[[{]/.test(head)) return this.#onGarbage(head);
    if (verdict.list !== undefined) return this.#onList(verdict.list, line, head);
    const problem = scanJson(line, verdict.maxParts);
    if (problem !== undefined) {
      const id = findId(head, tail);
      return id === undefined ? this.#onGarbage(head) : this.#refuse(id, refusedMessage(problem));
    }
    this.#onText(line.toString(), head);
  }

  /** The answer to a request for a list, in turns. */
  async #onList(id: number, line: Buffer, head: string): Promise<void> {
    const sliced = await inTurns(sliceAnswer(line));
    if (typeof sliced === "string") return this.#refuse(id, refusedMessage(sliced));
    if (sliced !== undefined) this.#options.intake.park(id, sliced.lists);
    this.#onText(sliced?.text ?? line.toString(), head);
  }

  #onText(text: string, head: string): void {
    let value: unknown;
    try {
      value = parseMessage(text);
    } catch {
      return this.#onGarbage(head);
    }
    if (messagesIn(value) === undefined) return this.#onGarbage(head);
    this.onmessage?.(value);
  }

  #refuse(id: string | number, why: string): void {
    this.onmessage?.(errorAnswer(id, why));
  }

  #onGarbage(line: string): void {
    if (this.#garbage++ === 0) this.#firstGarbage = line.slice(0, 1_000).trim();
    this.#options.onGarbage(this.#garbage, this.#firstGarbage);
  }

  #onOversize(head: string, tail: string): void {
    const { intake } = this.#options;
    const verdict = intake.judge(Infinity, head, tail);
    if (verdict.kind === "too_large") this.#refuse(verdict.id, tooLargeMessage(verdict.maxBytes));
    else this.#onGarbage(head);
  }

  async #onExit(child: Child, how: string): Promise<void> {
    this.#exit = how;
    child.stderr.resume();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    child.once("close", () => resolve());
    await within(closed, DRAIN_GRACE);
    child.stdout.destroy();
    child.stderr.destroy();
    this.onclose?.();
    // What the server started and left behind.
    await this.#endGroup(child.pid!);
    releaseGroup(child.pid!);
    this.#gone.resolve();
  }

  #endGroup(group: number): Promise<void> {
    this.#ending ??= endGroup(group);
    return this.#ending;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin?.writable !== true) throw new Error("Not connected");
    if (!("method" in message) && stdin.writableLength > MAX_UNREAD_BYTES) return;
    if (stdin.writableLength > MAX_UNREAD_REQUESTS)
      throw new Error("the server does not read its requests");
    const { promise, resolve } = Promise.withResolvers<void>();
    stdin.write(`${JSON.stringify(message)}\n`, (error) => {
      // A server that does not read is of no use any more; its end says why, and fails what is in flight.
      if (error) void this.close();
      resolve();
    });
    await promise;
  }

  /** Ends the server: first by the end of its stdin, then by signals. Resolves when its whole group is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    hold(child, true);
    child.stdin.end();
    await within(this.#gone.promise, EOF_GRACE);
    if (this.#exit === undefined) await this.#endGroup(child.pid);
    await this.#gone.promise;
  }
}

/** Whether the server keeps this process alive: one that is idle does not, so that a host may forget to close. */
function hold(child: Child, held: boolean): void {
  keepAlive([child, child.stdin, child.stdout, child.stderr] as readonly Handle[], held);
}

function isBlank(head: string, line: Buffer): boolean {
  return head.length === line.length && head.trim() === "";
}

/** Waits for `work`, but not longer than `ms`. */
async function within(work: Promise<void>, ms: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, delay(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}

/** SIGTERM to all that is left of the group, SIGKILL to what is left after that. */
async function endGroup(group: number): Promise<void> {
  if (!signalGroup(group, "SIGTERM")) return;
  const deadline = performance.now() + TERM_GRACE;
  while (performance.now() < deadline) {
    await delay(20);
    if (!signalGroup(group, 0)) return;
  }
  signalGroup(group, "SIGKILL");
}

function spawnProblem(
  { code, message }: NodeJS.ErrnoException,
  command: string,
  cwd: string | undefined,
): string {
  const where = cwd === undefined ? "" : `, or its cwd '${cwd}' does not exist`;
  if (code === "ENOENT") return `the command '${command}' was not found${where}`;
  if (code === "EACCES") return `the command '${command}' is not executable`;
  return `the command '${command}' cannot be run: ${message}`;
}
