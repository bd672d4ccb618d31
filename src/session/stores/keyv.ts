/** Keyv as a shared store: it keeps the values, a lock is the matter of each database. */
import { Keyv, type KeyvStoreAdapter } from "keyv";
import type { SharedStore } from "../store.ts";

export type Locks = Pick<SharedStore, "lock" | "unlock">;

/** @param locks over the same connection as `adapter` */
export function keyvStore(adapter: KeyvStoreAdapter, locks: Locks): SharedStore {
  // A failed access is thrown to whoever made it; Keyv would tell of it as an event that nobody hears.
  const keyv = new Keyv<string>({ store: adapter, throwOnErrors: true, useKeyPrefix: false });
  keyv.on("error", () => {});
  return {
    lock: (name, token, ttlMs) => locks.lock(name, token, ttlMs),
    unlock: (name, token) => locks.unlock(name, token),
    get: (key) => keyv.get(key),
    set: async (key, value, ttlMs) => {
      await keyv.set(key, value, ttlMs);
    },
    delete: async (key) => {
      await keyv.delete(key);
    },
    [Symbol.asyncDispose]: () => keyv.disconnect(),
  };
}
