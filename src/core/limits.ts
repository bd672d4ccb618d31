import { CodecellError } from "./errors.ts";

/** Caps of one run. A breached cap ends the run with its own error code; the next run is not affected. */
export interface Limits {
  /**
   * Memory of the VM in MiB, 16 to 4,096. Breach: `memory`.
   * @default 64
   */
  readonly memoryMb: number;
  /**
   * Time in ms that the program itself computes, 1 to 3,600,000; waiting for tools and timers is free. Breach: `cpu_limit`.
   * @default 5_000
   */
  readonly cpuMs: number;
  /**
   * Time in ms from start to end, waiting included, 1 to 86,400,000. Breach: `timeout`.
   * @default 30_000
   */
  readonly wallMs: number;
  /**
   * Time in ms that the compile step may take, 10 to 60,000. Breach: `cpu_limit`.
   * @default 1_000
   */
  readonly compileMs: number;
  /**
   * Tool calls in all, 0 to 1,000,000. Breach: `call_limit`.
   * @default 1_000
   */
  readonly toolCalls: number;
  /**
   * Tool calls at once, 1 to 1,024; more wait for their turn.
   * @default 32
   */
  readonly parallelCalls: number;
  /**
   * Bytes of one call's arguments, of one tool result, or of the program's value before it is cut: 1 KiB to 256 MiB.
   * Breach: `output_limit`.
   * @default 8_388_608
   */
  readonly callBytes: number;
  /**
   * Bytes through the bridge in all, both ways: 1 KiB to 4 GiB. Breach: `output_limit`.
   * @default 67_108_864
   */
  readonly bridgeBytes: number;
  /**
   * Levels of nesting of a value that crosses the bridge, 4 to 1,000. Breach: `not_serializable`.
   * @default 100
   */
  readonly valueDepth: number;
  /**
   * Bytes of the value in the result, 256 to 64 MiB; a larger value is cut structurally and marked.
   * @default 65_536
   */
  readonly resultBytes: number;
  /**
   * Bytes of logs in the result, 0 to 64 MiB; what is over is cut and marked.
   * @default 65_536
   */
  readonly logBytes: number;
  /**
   * Bytes of the program's text, 1 to 16 MiB. Breach: `source_too_large`.
   * @default 262_144
   */
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
