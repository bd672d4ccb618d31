import { readSettings } from "../../core/check-settings.ts";
import { configError, shown } from "../../core/setting-errors.ts";
import { defaultsOf, type ListSchema, type SchemaFor, whole } from "../../core/setting-schema.ts";
import { checkPaths, type PathRule } from "./path-rules.ts";
import { SYSCALL_PROFILES, type SyscallProfile } from "./seccomp.ts";

/**
 * What a sandboxed worker may see and use. By default it gets nothing: programs have no files and no environment, so only a
 * custom engine needs these settings. An unknown setting, or one that contradicts another, is a `config_error`.
 */
export interface SandboxSettings {
  /**
   * Host files and folders that the worker may read, at the same paths. A path must be absolute, exist, and have no symbolic
   * links.
   * @default []
   */
  readonly readOnly?: readonly string[];
  /**
   * Host files and folders that the worker may read and write, with the same rules for paths.
   * @default []
   */
  readonly readWrite?: readonly string[];
  /**
   * Files and folders below those two lists that stay hidden. The longest matching path of the three lists decides.
   * @default []
   */
  readonly deny?: readonly string[];
  /**
   * Names of the host's environment variables that the worker gets.
   * @default []
   */
  readonly env?: readonly string[];
  /**
   * Size in MiB of a private /tmp in memory, 0 to 65,536; 0 means no /tmp.
   * @default 0
   */
  readonly tmpMb?: number;
  /**
   * Size in MiB of the largest file that the worker may write, 0 to 65,536.
   * @default `tmpMb`, or 64 where `readWrite` is given
   */
  readonly fileMb?: number;
  /**
   * Largest number of open file descriptors, 32 to 65,536.
   * @default 64
   */
  readonly fileDescriptors?: number;
  /**
   * Linux: absolute path of the folder of a delegated cgroup v2, in which each worker gets its own cgroup.
   * @default none
   */
  readonly cgroup?: string;
  /**
   * Largest number of processes, 16 to 65,536. The system call filter prevents new processes in any case; in a `cgroup` this
   * also counts threads (Node has about a dozen). Without a `cgroup` only `RLIMIT_DATA` bounds the threads.
   * @default no limit
   */
  readonly processes?: number;
  /**
   * Largest share of processor cores, e.g. 0.5; 0.01 to 1,024. Needs `cgroup`.
   * @default no limit
   */
  readonly cpuShare?: number;
  /**
   * Linux: `strict` allows only the system calls that Node needs; `compatible` refuses only the dangerous ones.
   * @default "strict"
   */
  readonly syscalls?: SyscallProfile;
}

const NAMES: ListSchema = { type: "array", items: { type: "string" }, default: [] };
const MEGABYTES = whole(0, 65_536);

export const SANDBOX: SchemaFor<SandboxSettings> = {
  title: "SandboxSettings",
  type: "object",
  listed: true,
  wanted: 'an object, e.g. { readOnly: ["/srv/models"] }',
  properties: {
    readOnly: NAMES,
    readWrite: NAMES,
    deny: NAMES,
    env: NAMES,
    tmpMb: { ...MEGABYTES, default: 0 },
    fileMb: MEGABYTES,
    fileDescriptors: whole(32, 65_536, 64),
    cgroup: { type: "string", pattern: "^/", wanted: "an absolute path", shows: "value" },
    processes: whole(16, 65_536),
    cpuShare: { type: "number", minimum: 0.01, maximum: 1_024 },
    syscalls: { type: "string", enum: SYSCALL_PROFILES, default: "strict" },
  },
  relations: { dependencies: { cpuShare: ["cgroup"] } },
};

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

/** The settings with those filled in that have a default. */
type Filled = SandboxSettings &
  Required<
    Pick<
      SandboxSettings,
      "readOnly" | "readWrite" | "deny" | "env" | "tmpMb" | "fileDescriptors" | "syscalls"
    >
  >;

/**
 * Checks the settings and fills in the defaults.
 * @param at path of the settings, for messages
 * @param environment the host's environment variables, from which `env` selects
 * @throws CodecellError `config_error`
 */
export function resolveSandbox(
  given: unknown = {},
  environment: Readonly<Record<string, string | undefined>>,
  at: string,
): ResolvedSandbox {
  const settings = { ...defaultsOf(SANDBOX), ...readSettings(SANDBOX, given, at) } as Filled;
  const { tmpMb, fileMb, fileDescriptors, syscalls } = settings;
  const paths = checkPaths(settings, at);
  const writes = paths.some((rule) => rule.access === "write");
  const env = pickEnvironment(settings.env, environment, at);
  const cgroup = cgroupOf(settings, at);
  if (fileMb !== undefined && fileMb > 0 && !writes && tmpMb === 0)
    throw configError(
      `${at}.fileMb is set, but nothing can be written: give readWrite or tmpMb too`,
    );
  return {
    paths,
    env,
    tmpMb,
    fileMb: fileMb ?? Math.max(tmpMb, writes ? 64 : 0),
    fileDescriptors,
    syscalls,
    ...cgroup,
  };
}

function pickEnvironment(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  at: string,
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw configError(`${at}.env has ${shown(name)}, which is no name of a variable`);
    if (/^(LD_|NODE_|UV_)/.test(name))
      throw configError(`${at}.env has ${name}, which steers how the worker itself is loaded`);
    const value = environment[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function cgroupOf(
  { cgroup, processes, cpuShare }: SandboxSettings,
  at: string,
): Pick<ResolvedSandbox, "cgroup" | "processes" | "cpuShare"> {
  if (cgroup === undefined) {
    if (cpuShare !== undefined)
      throw configError(`${at}.cpuShare needs ${at}.cgroup, the folder of a delegated cgroup v2`);
    return {};
  }
  return {
    cgroup,
    ...(processes === undefined ? {} : { processes }),
    ...(cpuShare === undefined ? {} : { cpuShare }),
  };
}
