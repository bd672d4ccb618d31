import type { Channel } from "../placement/channel/channel.ts";

/** Time in ms for a new connection to name its engine. */
const GREETING_MS = 10_000;

interface ConnectionUse {
  /** Time in ms after which a connection ends that is not used. */
  readonly idleMs: number;
  /** Whether something is at work for its client. */
  readonly isUsed: () => boolean;
}

/** Closes a connection that does not begin, or that has not been used for a while. */
export class ConnectionClock {
  readonly #channel: Channel;
  readonly #use: ConnectionUse;
  #heardAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(channel: Channel, use: ConnectionUse) {
    this.#channel = channel;
    this.#use = use;
    this.#timer = setTimeout(() => channel.close(), GREETING_MS).unref();
    void channel.closed.then(() => clearTimeout(this.#timer));
  }

  /** The client has begun. */
  greeted(): void {
    clearTimeout(this.#timer);
    this.#watch(this.#use.idleMs);
  }

  /** A message has come. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  #watch(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const { idleMs, isUsed } = this.#use;
    if (isUsed()) this.heard();
    const leftMs = this.#heardAt + idleMs - performance.now();
    if (leftMs > 0) this.#watch(Math.ceil(leftMs));
    else this.#channel.close();
  }
}
