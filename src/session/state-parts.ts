import type { Workspace } from "../files/workspace.ts";
import type { KnownAnswers } from "./session-run.ts";
import type { SessionVmOptions } from "./session-vm.ts";
import type { SavedSession } from "./snapshot.ts";
import type { SessionRecord } from "./store.ts";

/** What the state of a session is made of. */
export interface StateParts {
  readonly vm: SessionVmOptions;
  readonly workspace: Workspace;
  /** Where the session is stored, if anywhere. */
  readonly record: SessionRecord | undefined;
  /** Default: a new session. */
  readonly start?: SessionStart | undefined;
}

/** What a restored session begins with. */
export interface SessionStart {
  readonly saved: SavedSession;
  /** The stored version of `saved`, if it is stored. */
  readonly version?: string | undefined;
  /** Answers that the saved run waits for and that this process gets. */
  readonly answers?: KnownAnswers | undefined;
}
