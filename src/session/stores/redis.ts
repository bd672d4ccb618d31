/** The door to @keyv/redis. */
import type { SharedStore } from "../store.ts";
import { keyvStore, type Locks } from "./keyv.ts";

const CONNECT_MS = 5_000;

/** Going on to hold a lock, and giving it back, are for its holder only; each is one step inside Redis. */
const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
const UNLOCK =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/** The part of the client that locks need. */
interface Client {
  set(key: string, value: string, options: { NX: true; PX: number }): Promise<unknown>;
  destroy(): void;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** @param url `redis://…` or `rediss://…` */
export async function openRedis(url: string): Promise<SharedStore> {
  const { default: KeyvRedis } = await import("@keyv/redis");
  let connected = false;
  // A server that is not there says so now; one that goes away is waited for.
  const reconnectStrategy = (retries: number): number | Error =>
    connected ? Math.min(50 * retries, 2_000) : new Error("there is no connection");
  const socket = { connectTimeout: CONNECT_MS, reconnectStrategy };
  const adapter = new KeyvRedis(
    { url, socket, disableOfflineQueue: true },
    { throwOnConnectError: true, throwOnErrors: true },
  );
  const client = (await adapter.getClient()) as unknown as Client;
  connected = true;
  const locks: Locks = {
    lock: async (name, token, ttlMs) => {
      if ((await client.set(name, token, { NX: true, PX: ttlMs })) === "OK") return true;
      const held = await client.eval(RENEW, { keys: [name], arguments: [token, `${ttlMs}`] });
      return held === 1;
    },
    unlock: async (name, token) => {
      await client.eval(UNLOCK, { keys: [name], arguments: [token] });
    },
  };
  return keyvStore(adapter, locks, async () => client.destroy());
}
