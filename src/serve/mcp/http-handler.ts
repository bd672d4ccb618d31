/** MCP over Streamable HTTP as a web-standard handler: with sessions or without, and which requests are accepted. */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { outsideRuns } from "../../core/async-context.ts";
import { allowedOrigin, allowReading, isPreflight, preflightResponse } from "../http/cors.ts";
import { originProblem } from "../http/origin.ts";
import { type HttpSession, HttpSessions } from "./http-sessions.ts";
import { acceptingBoth, asJson, formFor, type ResponseForm } from "./response-form.ts";

/** What {@link McpHttpHandler} takes. */
export interface McpHttpOptions {
  /** Makes the server of a session, or of a request where there are no sessions. */
  readonly createServer: () => Server;
  /**
   * True for no sessions: any replica can answer a request, and the server cannot send by itself.
   * @default false
   */
  readonly stateless?: boolean;
  /**
   * Respond with plain JSON instead of a stream of events to every client that accepts JSON; then there is no progress. A client
   * that does not name `text/event-stream` in its `Accept` header gets JSON anyway.
   * @default false
   */
  readonly json?: boolean;
  /**
   * Path of the endpoint; other paths respond with 404.
   * @default "/mcp"
   */
  readonly path?: string;
  /**
   * Host names of this service, as clients write them, without port, besides those of the loopback interface.
   * @default []
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of web pages that may send requests and read the responses (CORS), e.g. `https://app.example.com`. Pages of the
   * loopback interface may send requests; to read responses they have to be listed too.
   * @default []
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * When set, requests must have `Authorization: Bearer <token>` (RFC 6750).
   * @default none: no authentication
   */
  readonly token?: string;
  /**
   * Ends a session that was not used for so long, in ms; one that has not asked for anything ends after a minute.
   * @default 1_800_000
   */
  readonly sessionIdleMs?: number;
  /**
   * Most sessions at once. A new one takes the place of the oldest that has not asked for anything, else of the one that was
   * not used for longest, of those that were not used for a minute; else it is refused, with status 503.
   * @default 1_000
   */
  readonly maxSessions?: number;
  /**
   * Who sent a request, where `context` is what the web server passes to `fetch` after the request. Behind a proxy all
   * requests have one address: name the client by what the proxy says.
   * @default all are unknown, and {@link McpHttpOptions.maxSessionsPerClient} has no effect
   */
  readonly clientOf?: (request: Request, ...context: readonly unknown[]) => string | undefined;
  /**
   * Most sessions of one client at once; beyond, a new one takes the place of one of its own, in the order of `maxSessions`.
   * @default 250
   */
  readonly maxSessionsPerClient?: number;
}

/** Time in ms between two looks for sessions that have ended. */
const SWEEP_MS = 60_000;

/** An endpoint for MCP over Streamable HTTP (MCP specification, "Transports"). Its `fetch` fits any web-standard server. */
export class McpHttpHandler implements AsyncDisposable {
  readonly #options: McpHttpOptions;
  readonly #sessions: HttpSessions;
  readonly #sweep: ReturnType<typeof setInterval>;

  constructor(options: McpHttpOptions) {
    this.#options = options;
    const {
      maxSessions = 1_000,
      maxSessionsPerClient = 250,
      sessionIdleMs = 30 * 60_000,
    } = options;
    this.#sessions = new HttpSessions({
      max: maxSessions,
      maxPerClient: maxSessionsPerClient,
      idleMs: sessionIdleMs,
    });
    const sweep = (): void => void this.#sessions.endIdle();
    this.#sweep = outsideRuns(() => setInterval(sweep, SWEEP_MS));
    (this.#sweep as { unref?: () => void }).unref?.();
  }

  /**
   * Responds to one request.
   * @param context what the web server passes besides the request; see {@link McpHttpOptions.clientOf}
   */
  readonly fetch = async (request: Request, ...context: readonly unknown[]): Promise<Response> => {
    const response = await this.#answer(request, context);
    allowReading(response.headers, request, this.#options.allowedOrigins ?? []);
    return response;
  };

  async #answer(request: Request, context: readonly unknown[]): Promise<Response> {
    const refused = this.#refuse(request);
    if (refused !== undefined) return refused;
    if (this.#options.stateless === true) return await this.#answerOnce(request);
    const id = request.headers.get("mcp-session-id");
    if (id === null)
      return await this.#begin(request, this.#options.clientOf?.(request, ...context));
    const session = this.#sessions.get(id);
    return session === undefined
      ? failure(404, -32_001, "this session has ended; initialize a new one")
      : await this.#answerIn(session, request);
  }

  /**
   * Answers what never reaches a session: other paths and methods, pages of other origins, foreign host names (DNS rebinding), preflights,
   * requests without the token, and those that accept nothing that there is.
   */
  #refuse(request: Request): Response | undefined {
    const { path = "/mcp", allowedHosts = [], allowedOrigins = [], token } = this.#options;
    if (new URL(request.url).pathname !== path) return failure(404, -32_600, `MCP is at ${path}`);
    const problem = originProblem(request, allowedHosts, allowedOrigins);
    if (problem !== undefined) return failure(403, -32_600, problem);
    const origin = allowedOrigin(request, allowedOrigins);
    if (origin !== undefined && isPreflight(request)) return preflightResponse(this.#methods);
    if (token !== undefined && !hasToken(request.headers.get("authorization"), token))
      return failure(401, -32_600, "a bearer token is needed", { "www-authenticate": "Bearer" });
    if (!this.#methods.includes(request.method)) {
      const allow = this.#methods.join(", ");
      return failure(405, -32_000, `${this.#hint}send ${allow}`, { allow });
    }
    if (this.#formFor(request) !== undefined) return undefined;
    return failure(406, -32_000, "responses are application/json or text/event-stream");
  }

  /** Without sessions, the SDK would open a stream on GET that never ends and never carries anything. */
  get #methods(): readonly string[] {
    return this.#options.stateless === true ? ["POST"] : ["GET", "POST", "DELETE"];
  }

  get #hint(): string {
    return this.#options.stateless === true ? "there are no sessions here: " : "";
  }

  #formFor(request: Request): ResponseForm | undefined {
    return formFor(request, this.#options.json ?? false);
  }

  /** Passes a request to a transport, and its response to the client in a form that it accepts. */
  async #exchange(transport: HttpSession["transport"], request: Request): Promise<Response> {
    const response = await transport.handleRequest(acceptingBoth(request));
    if (this.#formFor(request) === "events") return response;
    const json = await asJson(response);
    return json ?? failure(503, -32_000, "the connection ended before there was a response");
  }

  async #answerOnce(request: Request): Promise<Response> {
    const { transport, server } = this.#create({});
    const close = (): void => void server.close().catch(() => {}); // it has nothing more to do
    // A client that disconnects cancels its request: there is no session to cancel it in.
    request.signal.addEventListener("abort", close, { once: true });
    try {
      await server.connect(transport as Transport);
      return whenSent(await this.#exchange(transport, request), close);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Begins a session, if the request is an initialize. */
  async #begin(request: Request, client: string | undefined): Promise<Response> {
    let isRefused = false;
    const { transport, server } = this.#create({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: async (id) => {
        isRefused = !this.#sessions.add(id, session);
        if (isRefused) await server.close(); // the transport answers nothing after that
      },
      onsessionclosed: (id) => this.#sessions.remove(id),
    });
    const lastUse = performance.now();
    const session = { transport, server, client, lastUse, open: 0, busy: 0, isUsed: false };
    await server.connect(transport as Transport);
    noteUse(session);
    const response = await this.#answerIn(session, request);
    if (!isRefused) return response;
    await response.body?.cancel();
    const headers = { "retry-after": `${this.#sessions.retryAfterS}` };
    return failure(503, -32_000, "there are too many sessions", headers);
  }

  /** However a request ends, its session can become idle after it. */
  async #answerIn(session: HttpSession, request: Request): Promise<Response> {
    const { transport, server } = session;
    const busy = request.method === "POST" ? 1 : 0;
    const end = (): void => {
      session.open--;
      session.busy -= busy;
      this.#sessions.touch(transport.sessionId, session);
    };
    session.open++;
    session.busy += busy;
    try {
      return whenSent(await this.#exchange(transport, request), end);
    } catch (error) {
      end();
      throw error;
    } finally {
      // It was no initialize: no client can ever use the session that was made for it.
      if (transport.sessionId === undefined) await server.close().catch(() => {});
    }
  }

  #create(
    options: ConstructorParameters<typeof WebStandardStreamableHTTPServerTransport>[0],
  ): Pick<HttpSession, "transport" | "server"> {
    return {
      transport: new WebStandardStreamableHTTPServerTransport(options),
      server: this.#options.createServer(),
    };
  }

  /** Ends all sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    await this.#sessions.endAll();
  }
}

/** Notes the first request that a session makes after its initialize. */
function noteUse(session: HttpSession): void {
  const { transport } = session;
  const { onmessage } = transport;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Transport is no EventTarget
  transport.onmessage = (message, extra) => {
    session.isUsed ||= "id" in message && "method" in message && message.method !== "initialize";
    onmessage?.(message, extra);
  };
}

/** Compared in constant time. */
function hasToken(header: string | null, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "";
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function failure(
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}

/** The same response; `done` runs when its body has been read to the end, or given up. */
function whenSent(response: Response, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  let over = false;
  const end = (): void => {
    if (!over) done();
    over = true;
  };
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: finished, value } = await reader.read();
        if (finished) {
          controller.close();
          end();
        } else controller.enqueue(value);
      } catch (error) {
        controller.error(error);
        end();
      }
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}
