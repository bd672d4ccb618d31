import type { Caller } from "../core/caller.ts";

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

/** One request to the network, made or refused. Of redirects, each hop is one. */
export interface NetworkRequest {
  readonly method: string;
  /** Without its query and fragment, which may hold secrets. */
  readonly url: string;
  /** Absent when it was refused or failed. */
  readonly status?: number;
  /** Of the response's body. */
  readonly bytes: number;
  readonly ms: number;
  readonly error?: string;
}
