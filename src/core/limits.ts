import { readSettings } from "./check-settings.ts";
import { defaultsOf, type NumberSchema, type SchemaFor } from "./setting-schema.ts";

/**
 * Caps of one run. A breached cap ends the run with its own error code; the next run is not affected. A value that is no
 * number, or out of its range, is a `config_error`; fractions are rounded down.
 */
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
   * Time in ms from the start to the end of the run, waiting included, 1 to 86,400,000. Breach: `timeout`.
   * @default 30_000
   */
  readonly wallMs: number;
  /**
   * Time in ms that the compile step may take, 10 to 60,000. Breach: `cpu_limit`.
   * @default 1_000
   */
  readonly compileMs: number;
  /**
   * Number of tool calls of the run, 0 to 1,000,000. Breach: `call_limit`.
   * @default 1_000
   */
  readonly toolCalls: number;
  /**
   * Number of tool calls that run at the same time, 1 to 1,024; further calls wait.
   * @default 32
   */
  readonly parallelCalls: number;
  /**
   * Bytes of one call's arguments, of one tool result, or of the program's value before it is cut: 1 KiB to 256 MiB. Arguments and
   * results also have at most 200,000 parts, or one for each 21 of these bytes where that is more (a text or a number is one, a list
   * one more than what is in it; of arguments a text is two, and a name that the object before lacks is 15). The host reads them
   * without a pause: with 64 MiB, a call may take a second of it.
   * Breach: `output_limit`.
   * @default 4_194_304
   */
  readonly callBytes: number;
  /**
   * Bytes of all arguments and results of the run together: 1 KiB to 4 GiB. Breach: `output_limit`.
   * @default 67_108_864
   */
  readonly bridgeBytes: number;
  /**
   * Bytes of memory, about, of the results that a run, or a session, leaves on the host with `tools.x.y.handle(…)`, together: 1 KiB to 4 GiB. They
   * may be larger than `callBytes`; what of them goes to the program may not. Of a server, a result is part of a message of at
   * most 8 MiB, or twice the runtime's `callBytes` where that is more. Breach: `output_limit` of the call.
   * All runs of one user together keep at most 512 MiB, all of a process 1 GiB, or this where it is more: `quota_exceeded` of the call.
   * @default 268_435_456
   */
  readonly keptBytes: number;
  /**
   * Levels of nesting of a value that crosses the bridge, 4 to 1,000. Breach: `not_serializable`.
   * @default 100
   */
  readonly valueDepth: number;
  /**
   * Bytes of the value in the result, 256 to 64 MiB; a larger value, or one of more than 100,000 parts, is cut structurally and
   * marked.
   * @default 65_536
   */
  readonly resultBytes: number;
  /**
   * Bytes of logs in the result, 0 to 64 MiB; larger logs are cut and marked.
   * @default 65_536
   */
  readonly logBytes: number;
  /**
   * Bytes of the program's text, 1 to 16 MiB. Breach: `source_too_large`.
   * @default 262_144
   */
  readonly sourceBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The range and the default of each limit. */
export const LIMITS: SchemaFor<Limits> = {
  title: "Limits",
  type: "object",
  noun: "limit",
  listed: true,
  wanted: "an object of numbers, e.g. { wallMs: 10_000 }",
  properties: {
    // QuickJS needs 16 MiB to boot; its WebAssembly memory ends at 4 GiB and isolated-vm's limit is sane below that.
    memoryMb: between(16, 4_096, 64),
    cpuMs: between(1, 3_600_000, 5_000),
    wallMs: between(1, 86_400_000, 30_000),
    compileMs: between(10, 60_000, 1_000),
    toolCalls: between(0, 1_000_000, 1_000),
    parallelCalls: between(1, 1_024, 32),
    callBytes: between(KIB, 256 * MIB, 4 * MIB),
    bridgeBytes: between(KIB, 4_096 * MIB, 64 * MIB),
    keptBytes: between(KIB, 4_096 * MIB, 256 * MIB),
    valueDepth: between(4, 1_000, 100),
    resultBytes: between(256, 64 * MIB, 64 * KIB),
    logBytes: between(0, 64 * MIB, 64 * KIB),
    sourceBytes: between(1, 16 * MIB, 256 * KIB),
  },
};

/** The defaults of {@link Limits}, frozen. */
export const DEFAULT_LIMITS: Limits = Object.freeze(defaultsOf(LIMITS) as Limits);

/**
 * Checks every number of `given` and fills in the missing ones from `base`; fractions are rounded down.
 * @param path path of the settings, for messages, e.g. `limits` or `codecell.limits`
 * @throws CodecellError `config_error` naming the setting, its value and its range
 */
export function resolveLimits(
  given: unknown,
  base: Limits = DEFAULT_LIMITS,
  path = "limits",
): Limits {
  if (given === undefined) return base;
  const limits = Object.entries(readSettings(LIMITS, given, path));
  const whole = limits.map(([name, limit]) => [name, Math.floor(limit)] as const);
  return Object.freeze({ ...base, ...Object.fromEntries(whole) });
}

/** Of each cap the smaller one. */
export function least(one: Limits, other: Limits): Limits {
  const names = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
  const smaller = names.map((name) => [name, Math.min(one[name], other[name])]);
  return Object.freeze(Object.fromEntries(smaller) as unknown as Limits);
}

function between(minimum: number, maximum: number, normal: number): NumberSchema {
  return { type: "number", minimum, maximum, default: normal };
}
