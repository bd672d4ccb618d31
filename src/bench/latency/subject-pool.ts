import { messageOf } from "../../core/errors.ts";
import { SubjectProcess } from "./driver.ts";

import type { SubjectEntry } from "./registry.ts";
import { Absent, type SubjectFacts } from "./subject.ts";

/** A process for each subject, started at its first use, and restarted after it has ended. */
export class SubjectPool implements AsyncDisposable {
  readonly #peers: string | undefined;
  readonly #processes = new Map<string, Promise<SubjectProcess>>();
  readonly #facts = new Map<string, SubjectFacts>();

  constructor(peers: string | undefined) {
    this.#peers = peers;
  }

  /** Times of one round of a job, in ms. @throws Absent with the reason why there are none */
  async measure(subject: string, job: string): Promise<readonly number[]> {
    const process = await this.#process(subject);
    return await process.measure(job);
  }

  /** Process id of a running subject; `undefined` if it does not run. */
  async pid(subject: string): Promise<number | undefined> {
    const process = await this.#processes.get(subject)?.catch(() => undefined);
    return process?.alive === true ? process.pid : undefined;
  }

  /** The facts that the subject reported; for one that did not start, those of its entry. */
  facts({ id, title, kind }: SubjectEntry): SubjectFacts {
    return this.#facts.get(id) ?? { id, title, kind, isolation: "could not be started" };
  }

  async #process(subject: string): Promise<SubjectProcess> {
    const running = this.#processes.get(subject);
    if (running !== undefined && (await running).alive) return await running;
    const started = this.#open(subject);
    this.#processes.set(subject, started);
    return await started;
  }

  async #open(subject: string): Promise<SubjectProcess> {
    const peers = this.#peers === undefined ? {} : { peers: this.#peers };
    try {
      const { process, facts } = await SubjectProcess.open({ subject, ...peers });
      this.#facts.set(subject, facts);
      return process;
    } catch (error) {
      throw new Absent(messageOf(error), { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = await Promise.allSettled(this.#processes.values());
    await Promise.all(
      processes.map(async (each) => {
        if (each.status === "fulfilled") await each.value[Symbol.asyncDispose]();
      }),
    );
  }
}
