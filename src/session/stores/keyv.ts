/** Keyv as a shared store: it keeps the values; locks depend on the database. */
import { Keyv, type KeyvStoreAdapter } from "keyv";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { SharedStore } from "../store.ts";

export type Locks = Pick<SharedStore, "lock" | "unlock">;

/**
 * @param locks over the same connection as `adapter`
 * @param close ends that connection, also when the database is unreachable
 */
export function keyvStore(
  adapter: KeyvStoreAdapter,
  locks: Locks,
  close: () => Promise<void>,
): SharedStore {
  // A failed access is thrown to its caller; by default Keyv only emits an event.
  const keyv = new Keyv<string>({ store: adapter, throwOnErrors: true, useKeyPrefix: false });
  keyv.on("error", () => {});
  const withContext = async <T>(work: Promise<T>): Promise<T> =>
    await work.catch((error: unknown) => {
      throw new CodecellError("internal", `the session store failed: ${messageOf(error)}`, {
        cause: error,
      });
    });
  return {
    lock: (name, token, ttlMs) => withContext(locks.lock(name, token, ttlMs)),
    unlock: (name, token) => withContext(locks.unlock(name, token)),
    get: (key) => withContext(keyv.get(key)),
    set: async (key, value, ttlMs) => {
      await withContext(keyv.set(key, value, ttlMs));
    },
    delete: async (key) => {
      await withContext(keyv.delete(key));
    },
    [Symbol.asyncDispose]: close,
  };
}
