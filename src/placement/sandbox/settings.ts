import { isAbsolute } from "node:path";
import { strings, wrong } from "./check.ts";
import { checkPaths, PATH_LISTS, type PathRule } from "./path-rules.ts";
import { SYSCALL_PROFILES, type SyscallProfile } from "./seccomp.ts";

/**
 * What a sandboxed worker may see and use beside itself. Everything is off unless it is given: programs have no files
 * and no environment, so only an engine of your own needs any of it. A setting that is unknown, or that contradicts
 * another, is a `config_error`.
 */
export interface SandboxSettings {
  /** Host files and folders the worker may read, at their own paths. Absolute, existing, no symbolic links. */
  readonly readOnly?: readonly string[];
  /** Host files and folders the worker may read and write. */
  readonly readWrite?: readonly string[];
  /** Files and folders below those that stay hidden. The longest matching path of the three lists decides. */
  readonly deny?: readonly string[];
  /** Names of the host's environment variables that the worker gets. Default none. */
  readonly env?: readonly string[];
  /** Size in MiB of a private /tmp in memory. Default 0: there is none. */
  readonly tmpMb?: number;
  /** Size in MiB of the largest file the worker may write. Default: `tmpMb`, or 64 where `readWrite` is given. */
  readonly fileMb?: number;
  /** File descriptors at most. Default 64. */
  readonly fileDescriptors?: number;
  /** Linux: folder of a delegated cgroup v2, in which every worker gets a cgroup of its own. Default none. */
  readonly cgroup?: string;
  /**
   * Processes at most. The filter lets a worker start none in any case; in a `cgroup` its threads are counted as well
   * (Node has about a dozen), and without one they end where `RLIMIT_DATA` does.
   */
  readonly processes?: number;
  /** Processor cores at most, e.g. 0.5; needs `cgroup`. */
  readonly cpuShare?: number;
  /** Linux: `strict` allows the system calls Node needs; `compatible` refuses the dangerous ones. Default `strict`. */
  readonly syscalls?: SyscallProfile;
}

export interface ResolvedSandbox {
  /** Parents before children, so that applying them in order makes the longest match win. */
  readonly paths: readonly PathRule[];
  readonly env: Readonly<Record<string, string>>;
  readonly tmpMb: number;
  readonly fileMb: number;
  readonly fileDescriptors: number;
  readonly cgroup?: string;
  readonly processes?: number;
  readonly cpuShare?: number;
  readonly syscalls: SyscallProfile;
}

const NUMBERS = {
  tmpMb: [0, 65_536],
  fileMb: [0, 65_536],
  fileDescriptors: [32, 65_536],
  processes: [16, 65_536],
  cpuShare: [0.01, 1_024],
} as const;
const KEYS = [...PATH_LISTS, ...Object.keys(NUMBERS), "env", "cgroup", "syscalls"];

/**
 * Check settings and fill in the defaults.
 * @param at where the settings stand, for messages
 * @param environment the host's, from which `env` picks
 * @throws CodecellError `config_error`
 */
export function resolveSandbox(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  at: string,
): ResolvedSandbox {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given)))
    throw wrong(`${at} must be an object, e.g. { readOnly: ["/srv/models"] }`);
  const settings = (given ?? {}) as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(settings)) {
    if (!KEYS.includes(key))
      throw wrong(`${at}.${key} is not a setting; the settings are ${KEYS.join(", ")}`);
  }
  const numbers = checkNumbers(settings, at);
  const paths = checkPaths(settings, at);
  const tmpMb = numbers.tmpMb ?? 0;
  const writes = paths.some((rule) => rule.access === "write");
  const resolved = {
    paths,
    env: pickEnvironment(settings["env"], environment, at),
    tmpMb,
    fileMb: numbers.fileMb ?? Math.max(tmpMb, writes ? 64 : 0),
    fileDescriptors: numbers.fileDescriptors ?? 64,
    syscalls: checkProfile(settings["syscalls"], at),
    ...cgroupOf(settings, numbers, at),
  };
  if (numbers.fileMb !== undefined && numbers.fileMb > 0 && !writes && tmpMb === 0)
    throw wrong(`${at}.fileMb is set, but nothing can be written: give readWrite or tmpMb too`);
  return resolved;
}

type Numbers = { -readonly [K in keyof typeof NUMBERS]?: number };

function checkNumbers(settings: Readonly<Record<string, unknown>>, at: string): Numbers {
  const numbers: Numbers = {};
  for (const [key, [minimum, maximum]] of Object.entries(NUMBERS)) {
    const value = settings[key];
    if (value === undefined) continue;
    const whole = key === "cpuShare" || Number.isInteger(value);
    if (typeof value !== "number" || !whole || !(value >= minimum && value <= maximum)) {
      const kind = key === "cpuShare" ? "a number" : "a whole number";
      throw wrong(
        `${at}.${key} is ${JSON.stringify(value)}; it must be ${kind} from ${minimum} to ${maximum}`,
      );
    }
    numbers[key as keyof Numbers] = value;
  }
  return numbers;
}

function pickEnvironment(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  at: string,
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of strings(given, `${at}.env`)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw wrong(`${at}.env has ${JSON.stringify(name)}, which is no name of a variable`);
    if (/^(LD_|NODE_|UV_)/.test(name))
      throw wrong(`${at}.env has ${name}, which steers how the worker itself is loaded`);
    const value = environment[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function cgroupOf(
  settings: Readonly<Record<string, unknown>>,
  { processes, cpuShare }: Numbers,
  at: string,
): Pick<ResolvedSandbox, "cgroup" | "processes" | "cpuShare"> {
  const { cgroup } = settings;
  if (cgroup === undefined) {
    if (cpuShare !== undefined)
      throw wrong(`${at}.cpuShare needs ${at}.cgroup, the folder of a delegated cgroup v2`);
    return {};
  }
  if (typeof cgroup !== "string" || !isAbsolute(cgroup))
    throw wrong(`${at}.cgroup is ${JSON.stringify(cgroup)}; it must be an absolute path`);
  return {
    cgroup,
    ...(processes === undefined ? {} : { processes }),
    ...(cpuShare === undefined ? {} : { cpuShare }),
  };
}

function checkProfile(value: unknown, at: string): SyscallProfile {
  if (value === undefined) return "strict";
  if ((SYSCALL_PROFILES as readonly unknown[]).includes(value)) return value as SyscallProfile;
  throw wrong(
    `${at}.syscalls is ${JSON.stringify(value)}; it must be one of ${SYSCALL_PROFILES.join(", ")}`,
  );
}
