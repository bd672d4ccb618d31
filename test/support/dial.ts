/** A client of a service that speaks the protocol of placement `{ remote }` by hand. */
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocket } from "ws";
import { FramedChannel } from "../../src/placement/channel/framed.ts";

export interface Client {
  readonly webSocket: WebSocket;
  readonly stream: Duplex;
  /** Sends a message. */
  say(head: readonly unknown[], body?: string, bytes?: Uint8Array): void;
  readonly heard: string[];
  /** Bytes that came with messages, in their order. */
  readonly heardBytes: Uint8Array[];
  /** Resolves to the first message of a type that comes, also before; rejects when the connection ends. */
  hear(type: string): Promise<string>;
  readonly closed: Promise<unknown>;
  end(): void;
}

/** @throws Error with the status of the answer, where it is not an upgrade */
export async function dial(url: string, token?: string): Promise<Client> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const webSocket = new WebSocket(`${url.replace("http", "ws")}/remote`, { headers });
  await new Promise((resolve, reject) => {
    webSocket.once("open", resolve);
    webSocket.on("error", reject);
    webSocket.once("unexpected-response", (_request, { statusCode }) =>
      reject(new Error(`status ${statusCode}`)),
    );
  });
  const stream = createWebSocketStream(webSocket);
  const channel = new FramedChannel(stream, 2e8, { pieceBytes: 65_536 });
  const heard: string[] = [];
  let wake = (): void => {};
  const heardBytes: Uint8Array[] = [];
  channel.onMessage((message, bytes) => {
    heard.push(message);
    if (bytes !== undefined) heardBytes.push(bytes);
    wake();
  });
  const closed = channel.closed.then((reason) => {
    wake();
    return reason ?? "closed";
  });
  return {
    webSocket,
    stream,
    heard,
    heardBytes,
    hear: async (type) => {
      for (;;) {
        const at = heard.findIndex((message) => message.startsWith(`["${type}"`));
        if (at >= 0) return heard.splice(at, 1)[0]!;
        const next = new Promise<void>((resolve) => (wake = resolve));
        if ((await Promise.race([next, closed])) !== undefined)
          throw new Error(`the connection ended, and no '${type}' had come`);
      }
    },
    closed,
    say: (head, body = "", bytes) => void channel.send(`${JSON.stringify(head)}\n${body}`, bytes),
    end: () => webSocket.terminate(),
  };
}
