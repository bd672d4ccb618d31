/** The connections of each user whose runtimes have this service as their placement. */
import { Semaphore } from "../../core/semaphore.ts";
import { ApiError } from "../http/api-error.ts";

interface UserConnections {
  count: number;
  /** One large request of a user at a time is received and held; the others of the user wait. */
  readonly large: Semaphore;
}

export interface Connection {
  /** Takes the place for a large request. Returns a function that gives it back. */
  takeLarge(): Promise<() => void>;
  /** The connection has ended. */
  end(): void;
}

export class Connections {
  readonly #most: number;
  /** Users who are connected. All connections without a user count together. */
  readonly #users = new Map<string | undefined, UserConnections>();

  /** @param most largest number of connections of one user */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws ApiError 429 with `Retry-After` */
  open(user: string | undefined): Connection {
    const mine = this.#users.get(user) ?? { count: 0, large: new Semaphore(1) };
    if (mine.count >= this.#most)
      throw new ApiError(429, "quota_exceeded", "too many connections at once", {
        headers: { "retry-after": "1" },
      });
    mine.count++;
    this.#users.set(user, mine);
    return {
      takeLarge: () => mine.large.take(),
      end: () => {
        if (--mine.count === 0) this.#users.delete(user);
      },
    };
  }
}
