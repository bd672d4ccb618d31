/** The only module of sessions that uses @keyv/redis. */
import { Holders } from "../../core/holders.ts";
import { importKeyvRedis } from "../../core/optional-packages.ts";
import { redisConnection } from "../../core/redis-connection.ts";
import type { SharedStore } from "../store.ts";
import { keyvStore, type Locks } from "./keyv.ts";

/** Only the holder of a lock can renew or release it; each script is atomic in Redis. */
const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
const UNLOCK =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/** The part of the client that is used directly. */
interface Client {
  set(key: string, value: string, options: { NX: true; PX: number }): Promise<unknown>;
  destroy(): void;
  ref(): void;
  unref(): void;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** @param url `redis://…` or `rediss://…` */
export async function openRedis(url: string): Promise<SharedStore> {
  const { default: KeyvRedis } = await importKeyvRedis();
  const { options, onConnected } = redisConnection(url);
  const adapter = new KeyvRedis(options, { throwOnConnectError: true, throwOnErrors: true });
  const client = (await adapter.getClient()) as unknown as Client;
  onConnected();
  client.unref();
  const holders = new Holders((held) => (held ? client.ref() : client.unref()));
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
  return keyvStore(adapter, locks, async () => client.destroy(), holders);
}
