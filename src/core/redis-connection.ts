/**
 * How clients of Redis connect. A server that cannot be reached at start is an error; after a lost connection the client
 * reconnects, and calls fail until then.
 */
export interface RedisConnectionOptions {
  readonly url: string;
  readonly disableOfflineQueue: true;
  readonly socket: {
    readonly connectTimeout: number;
    readonly reconnectStrategy: (retries: number) => number | Error;
  };
}

const CONNECT_MS = 5_000;
const STEP_MS = 50;
const LONGEST_MS = 2_000;

/** @returns the options of a client, and what to call when it has connected */
export function redisConnection(url: string): {
  readonly options: RedisConnectionOptions;
  readonly onConnected: () => void;
} {
  let connected = false;
  const reconnectStrategy = (retries: number): number | Error =>
    connected ? Math.min(STEP_MS * retries, LONGEST_MS) : new Error("there is no connection");
  const socket = { connectTimeout: CONNECT_MS, reconnectStrategy };
  return {
    options: { url, disableOfflineQueue: true, socket },
    onConnected: () => {
      connected = true;
    },
  };
}
