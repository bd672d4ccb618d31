import { CodecellError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import type { WorkerExit } from "./worker-handle.ts";

/** Time from the start of a worker to its report that it is ready. */
const BOOT_MS = 20_000;

/** The boot of a worker, from its start to its first `ready`. */
export class WorkerBoot {
  /** Rejects with `engine_unavailable`. */
  readonly done: Promise<void>;
  readonly #done = Promise.withResolvers<void>();
  readonly #engineName: string;

  constructor(engineName: string) {
    this.#engineName = engineName;
    this.done = this.#done.promise;
    const timer = setTimeout(
      () => this.fail(`the ${engineName} worker did not boot in time`),
      BOOT_MS,
    );
    const stop = (): void => clearTimeout(timer);
    void this.done.then(stop, stop); // the error goes to those who wait for `done`
  }

  succeed(): void {
    this.#done.resolve();
  }

  fail(message: string, hint?: string): void {
    this.#done.reject(new CodecellError("engine_unavailable", message, { hint }));
  }

  /** Called when the worker has ended. Has no effect after the boot. */
  failByExit({ detail, lastWords }: WorkerExit): void {
    const reason = firstReason(lastWords);
    this.fail(
      `the ${this.#engineName} worker ended while it booted (${detail})${reason === "" ? "" : `: ${reason}`}`,
    );
  }
}

/** The reason that a wrapper or Node wrote when it could not start. */
function firstReason(lastWords: string): string {
  return oneLine(/^(?:\w*Error|[a-z-]+): .+$/m.exec(lastWords)?.[0].slice(0, 300) ?? "");
}
