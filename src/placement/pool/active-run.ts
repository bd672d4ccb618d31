import type { Failure } from "../../core/errors.ts";
import type { Host, Outcome } from "../../engine/engine.ts";
import { failedOutcome } from "../../engine/failed-outcome.ts";
import { ProtocolError } from "../channel/fields.ts";
import type { RunMessage } from "../channel/protocol.ts";
import type { ForwardedCalls } from "./forwarded-calls.ts";

export interface ActiveRunParts {
  readonly host: Host;
  readonly calls: ForwardedCalls;
  /** Whether the worker's side may call tools itself. */
  readonly callsTools: boolean;
  /** Called when the program begins to wait for something outside. */
  readonly onWait: () => void;
}

/** One run in a worker: forwards the worker's reports to the host of the run. */
export class ActiveRun {
  readonly outcome: Promise<Outcome>;
  readonly #parts: ActiveRunParts;
  readonly #outcome = Promise.withResolvers<Outcome>();
  #idle = false;

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

  /** @throws ProtocolError for a message that this worker may not send */
  receive(message: RunMessage): void {
    const { host, calls, callsTools, onWait } = this.#parts;
    this.#idle = message.type === "idle";
    switch (message.type) {
      case "call":
        calls.forward(message, host);
        return onWait();
      case "called":
        if (!callsTools) throw new ProtocolError("it reported a tool call, and has no tools");
        return host.called?.(message.record);
      case "log":
        return host.log({ level: message.level, text: message.text });
      case "dropped":
        return host.dropped(message.bytes);
      case "idle":
        return onWait();
      case "busy":
        return;
      case "outcome":
        return this.#outcome.resolve(message.outcome);
      default:
        message satisfies never;
    }
  }
}
