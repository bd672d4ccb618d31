/** The sessions of an MCP endpoint: how many there may be, how long they last, and which one makes room for a new one. */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";

/** One session. */
export interface HttpSession {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  /** Who began it; `undefined` where that is not known. */
  readonly client: string | undefined;
  /** Time of its last request, on the clock of `performance.now()`. */
  lastUse: number;
  /** Requests in progress, streams for what the server sends included. */
  open: number;
  /** Requests of these that the client waits for. */
  busy: number;
  /** Whether it has asked for anything since it began. */
  isUsed: boolean;
}

export interface SessionCaps {
  readonly max: number;
  readonly maxPerClient: number;
  /** Time in ms after which an unused session ends. */
  readonly idleMs: number;
}

/**
 * Time in ms after which a session that has not asked for anything ends, and for which one that has is safe from making room
 * for another: clients list the tools immediately, and people pause for longer.
 */
const QUIET_MS = 60_000;

/**
 * Beginning a session costs a client nothing, so sessions that did nothing are no reason to refuse anybody: the oldest one
 * makes room for the next, and then the one that was idle for longest. No client takes the room of all others.
 */
export class HttpSessions {
  readonly #caps: SessionCaps;
  /** By id; the one that was used last is the last. */
  readonly #held = new Map<string, HttpSession>();
  readonly #perClient = new Map<string, number>();

  constructor(caps: SessionCaps) {
    this.#caps = caps;
  }

  get size(): number {
    return this.#held.size;
  }

  get(id: string): HttpSession | undefined {
    return this.#held.get(id);
  }

  /** Adds a session, in the place of another one where there are too many. Returns false where none can go. */
  add(id: string, session: HttpSession): boolean {
    const { client } = session;
    const own = client === undefined ? 0 : (this.#perClient.get(client) ?? 0);
    if (own >= this.#caps.maxPerClient && !this.#makeRoom((held) => held.client === client))
      return false;
    if (this.#held.size >= this.#caps.max && !this.#makeRoom(() => true)) return false;
    this.#held.set(id, session);
    if (client !== undefined) this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    return true;
  }

  /** Records that a session was used. */
  touch(id: string | undefined, session: HttpSession): void {
    session.lastUse = performance.now();
    if (id === undefined || this.#held.get(id) !== session) return;
    this.#held.delete(id);
    this.#held.set(id, session);
  }

  remove(id: string): void {
    const client = this.#held.get(id)?.client;
    if (!this.#held.delete(id) || client === undefined) return;
    const left = this.#perClient.get(client)! - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }

  /** Seconds until a session can make room, as far as is known now. */
  get retryAfterS(): number {
    const quiet = [...this.#held.values()].filter(({ busy }) => busy === 0);
    const oldest = Math.min(...quiet.map(({ lastUse }) => lastUse));
    const ms = quiet.length === 0 ? QUIET_MS : oldest + QUIET_MS - performance.now();
    return Math.max(1, Math.ceil(ms / 1_000));
  }

  /** Ends those that were not used for too long. */
  async endIdle(): Promise<void> {
    const now = performance.now();
    const { idleMs } = this.#caps;
    const idle = [...this.#held].filter(([, { open, isUsed, lastUse }]) => {
      const lifeMs = isUsed ? idleMs : Math.min(idleMs, QUIET_MS);
      return open === 0 && lastUse + lifeMs <= now;
    });
    await Promise.allSettled(idle.map(([id]) => this.#end(id)));
  }

  async endAll(): Promise<void> {
    await Promise.allSettled([...this.#held.keys()].map((id) => this.#end(id)));
  }

  #makeRoom(mayGo: (session: HttpSession) => boolean): boolean {
    const quiet = [...this.#held].filter(([, session]) => session.busy === 0 && mayGo(session));
    const before = performance.now() - QUIET_MS;
    const [id] =
      quiet.find(([, { isUsed }]) => !isUsed) ??
      quiet.find(([, { lastUse }]) => lastUse <= before) ??
      [];
    if (id === undefined) return false;
    void this.#end(id);
    return true;
  }

  async #end(id: string): Promise<void> {
    const server = this.#held.get(id)?.server;
    this.remove(id);
    await server?.close().catch(() => {}); // what it was about to send reaches nobody any more
  }
}
