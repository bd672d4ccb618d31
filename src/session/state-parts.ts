import type { Workspace } from "../files/workspace.ts";
import type { KnownAnswers } from "./session-run.ts";
import type { SessionVmOptions } from "./session-vm.ts";
import type { SavedSession } from "./saved-session.ts";
import type { SessionRecord } from "./store.ts";

/** The parts of a session's state. */
export interface StateParts {
  readonly vm: SessionVmOptions;
  readonly workspace: Workspace;
  /** Where the session is stored, if anywhere. */
  readonly record: SessionRecord | undefined;
  /** Reads what is stored. */
  readonly readStored: (snapshot: Uint8Array) => Promise<SavedSession>;
  /**
   * The state of a restored session.
   * @default none: a new session
   */
  readonly start?: SessionStart | undefined;
}

/** The state with which a restored session begins. */
export interface SessionStart {
  readonly saved: SavedSession;
  /** The stored version of `saved`, if it is stored. */
  readonly version?: string | undefined;
  /** Answers for which the saved run waits and that this process receives. */
  readonly answers?: KnownAnswers | undefined;
}
