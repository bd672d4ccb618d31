import type { Limits } from "../core/limits.ts";
import type {
  Engine,
  EngineModule,
  EngineRef,
  Host,
  KeepOptions,
  Outcome,
} from "../engine/engine.ts";
import { execute, executeIn, openKept } from "./execute.ts";
import type { Place, RunRequest, VmLease } from "./placement.ts";
import { builtInName, type EngineName } from "./worker/bundle.ts";

/** Written out, so that a bundler can follow them. */
const BUILT_IN: Readonly<Record<EngineName, () => Promise<EngineModule>>> = {
  v8: () => import("../engine/v8/v8.ts"),
  quickjs: () => import("../engine/quickjs/quickjs.ts"),
};

async function load(ref: EngineRef): Promise<EngineModule> {
  const name = builtInName(ref);
  if (name !== undefined) return await BUILT_IN[name]();
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ ref.module)) as EngineModule;
}

/**
 * Runs programs in this process and thread. All limits are soft: a few plain built-ins can neither be interrupted nor capped,
 * and only the end of the process stops them. For trusted programs, and where a platform isolates each instance.
 */
export async function inlinePlace(ref: EngineRef): Promise<Place> {
  const { createEngine } = await load(ref);
  const engine = await createEngine(ref.options);
  return {
    name: "inline",
    run: (request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> =>
      execute(engine, request, host, signal),
    lease: (limits, keep) => lease(engine, limits, keep),
    onPressure: undefined,
    waiting: 0,
    mayTakeFrom: () => false,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function lease(engine: Engine, limits: Limits, keep: KeepOptions): Promise<VmLease> {
  const session = await openKept(engine, limits, keep);
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  return {
    gone,
    run: async (request, host, signal) => {
      const outcome = await executeIn(session, request, host, signal);
      if (!outcome.clean) resolve("its VM was stopped");
      return outcome;
    },
    save: () => session.save(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
