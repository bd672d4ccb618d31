import { type Expand, readSettings } from "../core/check-settings.ts";
import { defaultsOf, type SchemaFor, whole } from "../core/setting-schema.ts";
import { DEFAULT_WORKSPACE, type WorkspaceLimits } from "../files/workspace.ts";
import { STORE_ADDRESS } from "./stores/open.ts";

/** Settings of all sessions of a runtime. */
export interface SessionSettings {
  /**
   * Largest number of sessions in this process, 1 to 1,000,000. Breach: `quota_exceeded`.
   * @default 1_000
   */
  readonly max?: number;
  /**
   * Largest number of sessions of one user in this process, 1 to 1,000,000. Of sessions without a user, those of one chat of an
   * agent's tools count together, and all others. Breach: `quota_exceeded`.
   * @default 100
   */
  readonly maxPerUser?: number;
  /**
   * Time in ms after which an unused session ends, 1 to 2,147,483,647; it stays in a store.
   * @default 900_000
   */
  readonly idleMs?: number;
  /**
   * Time in ms after which an unused session leaves its worker and takes only memory, 0 to 2,147,483,647.
   * @default 30_000
   */
  readonly parkMs?: number;
  /**
   * Address of a store for sessions outside of this process: `sqlite:<file>`, `redis://…`, `postgres://…`. All processes that
   * share a store share its sessions. In a config file, `${VAR}` is replaced by an environment variable.
   * @default none
   */
  readonly store?: string;
  /**
   * Time in ms after which an unused session is deleted from its store, at least 1,000.
   * @default 2_592_000_000
   */
  readonly keepMs?: number;
  /**
   * Bytes of all files of a session together, 0 to 1 GiB.
   * @default 16_777_216
   */
  readonly workspaceBytes?: number;
  /**
   * Largest number of files and folders of a session, 0 to 1,000,000.
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
 * Checks the settings and fills in the defaults.
 * @param expand expands variables in texts, for a config file
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
