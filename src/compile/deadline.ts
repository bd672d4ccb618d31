import { createContext, Script } from "node:vm";

const context = createContext({ __proto__: null, work: undefined as (() => void) | undefined });
const script = new Script("work()");

/** Thrown by {@link withDeadline} when the time is up. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * Returns the result of synchronous `work`, which is terminated after `ms`. Termination is the only way to stop a parser on
 * this thread when the input makes it take exponential time.
 * @throws DeadlineError
 */
export function withDeadline<T>(ms: number, work: () => T): T {
  let result: { value: T } | undefined;
  context["work"] = () => void (result = { value: work() });
  try {
    script.runInContext(context, { timeout: ms });
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      throw new DeadlineError();
    throw error;
  }
  return result!.value;
}
