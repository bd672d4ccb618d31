/** Clients whose programs run here: placement `{ remote }` of their runtimes. The door to ws, on the service's side. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Runtime } from "../../index.ts";
import { ApiError, errorResponse } from "../http/api-error.ts";
import { originProblem } from "../http/origin.ts";
import type { Service } from "./app.ts";
import { type Connection, Connections } from "./connections.ts";
import { REMOTE_PATH } from "./paths.ts";
import type { ResolvedServe } from "./settings.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** Bytes of one WebSocket message, which is in our memory before its content is judged; clients send pieces of a quarter of it. */
const MAX_PAYLOAD = 256 * 1024;
/** Parts in which one WebSocket message may come: each costs memory of its own. */
const MAX_PARTS = 4_096;

/**
 * Accepts WebSockets at {@link REMOTE_PATH}, from those who may run programs.
 * @param admit called before every run, as by `POST /run`
 */
export function acceptRemotes(
  server: Server,
  runtime: Runtime,
  settings: ResolvedServe,
  { authenticator, admit }: Pick<Service, "authenticator" | "admit">,
): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
    maxFragments: MAX_PARTS,
    maxBufferedChunks: MAX_PARTS,
  });
  const connections = new Connections(settings.remoteConnections);
  const { requestMs: messageMs, remoteIdleMs: idleMs } = settings;
  const admitted = async (
    user: string | undefined,
    connection: Connection,
    bytes: number,
  ): Promise<() => void> => {
    if (bytes === 0) return await admit(user);
    const giveBack = await connection.takeLarge();
    try {
      const leave = await admit(user);
      return () => {
        leave();
        giveBack();
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  };
  const identify = async (request: Request): Promise<string | undefined> => {
    const { allowedHosts, allowedOrigins } = settings;
    if (new URL(request.url).pathname !== REMOTE_PATH)
      throw new ApiError(404, "invalid_arguments", "there is no such route");
    const problem = originProblem(request, allowedHosts, allowedOrigins);
    if (problem !== undefined) throw new ApiError(403, "denied", problem);
    const principal = await authenticator?.authenticate(request);
    if (principal !== undefined) authenticator?.authorize(request, principal, "run");
    return principal?.user;
  };
  const accept = async (incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const user = await identify(asRequest(incoming));
    if (socket.destroyed) return; // it did not wait
    const connection = connections.open(user);
    socket.once("close", () => connection.end());
    webSockets.handleUpgrade(incoming, socket, head, (webSocket) => {
      webSocket.on("error", () => webSocket.terminate());
      const admitOne = (bytes: number): Promise<() => void> => admitted(user, connection, bytes);
      const client = { user, admit: admitOne, messageMs, idleMs };
      runtime
        .hostRemote(createWebSocketStream(webSocket), client)
        .catch(() => webSocket.terminate());
    });
  };
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    accept(incoming, socket, head).catch((error: unknown) => {
      // An invalid request (its Host, for example) throws before authentication.
      const status =
        error instanceof ApiError ? error.status : error instanceof TypeError ? 400 : 503;
      // A client that does not end its side would keep the connection for ever: the server has no clock for it any more.
      void refusal(status, error).then((answer) => socket.end(answer, () => socket.destroy()));
    });
  });
}

/** The response to an upgrade that is refused. */
async function refusal(status: number, error: unknown): Promise<string> {
  const said =
    error instanceof ApiError
      ? error
      : new ApiError(status, "invalid_arguments", REASONS[status] ?? "Error");
  const response = errorResponse(said);
  const body = await response.text();
  const headers = {
    ...Object.fromEntries(response.headers),
    "content-length": `${Buffer.byteLength(body)}`,
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\n${lines.join("")}\r\n${body}`;
}

function asRequest({ url = "/", headers }: IncomingMessage): Request {
  const { host = "localhost", authorization, origin } = headers;
  const given = { host, authorization, origin, "x-api-key": headers["x-api-key"] as string };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return new Request(`http://${host}${url}`, { headers: present as [string, string][] });
}
