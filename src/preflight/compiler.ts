import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { outsideRuns } from "../core/async-context.ts";
import { messageOf } from "../core/errors.ts";
import { Holders } from "../core/holders.ts";
import { ownFile } from "../core/own-file.ts";
import type {
  CheckRequest,
  CompilerData,
  ThreadMessage,
  TypeDiagnostic,
} from "./compiler-thread.ts";
import { findTypeScript, noTypeScript } from "./find-typescript.ts";

const PAGE_BYTES = 4_096;
/** Time for the compiler to start. One that is broken may never do. */
const START_MS = 30_000;

function threadFile(): URL {
  return new URL(/* webpackIgnore: true */ "./compiler-thread.js", import.meta.url);
}

/** TypeScript's compiler, kept warm; one check at a time. */
export class Compiler {
  readonly #worker: Worker;
  /** The thread keeps this process alive only during a request. */
  readonly #holders: Holders;
  #pid: number | undefined;
  /** The result of the current request; at first, the start of the compiler. */
  #waiting = Promise.withResolvers<readonly TypeDiagnostic[]>();
  #death: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#holders = new Holders((held) => (held ? worker.ref() : worker.unref()));
    worker.on("message", (message: ThreadMessage) => {
      if ("pid" in message) this.#pid = message.pid;
      this.#waiting.resolve("found" in message ? message.found : []);
    });
    worker.on("error", (error) =>
      this.#die(error instanceof Error ? error : new Error(String(error))),
    );
    worker.on("exit", () => this.#die(new Error("the compiler has ended")));
  }

  /** @throws CodecellError `config_error` when there is no TypeScript here that can check types */
  static async start(): Promise<Compiler> {
    const { api, version } = findTypeScript();
    const file = ownFile("compiler-thread.js", threadFile);
    const options = {
      execArgv: [],
      stdout: true,
      stderr: true,
      workerData: { api } satisfies CompilerData,
    };
    const compiler = outsideRuns(() => new Compiler(new Worker(file, options)));
    const timer = setTimeout(
      () => compiler.#end(new Error(`it did not start within ${START_MS} ms`)),
      START_MS,
    );
    try {
      await compiler.#answer();
      return compiler;
    } catch (cause) {
      const reason = messageOf(cause).split(/\n| imported from /, 1)[0];
      throw noTypeScript(`TypeScript ${version} does not start: ${reason}`, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws Error when the compiler dies */
  async check(request: CheckRequest): Promise<readonly TypeDiagnostic[]> {
    if (this.#death !== undefined) throw this.#death;
    this.#waiting = Promise.withResolvers();
    this.#worker.postMessage(request);
    return await this.#answer();
  }

  async #answer(): Promise<readonly TypeDiagnostic[]> {
    const release = this.#holders.take();
    try {
      return await this.#waiting.promise;
    } finally {
      release();
    }
  }

  #die(error: Error): void {
    this.#death ??= error;
    this.#waiting.promise.catch(() => {});
    this.#waiting.reject(this.#death);
    this.#killProcess();
  }

  /** Resident memory of the compiler's process, where the operating system reports it (Linux). */
  residentBytes(): number {
    try {
      const pages = readFileSync(`/proc/${this.#pid}/statm`, "utf8").split(" ")[1];
      return Number(pages) * PAGE_BYTES;
    } catch {
      return 0;
    }
  }

  /** Ends it at once, also when it computes for ever. */
  kill(): void {
    this.#end(new Error("the compiler was ended"));
  }

  #end(reason: Error): void {
    this.#die(reason);
    void this.#worker.terminate();
  }

  /** A busy compiler does not notice that nobody listens any more. */
  #killProcess(): void {
    const pid = this.#pid;
    this.#pid = undefined;
    if (pid === undefined) return;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
