import type { Backing } from "./backing.ts";

/** Where sessions are kept beyond this process. */
export interface SessionStore extends AsyncDisposable {
  /** One session's place there. */
  open(key: string): Backing;
}

/** A key-value store that processes share. */
export interface SharedStore extends AsyncDisposable {
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs after which it is gone */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Take, or go on holding, a lock that ends by itself after `ttlMs`. False when another token holds it: one step, so
   * that of two who try one gets it.
   */
  lock(name: string, token: string, ttlMs: number): Promise<boolean>;
  /** Give it back, if `token` still holds it. */
  unlock(name: string, token: string): Promise<void>;
}
