/** Disposal of a host's object that a program had. What is asked of it here, nobody waits for without end. */
import { waitFor } from "../core/wait-for.ts";
import { cleanMessage } from "../tools/clean-message.ts";

/** Time in ms that one object has to close, before others do. */
const CLOSE_MS = 500;
const MAX_MESSAGE = 200;

/**
 * Disposes of an object by `Symbol.asyncDispose`, `Symbol.dispose` or `close`, the first that it has.
 * @param closing arguments of `close`, where the program called that: then it comes first
 */
export async function disposeOf(object: object, closing?: readonly unknown[]): Promise<unknown> {
  const given = object as Record<PropertyKey, unknown>;
  const symbols = [Symbol.asyncDispose, Symbol.dispose];
  for (const key of closing === undefined ? [...symbols, "close"] : ["close", ...symbols]) {
    const method = given[key];
    if (typeof method === "function")
      return await Reflect.apply(method, object, key === "close" ? (closing ?? []) : []);
  }
  return undefined;
}

/**
 * Disposes of an object, whatever that does.
 * @param label what it is, for the problem
 * @param deadline when to go on without it, on the clock of `performance.now()`
 * @returns what went wrong
 */
export async function disposeQuietly(
  object: object,
  label: string,
  deadline = Infinity,
): Promise<string | undefined> {
  let problem: string | undefined = `what ${label} returned is still being closed`;
  const work = disposeOf(object).then(
    () => (problem = undefined),
    (error: unknown) => {
      const text = cleanMessage(error).slice(0, MAX_MESSAGE);
      problem = `what ${label} returned could not be closed: ${text}`;
    },
  );
  await waitFor([work], Math.min(deadline, performance.now() + CLOSE_MS));
  return problem;
}

/** Tells of problems that belong to no run. */
export function warnOf(problems: readonly (string | undefined)[]): void {
  for (const problem of problems)
    if (problem !== undefined) process.emitWarning(problem, "CodecellWarning");
}
