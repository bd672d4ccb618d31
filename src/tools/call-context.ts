import type { Caller } from "../core/caller.ts";
import type { NetworkRequest } from "../core/result.ts";

/** The progress of a call, as MCP reports it. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** What a call carries besides its arguments. */
export interface CallContext {
  /** Aborting ends the call. */
  readonly signal: AbortSignal;
  /** Who makes the call. */
  readonly caller: Caller;
  /** The arguments, where they are several and make no object: a plain function gets them one by one. */
  readonly positional?: readonly unknown[];
  /** Called with a result that comes when the call has been aborted. */
  readonly onLate?: (value: unknown) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Called with every network request that the call makes for the program. */
  readonly onRequest?: (request: NetworkRequest) => void;
}
