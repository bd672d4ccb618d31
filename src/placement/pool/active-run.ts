import type { Failure } from "../../core/errors.ts";
import type { CallRecord } from "../../core/result.ts";
import type { Host, Outcome } from "../../engine/engine.ts";
import { failedOutcome } from "../../engine/failed-outcome.ts";
import { ProtocolError } from "../channel/fields.ts";
import type { RunMessage } from "../channel/protocol.ts";
import { believed } from "./believed-outcome.ts";
import type { RunKind } from "./expected-messages.ts";
import type { ForwardedCalls } from "./forwarded-calls.ts";

export interface ActiveRunParts extends Pick<RunKind, "limits" | "callsTools"> {
  readonly host: Host;
  readonly calls: ForwardedCalls;
  readonly signal: AbortSignal;
  /** Called when the worker reports that the program waits, or goes on. */
  readonly onReport: () => void;
}

/** One run in a worker: forwards the worker's reports to the host of the run. */
export class ActiveRun {
  readonly outcome: Promise<Outcome>;
  readonly #parts: ActiveRunParts;
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #started = performance.now();
  #idle = false;
  #openCalls = 0;
  /** Bytes of logs that the VM has dropped, as it says, and that were dropped here. */
  #droppedInside = 0;
  #droppedHere = 0;

  constructor(parts: ActiveRunParts) {
    this.#parts = parts;
    this.outcome = this.#outcome.promise;
  }

  /** Whether the program waits for its timers: true until the worker reports anything else. */
  get idle(): boolean {
    return this.#idle;
  }

  /** Ends the run from outside. Only the first end has an effect. */
  fail(failure: Failure): void {
    this.#outcome.resolve(failedOutcome(failure, false));
  }

  /** A log entry of so many bytes was dropped unread. */
  dropLog(bytes: number): void {
    this.#droppedHere += bytes;
    this.#parts.host.dropped(this.#droppedInside + this.#droppedHere);
  }

  /** @throws ProtocolError for a message that this worker may not send */
  receive(message: RunMessage): void {
    const { host, callsTools, onReport } = this.#parts;
    const wasIdle = this.#idle;
    this.#idle = message.type === "idle";
    if (wasIdle !== this.#idle) onReport();
    switch (message.type) {
      case "call":
        this.#forward(message);
        return onReport();
      case "called":
        if (!callsTools) throw new ProtocolError("it reported a tool call, and has no tools");
        return host.called?.(this.#bounded(message.record));
      case "log":
        return host.log({ level: message.level, text: message.text });
      case "dropped":
        this.#droppedInside = Math.max(this.#droppedInside, message.bytes);
        return host.dropped(this.#droppedInside + this.#droppedHere);
      case "idle":
      case "busy":
        return;
      case "outcome":
        return this.#outcome.resolve(this.#believed(message.outcome));
      default:
        message satisfies never;
    }
  }

  #forward(message: Extract<RunMessage, { readonly type: "call" }>): void {
    const { host, calls } = this.#parts;
    this.#openCalls++;
    calls.forward(message, host, () => this.#openCalls--);
  }

  #bounded(record: CallRecord): CallRecord {
    const { ms, bytes } = record;
    const { callBytes } = this.#parts.limits;
    return { ...record, ms: Math.min(ms, this.#elapsedMs), bytes: Math.min(bytes, callBytes) };
  }

  #believed(outcome: Outcome): Outcome {
    const { limits, signal, callsTools, calls } = this.#parts;
    return believed(outcome, {
      limits,
      wallMs: this.#elapsedMs,
      openCalls: this.#openCalls,
      isAborted: signal.aborted,
      isService: callsTools,
      failedCalls: calls.failures,
    });
  }

  get #elapsedMs(): number {
    return performance.now() - this.#started;
  }
}
