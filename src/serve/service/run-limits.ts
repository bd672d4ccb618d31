/** How often and how much at once each user may run. The door to rate-limiter-flexible. */
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
  type RateLimiterRes,
} from "rate-limiter-flexible";
import { redisConnection } from "../../core/redis-connection.ts";
import { CodecellError } from "../../index.ts";
import { ApiError } from "../http/api-error.ts";
import type { ResolvedServe } from "./settings.ts";

const FOR_EVER = 0;
const DEAD_SLOT_S = 3_600;
/** All runs without a user count together. */
const ANYBODY = "anybody";

/** The part of a Redis client that is needed here. */
interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

export class RunLimits implements AsyncDisposable {
  readonly #rate: RateLimiterAbstract | undefined;
  readonly #parallel: RateLimiterAbstract | undefined;
  readonly #client: RedisClient | undefined;

  private constructor({ rateLimit, parallelRuns }: ResolvedServe, client: RedisClient | undefined) {
    this.#client = client;
    const make = (keyPrefix: string, points: number, duration: number): RateLimiterAbstract =>
      client === undefined
        ? new RateLimiterMemory({ keyPrefix, points, duration })
        : new RateLimiterRedis({
            storeClient: client,
            useRedisPackage: true,
            keyPrefix,
            points,
            duration,
          });
    if (rateLimit !== undefined)
      this.#rate = make("codecell:rate", rateLimit.runs, rateLimit.perSeconds);
    // Slots are released at the end of a run; those of a process that died expire, later than any run ends.
    const seconds = client === undefined ? FOR_EVER : DEAD_SLOT_S;
    if (parallelRuns !== undefined)
      this.#parallel = make("codecell:parallel", parallelRuns, seconds);
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
  async admit(user = ANYBODY): Promise<() => void> {
    await take(this.#rate, user, "too many runs", "rate_limited");
    await take(this.#parallel, user, "too many runs at once", "quota_exceeded");
    return () => void giveBack(this.#parallel, user).catch(() => {}); // otherwise it expires
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.destroy();
  }
}

async function take(
  limiter: RateLimiterAbstract | undefined,
  user: string,
  message: string,
  code: "rate_limited" | "quota_exceeded",
): Promise<void> {
  try {
    await limiter?.consume(user);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    if (code === "quota_exceeded") await giveBack(limiter, user); // what was refused takes no slot
    const seconds = Math.max(1, Math.ceil((refused as RateLimiterRes).msBeforeNext / 1_000));
    const wait = code === "rate_limited" ? seconds : 1;
    throw new ApiError(429, code, message, { headers: { "retry-after": `${wait}` } });
  }
}

/** Slots that have expired are not released: that would make more of them than there are. */
async function giveBack(limiter: RateLimiterAbstract | undefined, user: string): Promise<void> {
  const taken = await limiter?.get(user);
  if ((taken?.consumedPoints ?? 0) > 0) await limiter?.reward(user);
}

async function connect(url: string): Promise<RedisClient> {
  try {
    const { createClient } = await import("@keyv/redis");
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
