/** Keyv as a shared store: it keeps the values, a lock is the matter of each database. */
import { Keyv, type KeyvStoreAdapter } from "keyv";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { SharedStore } from "../store.ts";

export type Locks = Pick<SharedStore, "lock" | "unlock">;

/**
 * @param locks over the same connection as `adapter`
 * @param close ends that connection, also when the database is gone
 */
export function keyvStore(
  adapter: KeyvStoreAdapter,
  locks: Locks,
  close: () => Promise<void>,
): SharedStore {
  // A failed access is thrown to whoever made it; Keyv would tell of it as an event that nobody hears.
  const keyv = new Keyv<string>({ store: adapter, throwOnErrors: true, useKeyPrefix: false });
  keyv.on("error", () => {});
  const told = async <T>(work: Promise<T>): Promise<T> =>
    await work.catch((error: unknown) => {
      throw new CodecellError("internal", `the session store failed: ${messageOf(error)}`, {
        cause: error,
      });
    });
  return {
    lock: (name, token, ttlMs) => told(locks.lock(name, token, ttlMs)),
    unlock: (name, token) => told(locks.unlock(name, token)),
    get: (key) => told(keyv.get(key)),
    set: async (key, value, ttlMs) => {
      await told(keyv.set(key, value, ttlMs));
    },
    delete: async (key) => {
      await told(keyv.delete(key));
    },
    [Symbol.asyncDispose]: close,
  };
}
