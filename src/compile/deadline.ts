import { createContext, Script } from "node:vm";

const context = createContext({ __proto__: null, work: undefined as (() => void) | undefined });
const script = new Script("work()");

/** Thrown by {@link withDeadline} when the time is up. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * What synchronous `work` returns, if it is done within `ms`; else it is terminated where it stands, which is the only
 * way to stop a parser that was made to take exponential time on the thread that called it.
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
