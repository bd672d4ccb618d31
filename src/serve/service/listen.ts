/** The service on a port, from its first request to its last. */
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { Runtime } from "../../index.ts";
import { jsonServer } from "./json-server.ts";
import { createService, type LogLine, type Service } from "./app.ts";
import { acceptRemotes } from "./remote-clients.ts";
import { type ResolvedServe, resolveServe, type ServeSettings } from "./settings.ts";

/** A service that listens; disposing of it is {@link RunningService.stop}. */
export interface RunningService extends AsyncDisposable {
  /** Its address, with the port that it listens on. */
  readonly url: string;
  /**
   * Ends it: no more runs are taken, those in progress may go on for `shutdownMs` and are aborted then; the runtime is
   * closed.
   */
  stop(): Promise<void>;
}

/** See startService. */
export async function listenFor(
  runtime: Runtime,
  given: ServeSettings,
  log: (line: LogLine) => void,
): Promise<RunningService> {
  const settings = resolveServe(given, "serve");
  const service = await createService(runtime, settings, log);
  const server = await listen(service, settings);
  acceptRemotes(server, runtime, settings, service);
  const { port } = server.address() as { port: number };
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= end(runtime, service, server, settings.shutdownMs, log);
    return stopping;
  };
  const url = `http://${host}:${port}`;
  log({ event: "listening", url });
  return { url, stop, [Symbol.asyncDispose]: stop };
}

async function listen({ app }: Service, { host, port, requestMs }: ResolvedServe): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const serverOptions = {
    // A client that sends slowly must not hold a connection for long (slow loris).
    requestTimeout: requestMs,
    headersTimeout: Math.min(requestMs, 10_000),
    connectionsCheckingInterval: Math.min(requestMs, 1_000),
  };
  const createServer = jsonServer((_status, message) => ({
    error: { code: "invalid_arguments", message },
  }));
  const server = serve(
    { fetch: app.fetch, hostname: host, port, serverOptions, createServer: createServer as never },
    () => resolve(),
  ) as Server;
  server.once("error", reject);
  await promise;
  return server;
}

async function end(
  runtime: Runtime,
  service: Service,
  server: Server,
  shutdownMs: number,
  log: (line: LogLine) => void,
): Promise<void> {
  log({ event: "draining", ms: shutdownMs });
  service.drain();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await within(shutdownMs, service.idle());
  await runtime.close(); // aborts what is still running; its clients receive that as their result
  server.closeIdleConnections();
  await within(LAST_WORDS_MS, closed);
  server.closeAllConnections();
  await service[Symbol.asyncDispose]();
  log({ event: "stopped" });
}

/** Time in ms for the results of aborted runs to be sent. */
const LAST_WORDS_MS = 1_000;

/** Waits for `work`, but not longer than that. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
