import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Authorizer, ExpectedIssuer } from "./authorizer.ts";
import { isSameIssuer } from "./discovery.ts";

/** Longest time that a person has to log in. */
const PATIENCE_MS = 5 * 60_000;
/** A browser sends its request at once. */
const REQUEST_MS = 5_000;
/** A code and a state have a few hundred bytes; cookies of other servers on loopback come along. */
const MAX_HEADER_BYTES = 16 * 1024;
/** One browser needs a few; whatever opens more is none. */
const MAX_CONNECTIONS = 64;

type Show = (url: URL) => void | Promise<void>;
type Announce = (issuer: string) => void | Promise<void>;
/** What the browser brought. */
type Answer = { readonly code: string; readonly issuer: string | undefined };

/**
 * Waits for a person's browser to come back from the authorization server, on the loopback interface (RFC 8252, 7.3). Any
 * process and any web page can send requests here: only the one that has the state of the login counts, and only once.
 */
export class LoopbackAuthorizer implements Authorizer, AsyncDisposable {
  readonly #server: Server;
  readonly #show: Show;
  readonly #announce: Announce | undefined;
  #state = newState();
  #answer: PromiseWithResolvers<Answer> | undefined;
  /** An address has been shown, and no answer to it has come yet. */
  #waits = false;

  private constructor(server: Server, show: Show, announce: Announce | undefined) {
    this.#server = server;
    this.#show = show;
    this.#announce = announce;
    server.on("request", (request, response) => {
      try {
        this.#onRequest(request, response);
      } catch {
        reply(response, 400, "this is not a request of a login");
      }
    });
  }

  /**
   * @param show shows the person the address to open
   * @param port default: any free one
   * @param announce names the authorization server that is about to be asked, which the config does not name
   */
  static async listen(show: Show, port = 0, announce?: Announce): Promise<LoopbackAuthorizer> {
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1_000,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on("clientError", (_error, socket) => refuse(socket as Socket));
    server.on("connect", (_request, socket) => refuse(socket as Socket));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
    await promise;
    // Such as too many open files: the login can still end.
    server.on("error", () => {});
    return new LoopbackAuthorizer(server, show, announce);
  }

  get redirectUrl(): string {
    return `http://127.0.0.1:${this.#port}/callback`;
  }

  get state(): string {
    return this.#state;
  }

  async announce(issuer: string): Promise<void> {
    await this.#announce?.(issuer);
  }

  async show(url: URL): Promise<void> {
    this.#answer = Promise.withResolvers<Answer>();
    this.#answer.promise.catch(() => {});
    this.#waits = true;
    await this.#show(url);
  }

  async code({ issuer, named }: ExpectedIssuer): Promise<string> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`nobody logged in within ${PATIENCE_MS / 60_000} minutes`)),
      PATIENCE_MS,
    );
    try {
      const answer = await Promise.race([this.#answer?.promise ?? late, late]);
      // An answer of another authorization server would have its code sent to this one (RFC 9207).
      if (answer.issuer === undefined ? named : !isSameIssuer(answer.issuer, issuer))
        throw new Error(`the login was answered by ${answer.issuer ?? "nobody"}, not by ${issuer}`);
      return answer.code;
    } finally {
      clearTimeout(timer);
    }
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = "", headers } = request;
    request.resume();
    // A page whose name leads to this machine has another host; a proxy's request has a whole address.
    if (method !== "GET" || headers.host !== `127.0.0.1:${this.#port}` || !/^\/(?!\/)/.test(url))
      return reply(response, 400, "this is not a request of a login");
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    if (pathname !== "/callback") return reply(response, 404, "nothing is here");
    const [state, code, issuer, error, why] = [
      "state",
      "code",
      "iss",
      "error",
      "error_description",
    ].map((name) => onlyOne(searchParams, name));
    // Another page could have sent the browser here with a code of its own.
    if (!this.#waits || state === undefined || !isEqual(state, this.#state))
      return reply(response, 400, "this is not the login that was begun");
    this.#waits = false;
    this.#state = newState();
    if (code !== undefined && error === undefined) {
      this.#answer?.resolve({ code, issuer });
      return reply(response, 200, "Logged in. You can close this page.");
    }
    const reason = (why ?? error ?? "no code").slice(0, 300);
    this.#answer?.reject(new Error(`the login was refused: ${reason}`));
    reply(response, 200, "The login was refused. You can close this page.");
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`${text}\n`);
}

/** What is no HTTP, or more of it than there may be. */
function refuse(socket: Socket): void {
  socket.on("error", () => {});
  if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  socket.destroySoon();
}

/** @throws Error where it is given twice: who reads the other one would be told something else */
function onlyOne(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1) throw new Error(`${name} is given twice`);
  return values[0];
}

/** In a time that does not tell how much of them is equal. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}

function newState(): string {
  return randomBytes(32).toString("base64url");
}
