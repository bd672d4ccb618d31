/**
 * Async contexts: what `AsyncLocalStorage` and tracing see. Every callback that a run causes is called in the context of that
 * `run`, whatever brings the message that causes it; what outlives a run keeps no caller's context and calls nobody in one.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Calls `work` in a context that was taken before. */
export type AsyncContext = <Result>(work: () => Result) => Result;

/** The context of the caller, to be entered later. */
export function currentContext(): AsyncContext {
  return AsyncLocalStorage.snapshot();
}

/**
 * The context that belongs to no run: the one in which codecell was loaded. Workers, connections, timers and everything else
 * that runs share is made in it, because a handle keeps the context in which it was made, and its listeners run there.
 */
export const outsideRuns: AsyncContext = AsyncLocalStorage.snapshot();
