/** How many runs there may be at once, and whose. The runs that are let in share the machine in fair order, see the pool of workers. */
import { CodecellError } from "../core/errors.ts";
import type { FlowName } from "../core/fair-queue.ts";
import { Tally } from "../core/tally.ts";
import type { ResolvedSharing, SharingSettings } from "./sharing.ts";

/** Bounds of the time after which a refused caller may come back, in ms. */
const SOONEST_MS = 1_000;
const LATEST_MS = 60_000;
/** The part of the newest run in the average of the time that runs take. */
const NEWEST = 0.1;

/**
 * Counts the runs at work and waiting, of everybody and of each user. No user can fill what is there for all, and none can
 * make this process remember more runs than the caps allow.
 */
export class Admission {
  readonly #caps: Pick<ResolvedSharing, "max" | "maxPerUser">;
  readonly #runs = new Tally<FlowName>();
  /** Time in ms from the admission of a run to its end. */
  #averageMs = 0;

  constructor(caps: Pick<ResolvedSharing, "max" | "maxPerUser">) {
    this.#caps = caps;
  }

  /**
   * Lets a run in, until it is disposed of.
   * @throws CodecellError `rate_limited`, with the time to come back
   */
  enter(user: FlowName): Disposable {
    const { max, maxPerUser } = this.#caps;
    const own = this.#runs.of(user);
    // Runs without a user are not those of one: where nobody names users, all runs are without.
    if (user !== undefined && own >= maxPerUser)
      throw this.#refusal(own, `this user has ${own} runs here, which is the cap`, "maxPerUser");
    const { total } = this.#runs;
    if (total >= (own === 0 ? 2 * max : max))
      throw this.#refusal(total, `there are ${total} runs here, and ${max} is the cap`, "max");
    this.#runs.add(user);
    const began = performance.now();
    return {
      [Symbol.dispose]: () => {
        this.#runs.remove(user);
        this.#averageMs += NEWEST * (performance.now() - began - this.#averageMs);
      },
    };
  }

  /** When there are `runs`, and each takes as long as those before, one ends in their time divided by their number (Little's law). */
  #refusal(runs: number, message: string, setting: keyof SharingSettings): CodecellError {
    const expectedMs = Math.ceil(this.#averageMs / runs);
    const retryAfterMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, expectedMs));
    const hint = `Try again in ${Math.ceil(retryAfterMs / 1_000)} s, or raise sharing.${setting}.`;
    return new CodecellError("rate_limited", message, { hint, retryAfterMs });
  }
}
