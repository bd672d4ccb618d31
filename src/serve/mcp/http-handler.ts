/** MCP over Streamable HTTP as a web-standard handler: with sessions or without, and which requests are accepted. */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { originProblem } from "../http/origin.ts";

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
   * Respond with plain JSON instead of a stream of events; then there is no progress.
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
   * Origins of web pages that may send requests, e.g. `https://app.example.com`, besides those of the loopback interface.
   * @default []
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * When set, requests must have `Authorization: Bearer <token>` (RFC 6750).
   * @default none: no authentication
   */
  readonly token?: string;
  /**
   * Ends a session that was not used for so long, in ms.
   * @default 1_800_000
   */
  readonly sessionIdleMs?: number;
  /**
   * Most sessions at once; beyond, new ones are refused.
   * @default 1_000
   */
  readonly maxSessions?: number;
}

interface SessionEntry {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  lastUse: number;
  /** Requests in progress, streams included. */
  open: number;
}

/** An endpoint for MCP over Streamable HTTP (MCP specification, "Transports"). Its `fetch` fits any web-standard server. */
export class McpHttpHandler implements AsyncDisposable {
  readonly #options: McpHttpOptions;
  readonly #sessions = new Map<string, SessionEntry>();
  readonly #sweep: ReturnType<typeof setInterval>;

  constructor(options: McpHttpOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => void this.#endIdle(), 60_000);
    (this.#sweep as { unref?: () => void }).unref?.();
  }

  /** Responds to one request. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const refused = this.#refuse(request);
    if (refused !== undefined) return refused;
    if (this.#options.stateless === true) return await this.#answerOnce(request);
    return await this.#answerInSession(request);
  };

  /** Refuses other paths, pages of other origins, foreign host names (DNS rebinding), and requests without the token. */
  #refuse(request: Request): Response | undefined {
    const { path = "/mcp", allowedHosts = [], allowedOrigins = [], token } = this.#options;
    if (new URL(request.url).pathname !== path) return failure(404, -32_600, `MCP is at ${path}`);
    const problem = originProblem(request, allowedHosts, allowedOrigins);
    if (problem !== undefined) return failure(403, -32_600, problem);
    if (token === undefined || hasToken(request.headers.get("authorization"), token))
      return undefined;
    return failure(401, -32_600, "a bearer token is needed", { "www-authenticate": "Bearer" });
  }

  async #answerOnce(request: Request): Promise<Response> {
    // The SDK would open a stream on GET that never ends and never carries anything.
    if (request.method !== "POST")
      return failure(405, -32_000, "there are no sessions here: send POST", { allow: "POST" });
    const { transport, server } = this.#create({ enableJsonResponse: this.#options.json ?? false });
    const close = (): void => void server.close().catch(() => {}); // it has nothing more to do
    try {
      await server.connect(transport as Transport);
      // A client that disconnects cancels its request: there is no session to cancel it in.
      return whenSent(await transport.handleRequest(request), close);
    } catch (error) {
      close();
      throw error;
    }
  }

  async #answerInSession(request: Request): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    let session = id === null ? undefined : this.#sessions.get(id);
    if (id !== null && session === undefined)
      return failure(404, -32_001, "this session has ended; initialize a new one");
    session ??= await this.#begin();
    if (session === undefined) return failure(503, -32_000, "there are too many sessions");
    return await this.#answerIn(session, request);
  }

  /** However a request ends, its session can become idle after it. */
  async #answerIn(session: SessionEntry, request: Request): Promise<Response> {
    const { transport, server } = session;
    const end = (): void => {
      session.open--;
      session.lastUse = performance.now();
    };
    session.open++;
    try {
      return whenSent(await transport.handleRequest(request), end);
    } catch (error) {
      end();
      throw error;
    } finally {
      // It was no initialize: no client can ever use the session that was made for it.
      if (transport.sessionId === undefined) await server.close().catch(() => {});
    }
  }

  async #begin(): Promise<SessionEntry | undefined> {
    const { json = false, maxSessions = 1_000 } = this.#options;
    if (this.#sessions.size >= maxSessions) await this.#endIdle();
    if (this.#sessions.size >= maxSessions) return undefined;
    const made = this.#create({
      enableJsonResponse: json,
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void this.#sessions.set(id, session),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    const session: SessionEntry = { ...made, lastUse: performance.now(), open: 0 };
    await made.server.connect(made.transport as Transport);
    return session;
  }

  #create(
    options: ConstructorParameters<typeof WebStandardStreamableHTTPServerTransport>[0],
  ): Pick<SessionEntry, "transport" | "server"> {
    return {
      transport: new WebStandardStreamableHTTPServerTransport(options),
      server: this.#options.createServer(),
    };
  }

  async #endIdle(): Promise<void> {
    const { sessionIdleMs = 30 * 60_000 } = this.#options;
    const before = performance.now() - sessionIdleMs;
    const idle = [...this.#sessions].filter(
      ([, { open, lastUse }]) => open === 0 && lastUse <= before,
    );
    for (const [id] of idle) this.#sessions.delete(id);
    await Promise.allSettled(idle.map(([, { server }]) => server.close()));
  }

  /** Ends all sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    const all = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.allSettled(all.map(({ server }) => server.close()));
  }
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
