import { type Answer, answerFailure } from "../core/answer.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { Meter } from "../core/meter.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Host, HostCall } from "../engine/engine.ts";
import { isCall } from "../run/parse-call.ts";

/**
 * The calls of one run that are answered by a client of this service. They have the caps of the run: a worker that computes reads no
 * answers, and this process holds them meanwhile.
 */
export class MeteredCalls {
  readonly #host: Host;
  readonly #meter: Meter;
  readonly #onBreach: (failure: Failure) => void;

  /** @param onBreach ends the run */
  constructor(host: Host, limits: Limits, onBreach: (failure: Failure) => void) {
    this.#host = host;
    this.#meter = new Meter(limits);
    this.#onBreach = onBreach;
  }

  async call(call: HostCall): Promise<Answer> {
    const refused = this.#refusal(this.#meter.call(isCall(call), utf8Length(call.args)));
    if (refused !== undefined) return refused;
    const answer = await this.#host.call(call);
    return this.#refusal(this.#meter.bytes(utf8Length(answer))) ?? answer;
  }

  #refusal(breach: Failure | undefined): Answer | undefined {
    if (breach === undefined) return undefined;
    this.#onBreach(breach);
    return answerFailure(breach);
  }
}
