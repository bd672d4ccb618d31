/** Workers in another codecell service, each over its own WebSocket. The only client-side module that imports ws. */
import type { Socket } from "node:net";
import { createWebSocketStream, WebSocket } from "ws";
import { oneLine } from "../core/one-line.ts";
import type { EngineRef } from "../engine/engine.ts";
import { FramedChannel, WEB_SOCKET_PIECE_BYTES } from "./channel/framed.ts";
import type { Place } from "./placement.ts";
import { type PoolOptions, WorkerPool } from "./pool/pool.ts";
import { WorkerClient } from "./pool/worker-client.ts";
import type { WorkerExit, WorkerHandle } from "./pool/worker-handle.ts";

/** A codecell service that runs the programs: the placement `{ remote, token }`. */
export interface RemoteService {
  /** The http or https URL of a `codecell serve`, e.g. `https://codecell.example.com`. */
  readonly remote: string;
  /**
   * API key or access token of the service, at least 1 character. It is sent as a bearer token (RFC 6750).
   * @default none
   */
  readonly token?: string;
}

const CONNECT_MS = 10_000;
const BOOT_MESSAGE_BYTES = 64 * 1024;
/** Parts in which one WebSocket message may come: each costs memory of its own. */
const MAX_PARTS = 4_096;

/**
 * A pool of connections to a service: programs run there and call the tools of this side through the connection. A lost
 * connection ends its run with `worker_crashed`, without a retry; the next run opens a new one.
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
    maxPayload: 4 * WEB_SOCKET_PIECE_BYTES,
    maxFragments: MAX_PARTS,
    maxBufferedChunks: MAX_PARTS,
  });
  let socket: Socket | undefined;
  webSocket.on("upgrade", (response) => (socket = response.socket as Socket));
  const exited = new Promise<WorkerExit>((resolve) => {
    const end = (detail: string): void =>
      resolve({ outOfMemory: false, detail: oneLine(detail), lastWords: "" });
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
    channel: new FramedChannel(createWebSocketStream(webSocket), BOOT_MESSAGE_BYTES, {
      pieceBytes: WEB_SOCKET_PIECE_BYTES,
    }),
    callsTools: true,
    kill: () => webSocket.terminate(),
    exited,
    usage: () => undefined, // the service enforces its own limits
    hold: (held) => void (held ? socket?.ref() : socket?.unref()),
  };
}
