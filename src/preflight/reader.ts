import { Worker } from "node:worker_threads";
import { CompileError } from "../compile/compile-error.ts";
import { DeadlineError } from "../compile/deadline.ts";
import type { InspectedProgram } from "../compile/program-uses.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { ReadReply, ReadRequest } from "./reader-thread.ts";

/** Beside the time for a program: the start of the thread, and of the code in it. */
const START_MS = 2_000;

/** Reads programs beside the host's thread, one at a time. A text that takes too long ends the thread; the next one gets another. */
export class ProgramReader implements AsyncDisposable {
  #worker: Worker | undefined;
  #names: NameTable | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws CompileError, DeadlineError */
  read(source: string, limits: Limits, names: NameTable): Promise<InspectedProgram> {
    const reading = this.#last.then(() => this.#read(source, limits, names));
    this.#last = reading.catch(() => {});
    return reading;
  }

  async #read(
    source: string,
    { compileMs, sourceBytes }: Limits,
    names: NameTable,
  ): Promise<InspectedProgram> {
    const isNew = this.#worker === undefined;
    const worker = (this.#worker ??= this.#start());
    const { promise, resolve, reject } = Promise.withResolvers<ReadReply>();
    const onError = (error: unknown): void => reject(error);
    const onExit = (): void => reject(new Error("the reader has ended"));
    const timer = setTimeout(() => reject(new DeadlineError()), compileMs + (isNew ? START_MS : 0));
    worker.once("message", resolve).once("error", onError).once("exit", onExit);
    worker.ref();
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
      worker.unref();
    }
  }

  #start(): Worker {
    const file = new URL(`./reader-thread${import.meta.url.slice(-3)}`, import.meta.url);
    const worker = new Worker(file, { env: {}, execArgv: [], stdout: true, stderr: true });
    worker.on("error", () => {}); // reported to the request that is waiting
    worker.on("exit", () => this.#forget(worker));
    return worker;
  }

  #forget(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#names = undefined;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#forget(worker);
    await worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
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
