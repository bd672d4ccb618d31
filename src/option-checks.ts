/** One setting each: what it may be, and what is said of anything else. */
import { availableParallelism, totalmem } from "node:os";
import { CodecellError } from "./core/errors.ts";
import { DEFAULT_LIMITS } from "./core/limits.ts";
import type { EngineRef } from "./engine/engine.ts";
import { PLACEMENTS, type PlacementName } from "./engines.ts";
import type { RemoteService } from "./placement/remote.ts";
import type { PoolOptions } from "./placement/pool.ts";
import { type ResolvedSandbox, resolveSandbox } from "./placement/sandbox/settings.ts";
import type { ServerRequestHandler } from "./tools/mcp/client.ts";
import type { TokenizerChoice } from "./tokens/counter.ts";
import { TOKENIZER_NAMES } from "./tokens/tokenizers.ts";
import { near } from "./tools/names.ts";

/** Default of `workers.max` where memory is no question. */
const MOST_WORKERS = 32;
const WORKER_RANGES = {
  spare: [0, 64],
  max: [1, 256],
  idleMs: [0, 86_400_000],
  runsPerWorker: [1, 1_000_000],
} as const;

export function checkKeys(object: object, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const closest = near(key, known, 1)[0];
    const hint =
      closest === undefined
        ? `the settings are ${known.join(", ")}`
        : `did you mean ${prefix}${closest}?`;
    throw new CodecellError("config_error", `${prefix}${key} is not a setting; ${hint}`);
  }
}

export function checkTypeCheck(typeCheck: unknown): boolean {
  if (typeof typeCheck === "boolean") return typeCheck;
  throw new CodecellError("config_error", "typeCheck must be true or false");
}

export function checkLearn(learn: unknown): boolean | string {
  if (typeof learn === "boolean" || (typeof learn === "string" && learn !== "")) return learn;
  throw new CodecellError("config_error", "learn must be true, false, or the path of a file");
}

export function checkTokenizer(tokenizer: unknown): TokenizerChoice | undefined {
  if (tokenizer === undefined || typeof tokenizer === "function")
    return tokenizer as TokenizerChoice | undefined;
  const name = TOKENIZER_NAMES.find((known) => known === tokenizer);
  if (name !== undefined) return name;
  throw new CodecellError(
    "config_error",
    `tokenizer is ${JSON.stringify(tokenizer)}; it must be one of ${TOKENIZER_NAMES.join(", ")}`,
    { hint: "In a program of yours it can be a function too: (text) => number." },
  );
}

export function checkHandler(
  name: string,
  handler: ServerRequestHandler | undefined,
): ServerRequestHandler | undefined {
  if (handler === undefined || typeof handler === "function") return handler;
  throw new CodecellError("config_error", `${name} must be a function`);
}

export function checkPlacement(placement: unknown): PlacementName | RemoteService {
  if (typeof placement === "object" && placement !== null && "remote" in placement)
    return checkRemote(placement);
  if ((PLACEMENTS as readonly unknown[]).includes(placement)) return placement as PlacementName;
  const choice = PLACEMENTS.join(", ");
  throw new CodecellError(
    "config_error",
    `placement is ${JSON.stringify(placement)}; it must be one of ${choice}`,
  );
}

function checkRemote(placement: object): RemoteService {
  checkKeys(placement, ["remote", "token"], "placement.");
  const { remote, token } = placement as Record<string, unknown>;
  if (typeof remote !== "string" || !/^https?:\/\//.test(remote) || !URL.canParse(remote))
    throw new CodecellError("config_error", "placement.remote must be an http or https address");
  if (token !== undefined && (typeof token !== "string" || token === ""))
    throw new CodecellError("config_error", "placement.token must be a text");
  const address = remote.endsWith("/") ? remote : `${remote}/`; // paths are told from there
  return { remote: address, ...(token === undefined ? {} : { token }) };
}

export function checkHardened(
  hardened: unknown,
  engine: EngineRef,
  placement: PlacementName | RemoteService,
): boolean {
  if (typeof hardened !== "boolean")
    throw new CodecellError("config_error", "hardened must be true or false");
  if (!hardened) return false;
  if (engine.name === "quickjs")
    throw new CodecellError("config_error", "hardened is for engine 'v8'", {
      hint: "QuickJS runs in WebAssembly, which V8 does not have without its compilers; it needs no hardening against them.",
    });
  if (typeof placement !== "string" || placement === "inline" || placement === "thread")
    throw new CodecellError(
      "config_error",
      `hardened cannot be kept in placement '${nameOf(placement)}'`,
      {
        hint: "It is a property of a whole process: use placement 'process' or 'sandbox'.",
      },
    );
  return true;
}

export function checkSandbox(
  given: unknown,
  placement: PlacementName | RemoteService,
  at: string,
): ResolvedSandbox {
  if (given !== undefined && placement !== "sandbox" && placement !== "auto")
    throw new CodecellError(
      "config_error",
      `${at} has settings, but the placement is '${nameOf(placement)}', where nothing keeps them`,
      { hint: "Use placement 'sandbox'." },
    );
  return resolveSandbox(given, process.env, at);
}

function nameOf(placement: PlacementName | RemoteService): string {
  return typeof placement === "string" ? placement : "remote";
}

/** Workers that a burst of programs may take together: a quarter of the memory, were each to use as much as it may. */
function mostWorkers(cores: number): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const fitting = Math.floor(bytes / 4 / (2 * DEFAULT_LIMITS.memoryMb * 2 ** 20));
  return Math.max(cores, Math.min(MOST_WORKERS, fitting));
}

export function resolveWorkers(given: Readonly<Record<string, unknown>>): PoolOptions {
  checkKeys(given, Object.keys(WORKER_RANGES), "workers.");
  const cores = Math.max(2, availableParallelism());
  const workers = {
    spare: 1,
    max: mostWorkers(cores),
    idleMs: 60_000,
    runsPerWorker: 500,
    ...given,
    computing: cores,
  } as PoolOptions;
  checkRanges(workers, WORKER_RANGES, "workers.");
  return workers;
}

type Ranges = Readonly<Record<string, readonly [minimum: number, maximum: number]>>;

/** @throws CodecellError `config_error` for a setting that is no whole number in its range */
export function checkRanges(settings: object, ranges: Ranges, prefix: string): void {
  for (const [key, [minimum, maximum]] of Object.entries(ranges)) {
    const value: unknown = settings[key as never];
    if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) continue;
    throw new CodecellError(
      "config_error",
      `${prefix}${key} is ${String(value)}; it must be a whole number from ${minimum} to ${maximum}`,
    );
  }
}

/** @throws CodecellError `config_error` for what is no text */
export function checkProgram(code: unknown): void {
  if (typeof code === "string") return;
  throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
}
