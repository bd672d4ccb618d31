/** Who has this runtime as its place. */
export interface RemoteClient {
  /**
   * Who the programs run for.
   * @default no user
   */
  readonly user?: string | undefined;
  /**
   * Called before every run, and before a VM is opened; throws to refuse it. Returns a function to call when that is over.
   * @param bytes size of a request that is still to be received, where it is large; else 0
   * @default all are admitted
   */
  readonly admit?: (bytes: number) => Promise<() => void>;
  /**
   * Time in ms that a message may take to arrive.
   * @default 30_000
   */
  readonly messageMs?: number;
  /**
   * Time in ms after which a connection ends that is not used.
   * @default 600_000
   */
  readonly idleMs?: number;
}

/** Default of {@link RemoteClient.messageMs}. */
export const MESSAGE_MS = 30_000;
/** Default of {@link RemoteClient.idleMs}. */
export const UNUSED_MS = 600_000;
