import { readSetting } from "../core/check-settings.ts";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Schema, SchemaFor } from "../core/setting-schema.ts";
import type { EngineRef } from "../engine/engine.ts";
import type { Place } from "./placement.ts";
import type { PoolOptions } from "./pool/pool.ts";
import { probeEngine, processPlace } from "./process.ts";
import type { RemoteService } from "./remote.ts";
import { sandboxPlace } from "./sandbox/sandbox.ts";
import type { ResolvedSandbox } from "./sandbox/settings.ts";
import type { PlacementName } from "./settings.ts";
import { threadPlace } from "./thread.ts";
import { builtIn, type EngineName, ENGINES } from "./worker/bundle.ts";

export { type EngineName, ENGINES };

const ENGINE_REF: SchemaFor<EngineRef> = {
  title: "EngineRef",
  type: "object",
  properties: {
    name: { type: "string", minLength: 1 },
    module: { type: "string", minLength: 1 },
    options: {},
  },
  required: ["name", "module"],
};

export const ENGINE: Schema = {
  anyOf: [{ type: "string", enum: ENGINES }, ENGINE_REF],
  default: "v8",
};

/**
 * The reference of a built-in engine, or that of a custom engine.
 * @param at path of the setting, for messages
 * @throws CodecellError `config_error` for anything else
 */
export function engineRef(engine: unknown, at = "engine"): EngineRef {
  const checked = readSetting(ENGINE, engine, at) as EngineName | EngineRef;
  return typeof checked === "object" ? checked : builtIn(checked);
}

/** Workers are started with a larger stack than Node's default, see their flags. */
const WORKER_STACK_BYTES = 512 * 1024;

function withLargeStack(engine: EngineRef): EngineRef {
  if (engine.name !== "quickjs") return engine;
  return {
    ...engine,
    options: { maxStackBytes: WORKER_STACK_BYTES, ...(engine.options as object | undefined) },
  };
}

/** The checked options of {@link openPlace}. */
export interface PlaceOptions {
  readonly placement: PlacementName | RemoteService;
  readonly engine: EngineRef;
  readonly workers: PoolOptions;
  /** Caps of the largest run. */
  readonly limits: Limits;
  readonly hardened: boolean;
  readonly sandbox: ResolvedSandbox;
}

export interface OpenedPlace {
  readonly place: Place;
  /** Why `auto` did not choose the sandbox. */
  readonly notice?: string;
}

/**
 * Starts an engine in a place.
 * @throws CodecellError `config_error`, `engine_unavailable`, `sandbox_unavailable`
 */
export async function openPlace(options: PlaceOptions): Promise<OpenedPlace> {
  if (options.placement !== "auto") return { place: await open(options.placement, options) };
  try {
    return { place: await open("sandbox", options) };
  } catch (error) {
    if (!CodecellError.is(error) || error.code !== "sandbox_unavailable") throw error;
    const notice = `no sandbox here, programs run in placement 'process': ${error.message}. ${error.hint ?? ""}`;
    return { place: await open("process", options), notice: notice.trim() };
  }
}

async function open(
  placement: Exclude<PlacementName, "auto"> | RemoteService,
  options: PlaceOptions,
): Promise<Place> {
  const { engine, workers: pool, hardened, limits, sandbox: settings } = options;
  if (typeof placement === "object") {
    const { remotePlace } = await import("./remote.ts");
    return await remotePlace(engine, placement, { ...pool, computing: pool.max }); // not on this machine
  }
  switch (placement) {
    case "inline": {
      // Only here this process compiles programs; the other placements start faster without the compiler.
      const { inlinePlace } = await import("./inline.ts");
      // An incompatible native module can crash the process that loads it, so it is tried in a child process first.
      if (engine.name === "v8") await probeEngine(engine);
      return await inlinePlace(engine);
    }
    case "thread":
      return await threadPlace(withLargeStack(engine), pool);
    case "process":
      return await processPlace(withLargeStack(engine), { pool, hardened });
    case "sandbox":
      return await sandboxPlace(withLargeStack(engine), { pool, hardened, limits, settings });
  }
}
