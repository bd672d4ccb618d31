/** Clients whose programs run here: placement `{ remote }` of their runtimes. The door to ws, on the service's side. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Runtime } from "../../index.ts";
import { ApiError } from "../http/api-error.ts";
import { originProblem } from "../http/origin.ts";
import type { Service } from "./app.ts";
import { REMOTE_PATH } from "./paths.ts";
import type { ResolvedServe } from "./settings.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

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
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
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
    webSockets.handleUpgrade(incoming, socket, head, (webSocket) => {
      webSocket.on("error", () => webSocket.terminate());
      const client = { user, admit: () => admit(user) };
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
      socket.end(`HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\nConnection: close\r\n\r\n`);
    });
  });
}

function asRequest({ url = "/", headers }: IncomingMessage): Request {
  const { host = "localhost", authorization, origin } = headers;
  const given = { host, authorization, origin, "x-api-key": headers["x-api-key"] as string };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return new Request(`http://${host}${url}`, { headers: present as [string, string][] });
}
