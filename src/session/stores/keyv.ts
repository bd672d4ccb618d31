/** Keyv as a shared store: it keeps the values; locks depend on the database. */
import { Keyv, type KeyvStoreAdapter } from "keyv";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { Holders } from "../../core/holders.ts";
import type { SharedStore } from "../store.ts";

export type Locks = Pick<SharedStore, "lock" | "unlock">;

/**
 * @param locks over the same connection as `adapter`
 * @param close ends that connection, also when the database is unreachable
 * @param holders of that connection, where it does not know by itself that it is idle: only an access keeps this process alive
 */
export function keyvStore(
  adapter: KeyvStoreAdapter,
  locks: Locks,
  close: () => Promise<void>,
  holders?: Holders,
): SharedStore {
  // A failed access is thrown to its caller; by default Keyv only emits an event.
  const keyv = new Keyv<string>({ store: adapter, throwOnErrors: true, useKeyPrefix: false });
  keyv.on("error", () => {});
  const access = async <T>(work: Promise<T>): Promise<T> => {
    const release = holders?.take();
    try {
      return await work;
    } catch (error) {
      throw new CodecellError("internal", `the session store failed: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      release?.();
    }
  };
  return {
    lock: (name, token, ttlMs) => access(locks.lock(name, token, ttlMs)),
    unlock: (name, token) => access(locks.unlock(name, token)),
    get: (key) => access(keyv.get(key)),
    set: async (key, value, ttlMs) => {
      await access(keyv.set(key, value, ttlMs));
    },
    delete: async (key) => {
      await access(keyv.delete(key));
    },
    [Symbol.asyncDispose]: close,
  };
}
