import type { Ledger } from "./ledger.ts";

/** Where one session's state is kept beyond this process. */
export interface Backing {
  /**
   * Have the session to oneself, across all processes that share the store; waits for whoever has it.
   * @param source the program that is to run: where the last one was interrupted by its host's death and is the same,
   * its calls are known
   */
  enter(source: string): Promise<Visit>;
  /** Take the session away. */
  forget(): Promise<void>;
}

/** The time in which the session is one's own; ends when it is disposed of. */
export interface Visit extends AsyncDisposable {
  /** The session's snapshot, where another process has written one since. */
  readonly newer: Uint8Array | undefined;
  readonly ledger: Ledger;
  /** Calls that another program had made when its host died; they stand, what it left in memory does not. */
  readonly interrupted: number;
  /** Keep what the session has become. */
  save(snapshot: Uint8Array): Promise<void>;
}
