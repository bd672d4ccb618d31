import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport, SseError } from "@modelcontextprotocol/sdk/client/sse.js";
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  type Progress as McpProgress,
  type Request,
  ResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { untilAborted } from "../../core/until-aborted.ts";
import type { ServerConfig } from "../config/server-entry.ts";
import { LoginBegun } from "./auth/authorizer.ts";
import type { Credentials } from "./auth/credentials.ts";
import { Causes } from "./causes.ts";
import { type ClientHooks, createClient } from "./client.ts";
import { Exchanges } from "./exchange.ts";
import { Intake } from "./intake.ts";
import { type Loss, lossIn } from "./lost-session.ts";
import { MeteredTransport } from "./metered-transport.ts";
import { StartError } from "./start-error.ts";
import { StdioTransport } from "./stdio.ts";
import type { RequestSignal } from "./request-signal.ts";
import { type MadeTransport, makeTransport } from "./transport.ts";
import { NO_TIMEOUT_MS, type Notification, type Result } from "./upstream.ts";

/** What a connection reports to its owner. */
export interface LinkEvents {
  readonly onGarbage: (count: number, first: string) => void;
  /** Messages that nobody asked for were thrown away, since there were too many; with their number. */
  readonly onFlood: (dropped: number) => void;
  readonly onNotification: (notification: Notification) => void;
  /** Aborting ends an attempt to connect. */
  readonly signal: AbortSignal;
  /** Name of the server, for the host's handlers. */
  readonly server: string;
  readonly hooks: ClientHooks;
  /** Of a server behind HTTP. */
  readonly credentials?: Credentials | undefined;
}

/** A person may be asked for more scopes after the login; more often than this is a server that never has enough. */
export const MAX_LOGINS = 3;

/** Asked where it is not clear whether the session is lost: harmless, and refused by a server that does not know it. */
const PROBE: Request = { method: "tools/list", params: {} };
const PROBE_MS = 10_000;

/** One connection to a server, from initialize to its end. It is never revived; a new one is made. */
export class Link {
  readonly client: Client;
  /** Which request a message of the server belongs to. */
  readonly causes = new Causes();
  readonly #transport: Transport;
  readonly #credentials: Credentials | undefined;
  /** Whether requests have credentials, so that a server may refuse them for those. */
  readonly isAuthorized: boolean;
  #dead = false;
  #requests = 0;
  readonly #idle = new EventTarget();
  #isLost = false;
  #probe: Promise<boolean> | undefined;

  private constructor(
    client: Client,
    transport: Transport,
    config: ServerConfig,
    credentials: Credentials | undefined,
  ) {
    this.client = client;
    this.#transport = transport;
    this.#credentials = credentials;
    this.isAuthorized =
      credentials !== undefined ||
      (config.type !== "stdio" &&
        Object.keys(config.headers).some((name) => name.toLowerCase() === "authorization"));
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Client is no EventTarget
    client.onclose = () => {
      this.#dead = true;
    };
  }

  /** True when no call can succeed any more. */
  get dead(): boolean {
    return this.#dead || this.postMortem.exit !== undefined;
  }

  /** How the server process ended and the end of its stderr, where it is a process. */
  get postMortem(): { readonly exit?: string; readonly stderr?: string } {
    const transport = this.#transport;
    if (!(transport instanceof StdioTransport)) return {};
    const { exit, stderrTail } = transport;
    return { ...(exit === undefined ? {} : { exit }), stderr: stderrTail };
  }

  /** True when the server gave this connection a session, which it may forget. */
  get hasSession(): boolean {
    return this.#transport.sessionId !== undefined || this.#transport instanceof SSEClientTransport;
  }

  /**
   * Sends a request, and returns its result.
   * @throws what the SDK throws; the signal knows whether it ended the request
   */
  async request(
    { method, params }: { readonly method: string; readonly params: Result },
    { signal }: RequestSignal,
    onprogress: (progress: McpProgress) => void,
  ): Promise<Result> {
    // Our own time-outs count, not the SDK's.
    const options = { signal, timeout: NO_TIMEOUT_MS, onprogress };
    this.#requests++;
    try {
      return await this.causes.request(
        () => this.client.request({ method, params }, ResultSchema, options),
        signal,
      );
    } finally {
      if (--this.#requests === 0) this.#idle.dispatchEvent(new Event("idle"));
    }
  }

  /**
   * Whether the session is lost, as an error said. Where the error alone does not prove it, a harmless request does, which is
   * refused as well; several errors at once send one.
   */
  async isLost({ isProved }: Loss): Promise<boolean> {
    this.#isLost ||= isProved;
    if (this.#isLost) return true;
    this.#probe ??= this.client
      .request(PROBE, ResultSchema, { timeout: PROBE_MS })
      .then(
        () => false,
        (error: unknown) => lossIn(error, this) !== undefined,
      )
      .finally(() => (this.#probe = undefined));
    if (await this.#probe) this.#isLost = true;
    return this.#isLost;
  }

  /** Ends the connection when the last of its requests is over, or `signal` is aborted: it gets no new ones. */
  async retire(signal: AbortSignal): Promise<void> {
    if (this.#requests > 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      this.#idle.addEventListener("idle", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
      await promise;
      signal.removeEventListener("abort", resolve);
    }
    await this.close();
  }

  /** Connects and initializes, within `startTimeoutMs`. After a failure nothing is left running. */
  static async open(
    config: ServerConfig,
    maxMessageBytes: number,
    events: LinkEvents,
  ): Promise<Link> {
    const deadline = performance.now() + config.startTimeoutMs;
    if (config.type !== "auto")
      return await Link.#openLoggedIn(config, maxMessageBytes, deadline, events);
    try {
      const http = { ...config, type: "http" as const };
      return await Link.#openLoggedIn(http, maxMessageBytes, deadline, events);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      try {
        const sse = { ...config, type: "sse" as const };
        return await Link.#openLoggedIn(sse, maxMessageBytes, deadline, events);
      } catch {
        // Not an SSE server either: the error of streamable HTTP is more useful.
        throw error;
      }
    }
  }

  /** Where the server requires a login and a person can log in, connects again after the login. */
  static async #openLoggedIn(
    config: ServerConfig,
    maxMessageBytes: number,
    deadline: number,
    events: LinkEvents,
  ): Promise<Link> {
    const { credentials } = events;
    let until = deadline;
    for (let logins = 0; ; logins++) {
      let failure: unknown;
      const onFailure = (error: unknown): void => void (failure = error);
      const auth = credentials === undefined ? undefined : { credentials, onFailure };
      const intake = new Intake(maxMessageBytes, events.onFlood);
      const parts = { server: events.server, intake, exchanges: new Exchanges() };
      const transport = makeTransport(config, parts, events.onGarbage, auth);
      try {
        return await Link.#open(config, transport, intake, until, events);
      } catch (thrown) {
        const error = failure === undefined ? thrown : new LinkError(failure, {});
        if (logins === MAX_LOGINS || !(await logIn(error, credentials))) throw error;
        until = performance.now() + config.startTimeoutMs;
      }
    }
  }

  /** True when `error` said that a person has to log in, and they did. */
  async logIn(error: unknown): Promise<boolean> {
    return await logIn(error, this.#credentials);
  }

  static async #open(
    config: ServerConfig,
    { carrier, reading }: MadeTransport,
    intake: Intake,
    deadline: number,
    events: LinkEvents,
  ): Promise<Link> {
    const client = createClient(events.server, events.hooks, events.onNotification);
    const link = new Link(client, carrier, config, events.credentials);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Client is no EventTarget
    client.onerror = (error) => {
      if (endsTheConnection(error)) void client.close();
    };
    try {
      const timeout = Math.max(1, deadline - performance.now());
      const connecting = client.connect(new MeteredTransport(reading, intake), {
        // Its message would say less than ours.
        timeout: timeout + 1_000,
      });
      link.#attribute();
      await within(
        connecting,
        timeout,
        `no answer within ${config.startTimeoutMs} ms`,
        events.signal,
      );
      return link;
    } catch (error) {
      // Before our own closing becomes the reason.
      const { postMortem } = link;
      await reading.close();
      throw new LinkError(error, postMortem);
    }
  }

  /** Lets the client, which has just been connected, handle each message in the context of its cause. */
  #attribute(): void {
    const { onmessage } = this.#transport;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Transport is no EventTarget
    this.#transport.onmessage = (message, extra) =>
      this.causes.handle(() => onmessage?.(message, extra));
  }

  /** Ends the connection and the server process, if it is one. */
  async close(): Promise<void> {
    this.#dead = true;
    if (this.#transport instanceof StreamableHTTPClientTransport && this.hasSession) {
      await within(this.#transport.terminateSession(), 1_000, "no answer").catch(() => {});
    }
    await this.client.close();
    // The SDK forgets a transport that closed by itself; the server's process group may still be ending.
    if (this.#transport instanceof StdioTransport) await this.#transport.close();
  }
}

/** Why there is no connection. */
export class LinkError extends Error {
  readonly postMortem: Link["postMortem"];

  constructor(cause: unknown, postMortem: Link["postMortem"]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.postMortem = postMortem;
  }
}

async function logIn(thrown: unknown, credentials: Credentials | undefined): Promise<boolean> {
  const error = thrown instanceof LinkError ? thrown.cause : thrown;
  if (!(error instanceof LoginBegun) || credentials?.finishLogin === undefined) return false;
  await credentials.finishLogin();
  return true;
}

/** Servers of the older HTTP+SSE transport respond to initialize with a 4xx. */
function isRefusal(error: unknown): boolean {
  const cause = error instanceof LinkError ? error.cause : undefined;
  return (
    cause instanceof StreamableHTTPError &&
    cause.code !== undefined &&
    cause.code >= 400 &&
    cause.code < 500 &&
    // It requires credentials, whatever its transport.
    cause.code !== 401 &&
    cause.code !== 403
  );
}

/** The SDK only reports these, and responses would never come. */
function endsTheConnection(error: Error): boolean {
  return error instanceof SseError || error.message.startsWith("Maximum reconnection attempts");
}

async function within<T>(
  work: Promise<T>,
  ms: number,
  complaint: string,
  signal?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(Math.ceil(ms));
  const either = signal === undefined ? late : AbortSignal.any([late, signal]);
  const refusal = (): Error =>
    late.aborted
      ? new StartError(complaint, "it did not answer in time")
      : new StartError("it was closed while it started", "it was closed while it started");
  return await untilAborted(work, either, refusal);
}
