import type { Channel } from "../channel/channel.ts";

/** What a kind of place supplies about one worker. */
export interface WorkerHandle {
  readonly channel: Channel;
  /** Whether tools are called at its place too, which it tells of. Default false. */
  readonly callsTools?: boolean;
  /** End it now, whatever it is doing. */
  kill(): void;
  /** Settles when it has ended, with how. */
  readonly exited: Promise<WorkerExit>;
  /** What the operating system says it has used since its start, where that can be read. */
  usage(): WorkerUsage | undefined;
  /** Whether it keeps this process alive. */
  hold(held: boolean): void;
}

export interface WorkerExit {
  /** It died for want of memory, as far as its exit tells. */
  readonly outOfMemory: boolean;
  /** For people: `exit code 1`, `signal SIGKILL`. */
  readonly detail: string;
  /** The end of what it wrote to standard error, or nothing. */
  readonly lastWords: string;
}

export interface WorkerUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}
