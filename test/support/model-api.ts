/** A model API on loopback that answers what a test wrote down, and remembers what it was asked. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as the API received it. */
export interface ApiRequest {
  readonly path: string;
  // What SDKs send is looked at part by part in the tests.
  readonly body: Record<string, unknown>;
}

/** An answer: JSON, or server-sent events with a name or without one. */
export type ApiAnswer =
  | { readonly json: unknown }
  | { readonly events: readonly (readonly [name: string | undefined, data: unknown])[] };

export class ModelApi implements AsyncDisposable {
  readonly requests: ApiRequest[] = [];
  readonly #answers: ApiAnswer[] = [];
  readonly #server = createServer((request, response) => {
    void this.#take(request).then((answer) => {
      if (answer === undefined) {
        response.writeHead(500, { "content-type": "application/json" });
        return response.end('{"error":{"message":"there is no answer left"}}');
      }
      if ("json" in answer) {
        response.writeHead(200, { "content-type": "application/json" });
        return response.end(JSON.stringify(answer.json));
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const [name, data] of answer.events) {
        if (name !== undefined) response.write(`event: ${name}\n`);
        response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
      }
      return response.end();
    });
  });

  async #take(request: IncomingMessage): Promise<ApiAnswer | undefined> {
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    this.requests.push({ path: request.url ?? "", body });
    return this.#answers.shift();
  }

  /** @returns its address */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets what there was, and answers the next requests in this order. */
  answerWith(...answers: readonly ApiAnswer[]): void {
    this.requests.length = 0;
    this.#answers.splice(0, Infinity, ...answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
