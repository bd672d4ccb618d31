/** Settings of placements: the placement, its workers, hardening of V8, and the sandbox. */
import { availableParallelism, totalmem } from "node:os";
import { readSetting, readSettings } from "../core/check-settings.ts";
import { configError } from "../core/setting-errors.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import { defaultsOf, type Schema, type SchemaFor, whole } from "../core/setting-schema.ts";
import type { EngineRef } from "../engine/engine.ts";
import type { PoolOptions } from "./pool/pool.ts";
import type { RemoteService } from "./remote.ts";
import { type ResolvedSandbox, resolveSandbox } from "./sandbox/settings.ts";

/** The placements by name, see {@link PlacementName}. */
export const PLACEMENTS = ["auto", "inline", "thread", "process", "sandbox"] as const;
/**
 * Where programs run: in this thread (`inline`), in worker threads, in child processes, or in child processes inside a sandbox
 * of the operating system. `auto` is `sandbox` where it is available, else `process`.
 */
export type PlacementName = (typeof PLACEMENTS)[number];

const REMOTE: SchemaFor<RemoteService> = {
  title: "RemoteService",
  type: "object",
  properties: {
    remote: { type: "string", pattern: "^https?://", wanted: "an http or https address" },
    token: { type: "string", minLength: 1, wanted: "a text" },
  },
  required: ["remote"],
};

export const PLACEMENT: Schema = {
  anyOf: [{ type: "string", enum: PLACEMENTS }, REMOTE],
  default: "process",
};

/** @throws CodecellError `config_error` for a value that is not a placement */
export function resolvePlacement(given: unknown, at: string): PlacementName | RemoteService {
  const placement = readSetting(PLACEMENT, given, at) as PlacementName | RemoteService;
  if (typeof placement === "string") return placement;
  const { remote } = placement;
  if (!URL.canParse(remote))
    throw configError(`${at}.remote must be ${REMOTE.properties.remote.wanted}`);
  return { ...placement, remote: remote.endsWith("/") ? remote : `${remote}/` }; // paths are relative to it
}

/** Workers of the placements `thread`, `process` and `sandbox`. */
export interface WorkerSettings {
  /**
   * Number of workers kept booted and idle, 0 to 64.
   * @default 1
   */
  readonly spare?: number;
  /**
   * Largest number of workers, 1 to 256; further runs wait for one. A worker runs one program at a time. A run begins when
   * fewer programs compute than there are cores; programs that wait for a call or a timer do not count. A user who has none
   * begins beyond both numbers, see {@link SharingSettings}.
   * @default 32, or fewer where a quarter of the memory is too small for them; at least the number of cores
   */
  readonly max?: number;
  /**
   * Time in ms after which idle workers end, down to the number of cores: 0 to 86,400,000.
   * @default 60_000
   */
  readonly idleMs?: number;
  /**
   * Runs after which a worker is replaced, 1 to 1,000,000.
   * @default 500
   */
  readonly runsPerWorker?: number;
}

export const WORKERS: SchemaFor<WorkerSettings> = {
  title: "WorkerSettings",
  type: "object",
  properties: {
    spare: whole(0, 64, 1),
    max: whole(1, 256),
    idleMs: whole(0, 86_400_000, 60_000),
    runsPerWorker: whole(1, 1_000_000, 500),
  },
};
/** Default of `workers.max` where there is enough memory. */
const MOST_WORKERS = 32;

/**
 * Checks the settings and fills in the defaults.
 * @param fromFile the settings of the config file; `given` overrides them key by key
 * @param weights the shares of users
 * @throws CodecellError `config_error` naming the setting
 */
export function resolveWorkers(
  given: unknown = {},
  fromFile: unknown = {},
  weights: PoolOptions["weights"] = new Map(),
): PoolOptions {
  const cores = Math.max(2, availableParallelism());
  return {
    max: mostWorkers(cores),
    ...defaultsOf(WORKERS),
    ...readSettings(WORKERS, fromFile, "codecell.workers"),
    ...readSettings(WORKERS, given, "workers"),
    computing: cores,
    weights,
  } as PoolOptions;
}

/** Number of workers that fit into a quarter of the memory when each uses all that it may, capped by {@link MOST_WORKERS}. */
function mostWorkers(cores: number): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const fitting = Math.floor(bytes / 4 / (2 * DEFAULT_LIMITS.memoryMb * 2 ** 20));
  return Math.max(cores, Math.min(MOST_WORKERS, fitting));
}

/** @throws CodecellError `config_error` where V8 cannot be hardened */
export function checkHardened(
  hardened: boolean,
  engine: EngineRef,
  placement: PlacementName | RemoteService,
): boolean {
  if (!hardened) return false;
  if (engine.name === "quickjs")
    throw configError(
      "hardened is for engine 'v8'",
      "QuickJS runs in WebAssembly, which V8 does not have without its compilers; it needs no hardening against them.",
    );
  if (typeof placement !== "string" || placement === "inline" || placement === "thread")
    throw configError(
      `hardened cannot be kept in placement '${nameOf(placement)}'`,
      "It is a property of a whole process: use placement 'process' or 'sandbox'.",
    );
  return true;
}

/** @throws CodecellError `config_error` for invalid settings, or for settings of a placement without a sandbox */
export function checkSandbox(
  given: unknown,
  placement: PlacementName | RemoteService,
  at: string,
): ResolvedSandbox {
  if (given !== undefined && placement !== "sandbox" && placement !== "auto")
    throw configError(
      `${at} has settings, but the placement is '${nameOf(placement)}', where nothing keeps them`,
      "Use placement 'sandbox'.",
    );
  return resolveSandbox(given, process.env, at);
}

function nameOf(placement: PlacementName | RemoteService): string {
  return typeof placement === "string" ? placement : "remote";
}
