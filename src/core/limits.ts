import { CodecellError } from "./errors.ts";

/** Caps of one run. A breached cap ends the run with its own error code; the next run is not affected. */
export interface Limits {
  /** Memory of the VM in MiB. Default 64, at least 16. Breach: `memory`. */
  readonly memoryMb: number;
  /** Time the program itself computes, in ms; waiting for tools and timers is free. Default 5,000. Breach: `cpu_limit`. */
  readonly cpuMs: number;
  /** Time from start to end in ms, waiting included. Default 30,000. Breach: `timeout`. */
  readonly wallMs: number;
  /** Time the compile step may take, in ms. Default 1,000. Breach: `cpu_limit`. */
  readonly compileMs: number;
  /** Tool calls in all. Default 1,000. Breach: `call_limit`. */
  readonly toolCalls: number;
  /** Tool calls at once; more wait for their turn. Default 32. */
  readonly parallelCalls: number;
  /** Bytes of one call's arguments, of one tool result, or of the program's value before it is cut. Default 8 MiB. Breach: `output_limit`. */
  readonly callBytes: number;
  /** Bytes through the bridge in all, both ways. Default 64 MiB. Breach: `output_limit`. */
  readonly bridgeBytes: number;
  /** Levels of nesting of a value that crosses the bridge. Default 100. Breach: `not_serializable`. */
  readonly valueDepth: number;
  /** Bytes of the value in the result; a larger one is cut structurally and marked. Default 64 KiB. */
  readonly resultBytes: number;
  /** Bytes of logs in the result; what is over is cut and marked. Default 64 KiB. */
  readonly logBytes: number;
  /** Bytes of the program's text. Default 256 KiB. Breach: `source_too_large`. */
  readonly sourceBytes: number;
}

/** The caps used where the caller gives none. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  memoryMb: 64,
  cpuMs: 5_000,
  wallMs: 30_000,
  compileMs: 1_000,
  toolCalls: 1_000,
  parallelCalls: 32,
  callBytes: 8 * 1024 * 1024,
  bridgeBytes: 64 * 1024 * 1024,
  valueDepth: 100,
  resultBytes: 65_536,
  logBytes: 65_536,
  sourceBytes: 262_144,
});

/** Smallest and largest value that makes sense; outside it the setting is a mistake. */
const RANGES: Readonly<Record<keyof Limits, readonly [minimum: number, maximum: number]>> = {
  // QuickJS needs 16 MiB to boot; its WebAssembly memory ends at 4 GiB and isolated-vm's limit is sane below that.
  memoryMb: [16, 4_096],
  cpuMs: [1, 3_600_000],
  wallMs: [1, 86_400_000],
  compileMs: [10, 60_000],
  toolCalls: [0, 1_000_000],
  parallelCalls: [1, 1_024],
  callBytes: [1_024, 256 * 1024 * 1024],
  bridgeBytes: [1_024, 4_096 * 1024 * 1024],
  valueDepth: [4, 1_000],
  resultBytes: [256, 64 * 1024 * 1024],
  logBytes: [0, 64 * 1024 * 1024],
  sourceBytes: [1, 16 * 1024 * 1024],
};

/**
 * Fill in what `given` leaves out from `base` and check every number.
 * @param path where the settings stand, for the message, e.g. `limits` or `codecell.limits`
 * @throws CodecellError `config_error` naming the setting, its value and its range
 */
export function resolveLimits(
  given: unknown,
  base: Limits = DEFAULT_LIMITS,
  path = "limits",
): Limits {
  if (given === undefined) return base;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new CodecellError(
      "config_error",
      `${path} must be an object of numbers, e.g. { wallMs: 10_000 }`,
    );
  }
  const limits: Record<string, number> = { ...base };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    limits[name] = checkLimit(`${path}.${name}`, name, value);
  }
  return Object.freeze(limits) as unknown as Limits;
}

function checkLimit(path: string, name: string, value: unknown): number {
  if (!Object.hasOwn(RANGES, name)) {
    throw new CodecellError(
      "config_error",
      `${path} is not a limit; the limits are ${Object.keys(RANGES).join(", ")}`,
    );
  }
  const [minimum, maximum] = RANGES[name as keyof Limits];
  if (typeof value !== "number" || !Number.isFinite(value) || value < minimum || value > maximum) {
    const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
    throw new CodecellError(
      "config_error",
      `${path} is ${shown}; it must be a number from ${minimum} to ${maximum}`,
    );
  }
  return Math.floor(value);
}
