import type { Answer } from "../core/answer.ts";
import { type AsyncContext, currentContext } from "../core/async-context.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import type { Host, HostCall } from "../engine/engine.ts";

/**
 * The host of a run as its place sees it. A place reports in whichever async context the worker, the listener or the timer
 * was made in that brings the report; here it enters the context of the run. A job takes no other host, so that this holds for
 * every placement.
 */
export class HostInContext implements Host {
  readonly #host: Host;
  readonly #enter: AsyncContext;

  /** The run's context is that of the caller. */
  constructor(host: Host) {
    this.#host = host;
    this.#enter = currentContext();
  }

  call(call: HostCall): Promise<Answer> {
    return this.#enter(() => this.#host.call(call));
  }

  log(entry: LogEntry): void {
    this.#enter(() => this.#host.log(entry));
  }

  called(record: CallRecord): void {
    this.#enter(() => this.#host.called?.(record));
  }

  dropped(bytes: number): void {
    this.#enter(() => this.#host.dropped(bytes));
  }
}
