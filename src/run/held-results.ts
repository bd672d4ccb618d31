import { utf8Length } from "../core/utf8.ts";
import { HeldResults } from "../tokens/ledger.ts";
import type { CallingRun, Middleware } from "../tools/tool-call.ts";

/** The link that keeps the texts of results until their tokens are counted, for runs whose tokens are counted. */
export class ResultHolder {
  readonly #byRun = new WeakMap<CallingRun, HeldResults>();

  /** From now on, results of `run` are held. */
  hold(run: CallingRun): HeldResults {
    const held = new HeldResults();
    this.#byRun.set(run, held);
    return held;
  }

  readonly link: Middleware = async (call, next) => {
    const result = await next(call);
    const held = this.#byRun.get(call.run);
    // A result that comes after the run's end did not go to the program.
    if (held !== undefined && result.text !== undefined && !call.signal.aborted)
      held.add(result.text, utf8Length(result.text));
    return result;
  };
}
