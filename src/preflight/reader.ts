import { Worker } from "node:worker_threads";
import { CompileError } from "../compile/compile-error.ts";
import { DeadlineError } from "../compile/deadline.ts";
import type { InspectedProgram } from "../compile/program-uses.ts";
import { outsideRuns } from "../core/async-context.ts";
import { FairSemaphore } from "../core/fair-semaphore.ts";
import { Holders } from "../core/holders.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import { ownFile } from "../core/own-file.ts";
import type { ReadReply, ReadRequest } from "./reader-thread.ts";

/** Beside the time for a program: the start of the thread, and of the code in it. */
const START_MS = 2_000;

/** For whom a program is read or checked. */
export interface CheckedFor {
  /** Who runs it. */
  readonly user?: string | undefined;
  /** Aborting it ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** The thread, and what keeps this process alive while it reads. */
interface Thread {
  readonly worker: Worker;
  readonly holders: Holders;
}

/**
 * Reads programs beside the host's thread, one at a time; users take turns. A text that takes too long ends the thread; the next
 * one gets another.
 */
export class ProgramReader implements AsyncDisposable {
  #thread: Thread | undefined;
  #names: NameTable | undefined;
  readonly #turns = new FairSemaphore(1);
  #isClosed = false;

  /**
   * @param by who asks, and what ends the waiting for it
   * @throws CompileError, DeadlineError; the reason of the signal
   */
  async read(
    source: string,
    limits: Limits,
    names: NameTable,
    { user, signal }: CheckedFor,
  ): Promise<InspectedProgram> {
    return await this.#turns.run(user, () => this.#read(source, limits, names), signal);
  }

  async #read(
    source: string,
    { compileMs, sourceBytes }: Limits,
    names: NameTable,
  ): Promise<InspectedProgram> {
    if (this.#isClosed) throw new Error("the reader has ended");
    const isNew = this.#thread === undefined;
    const { worker, holders } = (this.#thread ??= start((ended) => this.#forget(ended)));
    const { promise, resolve, reject } = Promise.withResolvers<ReadReply>();
    const onError = (error: unknown): void => reject(error);
    const onExit = (): void => reject(new Error("the reader has ended"));
    const timer = setTimeout(() => reject(new DeadlineError()), compileMs + (isNew ? START_MS : 0));
    worker.once("message", resolve).once("error", onError).once("exit", onExit);
    const release = holders.take();
    try {
      worker.postMessage({
        source,
        sourceBytes,
        ...(this.#names === names ? {} : { names }),
      } satisfies ReadRequest);
      this.#names = names;
      return programIn(await promise);
    } catch (error) {
      if (!(error instanceof CompileError)) await this.#end();
      throw error;
    } finally {
      clearTimeout(timer);
      worker.off("message", resolve).off("error", onError).off("exit", onExit);
      release();
    }
  }

  #forget(worker: Worker): void {
    if (this.#thread?.worker !== worker) return;
    this.#thread = undefined;
    this.#names = undefined;
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#forget(thread.worker);
    const release = thread.holders.take(); // a read of it may be over sooner than the thread
    await thread.worker.terminate();
    release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }
}

function threadFile(): URL {
  return new URL(/* webpackIgnore: true */ "../../dist/worker/reader.mjs", import.meta.url);
}

function start(onExit: (worker: Worker) => void): Thread {
  const file = ownFile("reader.mjs", threadFile);
  const options = { env: {}, execArgv: [], stdout: true, stderr: true };
  const worker = outsideRuns(() => new Worker(file, options));
  worker.on("error", () => {}); // reported to the request that is waiting
  worker.on("exit", () => onExit(worker));
  return { worker, holders: new Holders((held) => (held ? worker.ref() : worker.unref())) };
}

function programIn(reply: ReadReply): InspectedProgram {
  if ("program" in reply) return reply.program;
  if ("bug" in reply) throw new Error(reply.bug);
  const { message, code, ...place } = reply.error;
  throw new CompileError(message, {
    ...(code === "source_too_large" ? { code } : {}),
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
    hint: place.hint,
  });
}
