/** A session as data. */
import type { Limits } from "../core/limits.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import type { SavedVm } from "../engine/engine.ts";
import type { FileContent } from "../files/file-content.ts";
import type { WorkspaceLimits } from "../files/workspace.ts";

/** A run that was active when the session was saved. */
export interface SavedRun {
  readonly source: string;
  readonly limits: Limits;
  readonly logs: readonly LogEntry[];
  readonly calls: readonly CallRecord[];
}

export type SavedFile = readonly [path: string, content: FileContent | undefined, mtimeMs: number];

/** A session as data. */
export interface SavedSession {
  readonly limits: Limits;
  readonly timeZone: string;
  readonly seed?: string;
  readonly now?: number;
  /** Number of programs that it has run. */
  readonly programs: number;
  /** Names that they declared. */
  readonly declared: readonly string[];
  /** Absent for a session that has not run anything. */
  readonly vm?: SavedVm;
  readonly run?: SavedRun;
  readonly files: readonly SavedFile[];
}

/** What a snapshot may take, and what is in it. */
export interface SnapshotCaps {
  /** Memory of its VM in MiB. */
  readonly memoryMb: number;
  readonly workspace: WorkspaceLimits;
}
