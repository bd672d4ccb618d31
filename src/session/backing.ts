import type { Ledger } from "./ledger.ts";

/** What other processes have made of a session since this one last looked. */
export interface Newer {
  /** Absent: the session is gone. */
  readonly snapshot: Uint8Array | undefined;
  /** This process has it now. To be called when that is so. */
  accept(): void;
}

/** Where one session's state is kept beyond this process. */
export interface Backing {
  /** What others have made of it, without having it to oneself. */
  peek(): Promise<Newer | undefined>;
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
  readonly newer: Newer | undefined;
  readonly ledger: Ledger;
  /** Calls that another program had made when its host died; they stand, what it left in memory does not. */
  readonly interrupted: number;
  /** The run is over, though what the session has become could not be kept. */
  settle(): Promise<void>;
  /** Keep what the session has become. Throws when another process has taken it over. */
  save(snapshot: Uint8Array): Promise<void>;
}
