import { type Expand, readSettings } from "../core/check-settings.ts";
import { defaultsOf, type SchemaFor, whole } from "../core/setting-schema.ts";
import { DEFAULT_WORKSPACE, type WorkspaceLimits } from "../files/workspace.ts";
import { STORE_ADDRESS } from "./stores/open.ts";

/** Settings of sessions. */
export interface SessionSettings {
  /**
   * Sessions in this process at once, 1 to 1,000,000. Breach: `quota_exceeded`.
   * @default 1_000
   */
  readonly max?: number;
  /**
   * Sessions of one user at once, 1 to 1,000,000. Breach: `quota_exceeded`.
   * @default 100
   */
  readonly maxPerUser?: number;
  /**
   * Time in ms after which a session ends that nobody used, 1 to 2,147,483,647; in a store it stays.
   * @default 900_000
   */
  readonly idleMs?: number;
  /**
   * Time in ms after which a session that nobody used leaves its worker, and costs memory only: 0 to 2,147,483,647.
   * @default 30_000
   */
  readonly parkMs?: number;
  /**
   * Where sessions are kept beyond this process: `sqlite:<file>`, `redis://…`, `postgres://…`. All processes that share a
   * store share its sessions. In a config file, `${VAR}` stands for an environment variable.
   * @default none
   */
  readonly store?: string;
  /**
   * Time in ms after which a session that nobody used is removed from its store, at least 1,000.
   * @default 2_592_000_000
   */
  readonly keepMs?: number;
  /**
   * Bytes of a session's files together, 0 to 1 GiB.
   * @default 16_777_216
   */
  readonly workspaceBytes?: number;
  /**
   * Files and folders of a session, 0 to 1,000,000.
   * @default 1_000
   */
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

const MAX_TIMER_MS = 2 ** 31 - 1;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const SESSIONS: SchemaFor<SessionSettings> = {
  title: "SessionSettings",
  type: "object",
  properties: {
    max: whole(1, 1_000_000, 1_000),
    maxPerUser: whole(1, 1_000_000, 100),
    idleMs: whole(1, MAX_TIMER_MS, 15 * MINUTE_MS),
    parkMs: whole(0, MAX_TIMER_MS, 30_000),
    store: STORE_ADDRESS,
    keepMs: whole(1_000, Number.MAX_SAFE_INTEGER, 30 * DAY_MS),
    workspaceBytes: whole(0, 1024 * 1024 * 1024, DEFAULT_WORKSPACE.bytes),
    workspaceEntries: whole(0, 1_000_000, DEFAULT_WORKSPACE.entries),
  },
};

/**
 * Check settings and fill in the defaults.
 * @param expand expands the variables in texts, where there can be some
 * @throws CodecellError `config_error` naming the setting
 */
export function resolveSessions(
  given: unknown = {},
  path = "sessions",
  expand?: Expand,
): ResolvedSessions {
  const settings = { ...defaultsOf(SESSIONS), ...readSettings(SESSIONS, given, path, expand) };
  const { workspaceBytes, workspaceEntries, store, ...times } =
    settings as Required<SessionSettings>;
  return { ...times, store, workspace: { bytes: workspaceBytes, entries: workspaceEntries } };
}
