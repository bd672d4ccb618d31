import type { Failure } from "../../core/errors.ts";
import type { Host, Outcome } from "../../engine/engine.ts";
import { failedOutcome } from "../../engine/failed-outcome.ts";
import { ProtocolError } from "../channel/fields.ts";
import type { RunMessage } from "../channel/protocol.ts";
import type { ForwardedCalls } from "./forwarded-calls.ts";

export interface ActiveRunParts {
  readonly host: Host;
  readonly calls: ForwardedCalls;
  /** Whether tools may be called where the worker is. */
  readonly callsTools: boolean;
  /** Called when the program begins to wait for something outside. */
  readonly onWait: () => void;
}

/** One run at a worker: what the worker reports of it goes to the host of the run. */
export class ActiveRun {
  readonly outcome: Promise<Outcome>;
  readonly #parts: ActiveRunParts;
  readonly #outcome = Promise.withResolvers<Outcome>();
  #idle = false;

  constructor(parts: ActiveRunParts) {
    this.#parts = parts;
    this.outcome = this.#outcome.promise;
  }

  /** The program waits for its timers, and the worker has reported nothing since. */
  get idle(): boolean {
    return this.#idle;
  }

  /** End the run from outside. The first end counts. */
  fail(failure: Failure): void {
    this.#outcome.resolve(failedOutcome(failure, false));
  }

  /** @throws ProtocolError for what this worker may not report */
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
