import type { EngineModule, EngineRef, Host, Outcome } from "../engine/engine.ts";
import { execute } from "./execute.ts";
import type { Place, RunRequest } from "./placement.ts";

/**
 * This process, this thread. All limits are soft: a few plain built-ins can neither be interrupted nor capped, and
 * nothing but the death of the process stops those. For trusted programs, and where a platform isolates each instance.
 */
export async function inlinePlace(ref: EngineRef): Promise<Place> {
  const { createEngine } = (await import(ref.module)) as EngineModule;
  const engine = await createEngine(ref.options);
  return {
    name: "inline",
    run: (request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> =>
      execute(engine, request, host, signal),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
