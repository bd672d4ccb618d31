/** Drives the process of a subject: sends one request at a time, and kills a process that does not reply. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { messageOf } from "../../core/errors.ts";
import { killDescendants } from "./process-memory.ts";
import type { Answer, Opening, Question } from "./protocol.ts";
import { Absent, type SubjectFacts } from "./subject.ts";

/** Node flags of the measured processes; memory figures need an explicit garbage collection. */
export const NODE_FLAGS = ["--expose-gc"];

/** Time limit for one round of one job, in ms. */
const ROUND_LIMIT_MS = 90_000;
/** Time for a process to end by itself, in ms. */
const END_MS = 2_000;
const EXTENSION = import.meta.url.slice(-3);

/** Running processes, to kill when this one ends: a process in an endless loop does not notice the disconnect. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class SubjectProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = once(child, "exit").then(([code, signal]) => {
      throw new Absent(`its process ended (${signal === null ? `code ${code}` : String(signal)})`);
    });
    this.#gone.catch(() => {});
    running.add(child);
    child.once("exit", () => running.delete(child));
  }

  static #start(): SubjectProcess {
    const file = new URL(`./subject-process${EXTENSION}`, import.meta.url);
    const stdio = ["ignore", "ignore", "ignore", "ipc"] as const;
    return new SubjectProcess(fork(file, { execArgv: NODE_FLAGS, stdio: [...stdio] }));
  }

  /** Resident bytes of one additional VM or session, measured in a new process. @throws Absent */
  static async bytesEach(what: "live" | "stored", subject: string): Promise<number> {
    await using process = SubjectProcess.#start();
    return (await process.#ask({ kind: "memory", what, subject })) as number;
  }

  /** Starts a subject in a new process. @throws Absent with the reason why it cannot start */
  static async open(
    opening: Opening,
  ): Promise<{ readonly process: SubjectProcess; readonly facts: SubjectFacts }> {
    const file = new URL(`./subject-process${EXTENSION}`, import.meta.url);
    const child = fork(file, {
      execArgv: NODE_FLAGS,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const process = new SubjectProcess(child);
    try {
      return { process, facts: (await process.#ask({ kind: "open", opening })) as SubjectFacts };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The times of one round of a job, in ms. @throws Absent with the reason why there are none */
  async measure(job: string): Promise<readonly number[]> {
    return (await this.#ask({ kind: "measure", job })) as readonly number[];
  }

  /** What a probe found. @throws Absent */
  async probe(probe: string, limitMs?: number): Promise<unknown> {
    return await this.#ask({ kind: "probe", probe }, limitMs);
  }

  async #ask(question: Question, limitMs = ROUND_LIMIT_MS): Promise<unknown> {
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      void this.#kill();
      timeout.reject(new Absent(`no answer within ${limitMs / 1_000} s`));
    }, limitMs);
    try {
      const answered = once(this.#child, "message") as Promise<[Answer]>;
      answered.catch(() => {}); // the race reports the first of the three
      this.#child.send(question, () => {}); // if the process has ended, `#gone` reports it
      const [answer] = await Promise.race([answered, this.#gone, timeout.promise]);
      if (answer.ok) return answer.value;
      throw new Absent(answer.message);
    } catch (error) {
      throw error instanceof Absent ? error : new Absent(messageOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills the process and its descendants: some products start processes that outlive them. */
  async #kill(): Promise<void> {
    await killDescendants(this.#child.pid!).finally(() => this.#child.kill("SIGKILL"));
  }

  /** Kills the descendants and disconnects, so that the process ends by itself; kills it after `END_MS`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.alive) return;
    await killDescendants(this.#child.pid!);
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => void this.#kill(), END_MS);
    await this.#gone.catch(() => {});
    clearTimeout(timer);
  }
}
