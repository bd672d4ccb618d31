/** Workers of a codecell service elsewhere, each over a WebSocket of its own. The door to ws, on the client's side. */
import type { Socket } from "node:net";
import { createWebSocketStream, WebSocket } from "ws";
import type { EngineRef } from "../engine/engine.ts";
import { FramedChannel } from "./channel/framed.ts";
import type { Place } from "./placement.ts";
import { type PoolOptions, WorkerPool } from "./pool/pool.ts";
import { WorkerClient } from "./pool/worker-client.ts";
import type { WorkerExit, WorkerHandle } from "./pool/worker-handle.ts";

/** Where a service is. */
export interface RemoteService {
  /** The http or https address of a `codecell serve`, e.g. `https://codecell.example.com`. */
  readonly remote: string;
  /**
   * An API key or an access token of it.
   * @default none
   */
  readonly token?: string;
}

const CONNECT_MS = 10_000;
const BOOT_MESSAGE_BYTES = 64 * 1024;

/**
 * A pool of connections to a service: programs run there, tools of this side are called back. A connection that is lost
 * ends its run with `worker_crashed` and is not tried again for it; the next run makes a new one.
 */
export async function remotePlace(
  ref: EngineRef,
  service: RemoteService,
  pool: PoolOptions,
): Promise<Place> {
  return await WorkerPool.create("remote", () => new WorkerClient(connect(service), ref), pool);
}

function connect({ remote, token }: RemoteService): WorkerHandle {
  const url = new URL("remote", remote);
  const where = `the service at ${url.origin}`;
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const webSocket = new WebSocket(url, {
    headers,
    handshakeTimeout: CONNECT_MS,
    perMessageDeflate: false,
  });
  let socket: Socket | undefined;
  webSocket.on("upgrade", (response) => (socket = response.socket as Socket));
  const exited = new Promise<WorkerExit>((resolve) => {
    const end = (detail: string): void => resolve({ outOfMemory: false, detail, lastWords: "" });
    webSocket.on("unexpected-response", (_request, { statusCode }) => {
      end(`${where} answered ${statusCode}`);
      webSocket.terminate();
    });
    webSocket.on("error", (error) => end(`${where}: ${error.message}`));
    webSocket.on("close", (_code, reason) =>
      end(`the connection to ${where} was lost${reason.length > 0 ? `: ${reason}` : ""}`),
    );
  });
  return {
    channel: new FramedChannel(createWebSocketStream(webSocket), BOOT_MESSAGE_BYTES),
    callsTools: true,
    kill: () => webSocket.terminate(),
    exited,
    usage: () => undefined, // how much a run takes there is that service's matter
    hold: (held) => void (held ? socket?.ref() : socket?.unref()),
  };
}
