import type { Caller } from "../core/caller.ts";
import type { NetworkRequest } from "../core/result.ts";

/** How far a call is. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** What goes along with a call. */
export interface CallContext {
  /** Aborting ends the call. */
  readonly signal: AbortSignal;
  /** Who asks. */
  readonly caller: Caller;
  readonly onProgress?: (progress: Progress) => void;
  /** Told of every request that the call makes to the network for the program. */
  readonly onRequest?: (request: NetworkRequest) => void;
}
