import { CodecellError } from "./core/errors.ts";
import { checkKeys, checkRanges } from "./option-checks.ts";
import { storeProblem } from "./session/stores/open.ts";
import { DEFAULT_WORKSPACE, type WorkspaceLimits } from "./session/workspace.ts";

/** Settings of sessions. */
export interface SessionSettings {
  /** Sessions in this process at once. Default 1,000. Breach: `quota_exceeded`. */
  readonly max?: number;
  /** Of one user. Default 100. Breach: `quota_exceeded`. */
  readonly maxPerUser?: number;
  /** A session ends when nothing was done with it for so long, in ms. Default 15 minutes; in a store it stays. */
  readonly idleMs?: number;
  /** It leaves its worker when nothing was done with it for so long, in ms, and costs memory only. Default 30,000. */
  readonly parkMs?: number;
  /**
   * Where sessions are kept beyond this process: `sqlite:<file>`, `redis://…`, `postgres://…`. All processes that share a
   * store share its sessions. Default: nowhere.
   */
  readonly store?: string;
  /** A session that nobody used for so long is gone from its store, in ms. Default 30 days. */
  readonly keepMs?: number;
  /** Bytes of a session's files. Default 16 MiB. */
  readonly workspaceBytes?: number;
  /** Files and folders of a session. Default 1,000. */
  readonly workspaceEntries?: number;
}

export interface ResolvedSessions {
  readonly max: number;
  readonly maxPerUser: number;
  readonly idleMs: number;
  readonly parkMs: number;
  readonly workspace: WorkspaceLimits;
  readonly store: string | undefined;
  readonly keepMs: number;
}

const DEFAULTS = {
  max: 1_000,
  maxPerUser: 100,
  idleMs: 15 * 60_000,
  parkMs: 30_000,
  keepMs: 30 * 24 * 3_600_000,
  workspaceBytes: DEFAULT_WORKSPACE.bytes,
  workspaceEntries: DEFAULT_WORKSPACE.entries,
};
const MAX_TIMER_MS = 2 ** 31 - 1;
const RANGES: Readonly<Record<keyof typeof DEFAULTS, readonly [number, number]>> = {
  max: [1, 1_000_000],
  maxPerUser: [1, 1_000_000],
  idleMs: [1, MAX_TIMER_MS],
  parkMs: [0, MAX_TIMER_MS],
  keepMs: [1_000, Number.MAX_SAFE_INTEGER],
  workspaceBytes: [0, 1024 * 1024 * 1024],
  workspaceEntries: [0, 1_000_000],
};

/** @throws CodecellError `config_error` naming the setting */
export function resolveSessions(given: unknown = {}, path = "sessions"): ResolvedSessions {
  if (typeof given !== "object" || given === null)
    throw new CodecellError("config_error", `${path} must be an object`);
  checkKeys(given, [...Object.keys(DEFAULTS), "store"], `${path}.`);
  const settings = { ...DEFAULTS, store: undefined, ...given };
  const problem = settings.store === undefined ? undefined : storeProblem(settings.store);
  if (problem !== undefined) throw new CodecellError("config_error", `${path}.store ${problem}`);
  checkRanges(settings, RANGES, `${path}.`);
  const { max, maxPerUser, idleMs, parkMs, keepMs, store } = settings;
  const workspace = { bytes: settings.workspaceBytes, entries: settings.workspaceEntries };
  return { max, maxPerUser, idleMs, parkMs, keepMs, store, workspace };
}
