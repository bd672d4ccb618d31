/** A server of Node whose answers to what is no request are JSON too: malformed HTTP, headers that are too long or slow, no proper `Host`. */
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";

/** The body of an error. */
export type ErrorBody = (status: number, message: string) => unknown;

/** Makes such servers, for `createServer` of @hono/node-server, which answers without a body. */
export function jsonServer(
  bodyOf: ErrorBody,
): (options: ServerOptions, listener: RequestListener) => Server {
  return (options, listener) => {
    const answering = new WeakSet<Duplex>();
    const server = createServer({ ...options, requireHostHeader: false }, (incoming, outgoing) => {
      answering.add(incoming.socket);
      outgoing.once("close", () => answering.delete(incoming.socket));
      if (isHost(incoming.headers.host ?? "")) return listener(incoming, outgoing);
      const headers = { "content-type": "application/json", connection: "close" };
      outgoing.writeHead(400, headers).end(textOf(bodyOf, 400, "the Host header is no host name"));
      return undefined;
    });
    return server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      // In the middle of a response it would be read as a part of it.
      if (answering.has(socket)) return void socket.destroy();
      return refuse(socket, bodyOf, STATUS[error.code ?? ""] ?? 400);
    });
  };
}

/** Whether it is a host name, and a port perhaps: nothing that would be another part of a URL. */
function isHost(host: string): boolean {
  const { pathname, search, hash, username, password } = URL.parse(`http://${host}`) ?? {};
  return pathname === "/" && `${search}${hash}${username}${password}` === "" && !host.endsWith("/");
}

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function textOf(bodyOf: ErrorBody, status: number, message: string): string {
  return JSON.stringify(bodyOf(status, message));
}

function refuse(socket: Duplex, bodyOf: ErrorBody, status: number): void {
  if (!socket.writable) return void socket.destroy();
  const reason = STATUS_CODES[status]!;
  const body = textOf(bodyOf, status, reason);
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
