import {
  ErrorCode,
  McpError,
  type Progress as McpProgress,
} from "@modelcontextprotocol/sdk/types.js";
import { currentContext, outsideRuns } from "../../core/async-context.ts";
import { ToolError } from "../../core/tool-error.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import type { Progress } from "../call-context.ts";
import type { ServerConfig } from "../config/server-entry.ts";
import { OUTAGE_HINT } from "../outage-hint.ts";
import { redactor } from "../redact.ts";
import { RelistPace } from "../relist.ts";
import { type Authorizer, LoginBegun } from "./auth/authorizer.ts";
import type { Credentials } from "./auth/credentials.ts";
import { PersonCredentials } from "./auth/person.ts";
import { ServiceCredentials } from "./auth/service.ts";
import { TokenStore } from "./auth/token-store.ts";
import type { ClientHooks } from "./client.ts";
import { cutUnits } from "../../core/utf8.ts";
import { withExactIntegers } from "./exact-arguments.ts";
import { errorData } from "./error-data.ts";
import { describe, describeStart, describeStop, type Outage } from "./failure.ts";
import { Link, MAX_LOGINS } from "./link.ts";
import { type Loss, lossIn, LostSession } from "./lost-session.ts";
import { RequestSignal } from "./request-signal.ts";
import {
  MAX_INSTRUCTIONS,
  MethodNotFound,
  type Notification,
  type RequestOptions,
  type Result,
  type Upstream,
} from "./upstream.ts";

export interface ConnectionOptions {
  /**
   * A larger message from the server fails its request.
   * @default 8_388_608
   */
  readonly maxMessageBytes?: number;
  /** Handlers of the server's requests. */
  readonly hooks?: ClientHooks;
  /**
   * Where credentials are kept.
   * @default the user's own, see {@link TokenStore}
   */
  readonly store?: TokenStore;
  /** How a person can log in now. Without it, a server that requires a login is an error. */
  readonly authorizer?: Authorizer;
}

const DEFAULT_MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const NOT_SENT: Loss = { isRefused: true, isProved: true };

/** A server of the config. Connects at the first request; a connection that died is replaced at the next one. */
export class Connection implements Upstream {
  readonly #name: string;
  readonly #config: ServerConfig;
  readonly #options: ConnectionOptions;
  readonly #redactConfig: (text: string) => string;
  #credentials: Credentials | undefined;
  readonly #listeners: ((notification: Notification) => void)[] = [];
  readonly #onConnection: ((isConnected: boolean) => void)[] = [];
  #link: Promise<Link> | undefined;
  #outage: Outage | undefined;
  /** A server that does not start is not started again at every call. */
  #starts = new RelistPace();
  /** The last report of each problem of a server that runs: garbage, floods, its end. */
  readonly #problems = new Map<"garbage" | "flood" | "stop", string>();
  /** The link that `#link` resolved to. */
  #live: Link | undefined;
  readonly #closings = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(name: string, config: ServerConfig, options: ConnectionOptions = {}) {
    this.#name = name;
    this.#config = config;
    this.#options = options;
    this.#redactConfig = redactor(config.secrets);
  }

  get failure(): string | undefined {
    return this.#closed ?? this.#outage?.report;
  }

  get outage(): string | undefined {
    return this.#closed ?? this.#outage?.summary;
  }

  get #closed(): string | undefined {
    return this.#stop.signal.aborted ? `server "${this.#name}" is closed` : undefined;
  }

  get warnings(): readonly string[] {
    return [
      ...this.#problems.values(),
      ...(this.#outage === undefined ? [] : [this.#outage.report]),
    ];
  }

  get instructions(): string | undefined {
    const instructions = this.#live?.client.getInstructions();
    return instructions === undefined ? undefined : cutUnits(instructions, MAX_INSTRUCTIONS);
  }

  /** Bound, so that it can be passed on. */
  readonly redact = (text: string): string => {
    const tokens = this.#credentials?.secrets ?? [];
    return tokens.length === 0
      ? this.#redactConfig(text)
      : redactor([...this.#config.secrets, ...tokens])(text);
  };

  onNotification(listener: (notification: Notification) => void): void {
    this.#listeners.push(listener);
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#onConnection.push(listener);
  }

  retryNow(): void {
    this.#starts = new RelistPace();
  }

  /**
   * Sends a request. Where the session of the connection is lost, a new one is made once, for all requests that find it so;
   * a request is made again only where it was certainly not carried out.
   */
  async request(method: string, params: Result, options: RequestOptions): Promise<Result> {
    const link = await this.#connect(options.label);
    try {
      return await this.#requestLoggedIn(link, method, params, options);
    } catch (error) {
      if (!(error instanceof LostSession)) throw error;
      const { loss, failure } = error;
      this.#drop(link);
      if (!loss.isRefused) throw this.#inDoubt(failure, options);
    }
    try {
      const renewed = await this.#connect(options.label);
      return await this.#requestLoggedIn(renewed, method, params, options);
    } catch (error) {
      throw error instanceof LostSession ? error.failure : error;
    }
  }

  #inDoubt({ message }: Error, { label: tool }: RequestOptions): ToolError {
    return new ToolError(
      "tool_error",
      `server "${this.#name}" lost the session during the call, which may have been carried out: ${message}`,
      { tool, hint: "Look whether it took effect before you call it again." },
    );
  }

  /** A server can require a login, or more scopes, at any request. */
  async #requestLoggedIn(
    link: Link,
    method: string,
    params: Result,
    options: RequestOptions,
  ): Promise<Result> {
    for (let logins = 0; ; logins++) {
      try {
        return await this.#requestOn(link, method, params, options);
      } catch (error) {
        if (!(error instanceof LoginBegun)) throw error;
        if (logins === MAX_LOGINS || !(await link.logIn(error)))
          throw this.#translate(error, link, options);
      }
    }
  }

  async #requestOn(
    link: Link,
    method: string,
    params: Result,
    options: RequestOptions,
  ): Promise<Result> {
    const { signal = this.#stop.signal, timeoutMs, maxMs, onProgress } = options;
    using ends = new RequestSignal({ signal, timeoutMs, maxMs });
    const heard = onProgress === undefined ? unheard : inOwnContext(onProgress);
    // It has ended since it was chosen; nothing was sent.
    if (link.dead) throw new LostSession(NOT_SENT, this.#translate(undefined, link, options, ends));
    try {
      const exact = withExactIntegers(params) as Result;
      return await link.request({ method, params: exact }, ends, (report) => {
        ends.progressed();
        heard(report);
      });
    } catch (error) {
      if (error instanceof LoginBegun) throw error;
      const failure = this.#translate(error, link, options, ends);
      const loss = ends.signal.aborted ? undefined : lossIn(error, link);
      if (loss === undefined) throw failure;
      // The ends of the request hold for the question whether the session is lost, too.
      const isLost = await untilAborted(link.isLost(loss), ends.signal, () =>
        ends.isAborted ? this.#translate(error, link, options, ends) : failure,
      );
      throw isLost ? new LostSession(loss, failure) : failure;
    }
  }

  #translate(
    error: unknown,
    link: Link,
    { label: tool, timeoutMs, maxMs }: RequestOptions,
    ends?: RequestSignal,
  ): Error {
    if (ends?.isAborted ?? this.#stop.signal.aborted)
      return new ToolError("aborted", "the run ended before the tool answered", { tool });
    if (ends?.isTimedOut === true)
      return new ToolError("tool_error", `${tool} did not answer within ${timeoutMs ?? maxMs} ms`, {
        tool,
      });
    if (link.dead) {
      const { report, summary } = describeStop(this.#name, link.postMortem, this.redact);
      this.#problems.set("stop", report);
      return new ToolError("tool_error", summary, { tool });
    }
    const details = error instanceof McpError ? errorData(error.data, this.redact) : {};
    if (error instanceof McpError && error.code === ErrorCode.MethodNotFound)
      return new MethodNotFound(this.redact(describe(error)), details.data);
    const message = this.redact(describe(error, this.#name));
    return new ToolError("tool_error", message, { tool, ...details });
  }

  /** The connection in use, or a new one where it died. */
  async #connect(tool: string): Promise<Link> {
    const begun = this.#link;
    const current = await begun?.catch(() => undefined);
    if (current?.dead === true) this.#drop(current);
    // Who waited for an attempt that failed has had its answer.
    if (begun !== undefined && current === undefined) throw this.#unavailable(tool);
    if (this.#closed !== undefined) throw new ToolError("tool_error", this.#closed);
    const isHeld = this.#link === undefined && this.#outage !== undefined && this.#starts.isHeld;
    if (isHeld) throw this.#unavailable(tool);
    this.#link ??= this.#open();
    try {
      return await this.#link;
    } catch {
      throw this.#unavailable(tool);
    }
  }

  #unavailable(tool: string): ToolError {
    const summary = this.outage ?? `server "${this.#name}" did not start`;
    return new ToolError("tool_error", summary, { tool, hint: OUTAGE_HINT });
  }

  async #openLink(): Promise<Link> {
    const { maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES, hooks = {} } = this.#options;
    const { roots } = this.#config;
    const credentials = await this.#openCredentials();
    this.#credentials = credentials;
    return await Link.open(this.#config, maxMessageBytes, {
      onGarbage: (count, first) => {
        const lines = count === 1 ? "a line" : `${count} lines`;
        const what = `wrote ${lines} on stdout that are no messages, first: ${shorten(this.redact(first))}`;
        this.#problems.set("garbage", `${this.#name}: ${what}`);
      },
      onFlood: (dropped) => {
        const what = `sends more messages than anyone asked for; ${dropped} were thrown away`;
        this.#problems.set("flood", `${this.#name}: ${what}`);
      },
      onNotification: (notification) =>
        this.#listeners.forEach((listener) => listener(notification)),
      signal: this.#stop.signal,
      server: this.#name,
      hooks: roots === undefined ? hooks : { ...hooks, roots },
      credentials,
    });
  }

  /** Nothing without stored credentials and without a person to log in now: requests then go without credentials. */
  async #openCredentials(): Promise<Credentials | undefined> {
    const config = this.#config;
    if (config.type === "stdio") return undefined;
    const { url, oauth } = config;
    const { store = new TokenStore(), authorizer } = this.#options;
    const service = ServiceCredentials.from(url, oauth);
    if (service !== undefined) return service;
    if (authorizer === undefined && (await store.read(url)).tokens === undefined) return undefined;
    return new PersonCredentials(url, oauth, store, authorizer);
  }

  #open(): Promise<Link> {
    this.#starts.note();
    // All callers share it, so it belongs to none of them.
    const opening = outsideRuns(() => this.#openLink());
    opening.then(
      (link) => {
        this.#live = link;
        this.#outage = undefined;
        for (const listener of this.#onConnection) listener(true);
      },
      (error: unknown) => {
        this.#outage = describeStart(this.#name, this.#config, error, this.redact);
        if (this.#link === opening) this.#link = undefined;
        for (const listener of this.#onConnection) listener(false);
      },
    );
    return opening;
  }

  /**
   * Requests that noticed the same death must not close the connection that one of them has made since. Those that are still
   * open on the old one are not ended.
   */
  #drop(link: Link): void {
    if (this.#live !== link) return;
    this.#live = undefined;
    this.#link = undefined;
    const closing: Promise<void> = link
      .retire(this.#stop.signal)
      .catch(() => {})
      .finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const link = await this.#link?.catch(() => undefined);
    await Promise.all([link?.close(), ...this.#closings]);
  }
}

function unheard(): void {}

/** Progress comes in the context of what reads the connection. */
function inOwnContext(onProgress: (progress: Progress) => void): (report: McpProgress) => void {
  const enter = currentContext();
  return ({ progress, total, message }) =>
    enter(() =>
      onProgress({
        progress,
        ...(total === undefined ? {} : { total }),
        ...(message === undefined ? {} : { message }),
      }),
    );
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
