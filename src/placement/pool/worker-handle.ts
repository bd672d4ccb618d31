import type { Channel } from "../channel/channel.ts";

/** One worker of a place. Each kind of place implements it. */
export interface WorkerHandle {
  readonly channel: Channel;
  /**
   * Whether the worker's side also calls tools itself and reports these calls.
   * @default false
   */
  readonly callsTools?: boolean;
  /** Ends it immediately. */
  kill(): void;
  /** Resolves when it has ended. */
  readonly exited: Promise<WorkerExit>;
  /** What it has used since its start, by the operating system's counters; `undefined` where they cannot be read. */
  usage(): WorkerUsage | undefined;
  /** Sets whether it keeps this process alive; called by its `Holders` only. */
  hold(held: boolean): void;
}

export interface WorkerExit {
  /** Whether it ran out of memory, as far as its exit shows. */
  readonly outOfMemory: boolean;
  /** For people: `exit code 1`, `signal SIGKILL`. */
  readonly detail: string;
  /** The last part of its standard error, or an empty text. */
  readonly lastWords: string;
}

export interface WorkerUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Whether its main thread is not running and does not want to. Absent where the system does not say it. */
  readonly asleep?: boolean;
}
