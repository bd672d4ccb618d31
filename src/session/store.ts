import type { Backing } from "./backing.ts";

/** Where sessions are kept beyond this process. */
export interface SessionStore extends AsyncDisposable {
  /** The last snapshot of a session, if there is one. */
  load(key: string): Promise<Uint8Array | undefined>;
  backing(key: string): Backing;
}
