import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authorizer } from "./oauth.ts";

/** Longest time that a person has to log in. */
const PATIENCE_MS = 5 * 60_000;

/** Waits for a person's browser to come back from the authorization server, on the loopback interface (RFC 8252, 7.3). */
export class LoopbackAuthorizer implements Authorizer, AsyncDisposable {
  readonly state = randomBytes(16).toString("base64url");
  readonly #server: Server;
  readonly #show: (url: URL) => void | Promise<void>;
  #answer = Promise.withResolvers<string>();

  private constructor(server: Server, show: (url: URL) => void | Promise<void>) {
    this.#server = server;
    this.#show = show;
    server.on("request", (request, response) => this.#onRequest(request, response));
  }

  /**
   * @param show shows the person the address to open
   * @param port default: any free one
   */
  static async listen(
    show: (url: URL) => void | Promise<void>,
    port = 0,
  ): Promise<LoopbackAuthorizer> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
    await promise;
    return new LoopbackAuthorizer(server, show);
  }

  get redirectUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/callback`;
  }

  async show(url: URL): Promise<void> {
    this.#answer = Promise.withResolvers<string>();
    this.#answer.promise.catch(() => {});
    await this.#show(url);
  }

  async code(): Promise<string> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`nobody logged in within ${PATIENCE_MS / 60_000} minutes`)),
      PATIENCE_MS,
    );
    try {
      return await Promise.race([this.#answer.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const reply = (status: number, text: string): void => {
      response.writeHead(status, {
        "content-type": "text/plain; charset=utf-8",
        connection: "close",
      });
      response.end(`${text}\n`);
    };
    if (pathname !== "/callback") return reply(404, "nothing is here");
    // Another page could have sent the browser here with a code of its own.
    if (searchParams.get("state") !== this.state)
      return reply(400, "this is not the login that was begun");
    const code = searchParams.get("code");
    if (code !== null) {
      this.#answer.resolve(code);
      return reply(200, "Logged in. You can close this page.");
    }
    const why = searchParams.get("error_description") ?? searchParams.get("error") ?? "no code";
    this.#answer.reject(new Error(`the login was refused: ${why.slice(0, 300)}`));
    reply(200, "The login was refused. You can close this page.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
