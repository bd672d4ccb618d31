/** How often and how much at once each user may run. The door to rate-limiter-flexible. */
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
  type RateLimiterRes,
} from "rate-limiter-flexible";
import { importKeyvRedis } from "../../core/optional-packages.ts";
import { redisConnection } from "../../core/redis-connection.ts";
import { Tally } from "../../core/tally.ts";
import { CodecellError } from "../../index.ts";
import { ApiError, retryAfter } from "../http/api-error.ts";
import type { ResolvedServe } from "./settings.ts";

const DEAD_SLOT_S = 3_600;

/** The part of a Redis client that is needed here. */
interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

/** Counts the runs of each user that are at work. */
interface Slots {
  /** Returns false where the user has all that it may have. */
  take(user: string): Promise<boolean>;
  release(user: string): Promise<void>;
}

/**
 * The limits of each user. What is kept of a user is gone when its last run is over and, with `rateLimit`, its time has
 * passed: names that come once cost nothing afterwards.
 */
export class RunLimits implements AsyncDisposable {
  readonly #rate: RateLimiterAbstract | undefined;
  readonly #parallel: Slots | undefined;
  readonly #client: RedisClient | undefined;

  private constructor({ rateLimit, parallelRuns }: ResolvedServe, client: RedisClient | undefined) {
    this.#client = client;
    if (rateLimit !== undefined) {
      const { runs: points, perSeconds: duration } = rateLimit;
      const options = { keyPrefix: "codecell:rate", points, duration };
      this.#rate =
        client === undefined ? new RateLimiterMemory(options) : redisLimiter(client, options);
    }
    if (parallelRuns !== undefined)
      this.#parallel =
        client === undefined
          ? new SlotsHere(parallelRuns)
          : new SharedSlots(
              redisLimiter(client, {
                keyPrefix: "codecell:parallel",
                points: parallelRuns,
                duration: DEAD_SLOT_S,
              }),
            );
  }

  /** @throws CodecellError `config_error` when the store does not respond */
  static async open(settings: ResolvedServe): Promise<RunLimits> {
    const { limitStore } = settings;
    const client = limitStore === undefined ? undefined : await connect(limitStore);
    return new RunLimits(settings, client);
  }

  /**
   * Takes what one run of the user needs; returns a function that releases it.
   * @throws ApiError 429 with `Retry-After`
   */
  async admit(user: string | undefined): Promise<() => void> {
    const name = nameOf(user);
    await this.#checkRate(name);
    if ((await this.#parallel?.take(name)) === false)
      throw new ApiError(429, "quota_exceeded", "too many runs at once", {
        headers: retryAfter(0),
      });
    return () => void this.#parallel?.release(name).catch(() => {}); // otherwise it expires
  }

  async #checkRate(name: string): Promise<void> {
    try {
      await this.#rate?.consume(name);
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      const headers = retryAfter((refused as RateLimiterRes).msBeforeNext);
      throw new ApiError(429, "rate_limited", "too many runs", { headers });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.destroy();
  }
}

/** All runs without a user count together, and with those of no user, whatever its name. */
function nameOf(user: string | undefined): string {
  return user === undefined ? "anybody" : `user:${user}`;
}

/** Slots of this process. */
class SlotsHere implements Slots {
  readonly #most: number;
  readonly #taken = new Tally<string>();

  constructor(most: number) {
    this.#most = most;
  }

  async take(user: string): Promise<boolean> {
    if (this.#taken.of(user) >= this.#most) return false;
    this.#taken.add(user);
    return true;
  }

  async release(user: string): Promise<void> {
    this.#taken.remove(user);
  }
}

/** Slots that replicas share. Those of a process that died expire, later than any run ends. */
class SharedSlots implements Slots {
  readonly #limiter: RateLimiterAbstract;

  constructor(limiter: RateLimiterAbstract) {
    this.#limiter = limiter;
  }

  async take(user: string): Promise<boolean> {
    try {
      await this.#limiter.consume(user);
      return true;
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      await this.release(user); // what was refused takes no slot
      return false;
    }
  }

  /** Slots that have expired are not released: that would make more of them than there are. */
  async release(user: string): Promise<void> {
    const taken = await this.#limiter.get(user);
    if ((taken?.consumedPoints ?? 0) > 0) await this.#limiter.reward(user);
  }
}

function redisLimiter(
  client: RedisClient,
  options: { readonly keyPrefix: string; readonly points: number; readonly duration: number },
): RateLimiterAbstract {
  return new RateLimiterRedis({ storeClient: client, useRedisPackage: true, ...options });
}

async function connect(url: string): Promise<RedisClient> {
  try {
    const { createClient } = await importKeyvRedis();
    const { options, onConnected } = redisConnection(url);
    const client = createClient(options) as RedisClient;
    client.on("error", () => {}); // calls fail meanwhile, and report it
    await client.connect();
    onConnected();
    return client;
  } catch (error) {
    throw new CodecellError("config_error", "codecell.serve.limitStore does not answer", {
      hint: "It needs the package @keyv/redis, and a server that responds there.",
      cause: error,
    });
  }
}
