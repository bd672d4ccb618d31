import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type HttpBindings, serve } from "@hono/node-server";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { AGENT_SETTINGS } from "../agent/settings.ts";
import { readSettings } from "../core/check-settings.ts";
import { CodecellError, messageOf } from "../core/errors.ts";
import type { Runtime } from "../index.ts";
import { startRuntime } from "../runtime/create-runtime.ts";
import { resolveOptions } from "../runtime/resolve-options.ts";
import { jsonServer } from "../serve/service/json-server.ts";
import { isLoopback } from "../serve/http/origin.ts";
import { createMcpServer, McpHttpHandler, type McpServerOptions } from "../serve/mcp/index.ts";
import { parsePort, readArguments, RUNTIME_FLAGS, runtimeOptions } from "./arguments.ts";
import { note } from "./output.ts";

const FLAGS = {
  ...RUNTIME_FLAGS,
  http: { type: "string" },
  host: { type: "string" },
  stateless: { type: "boolean" },
  "allow-host": { type: "string" },
  "allow-origin": { type: "string" },
  "print-config": { type: "string" },
} as const;

type Values = ReturnType<typeof readArguments>["values"];

/** `codecell mcp`: be an MCP server, on stdin and stdout unless `--http`. */
export async function mcp(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS, 0);
  if (values["print-config"] !== undefined) return await printConfig(values);
  const http = values["http"] === undefined ? undefined : httpOptions(values);
  const options = await runtimeOptions(values, http !== undefined);
  const given = options.config?.settings?.["mcp"] ?? {};
  const settings = readSettings(AGENT_SETTINGS, given, "codecell.mcp");
  const resolved = await resolveOptions(options);
  // A host waits for the handshake, which needs neither engine nor servers: they start behind it.
  const stop = new AbortController();
  const starting = nextTurn().then(() => startRuntime(resolved, stop.signal));
  starting.catch(() => {}); // it ends the command below
  try {
    if (http === undefined) await serveStdio(starting, { ...settings, scope: false });
    else await serveHttp(starting, settings, http);
  } finally {
    stop.abort();
    const runtime = await starting.catch(() => undefined);
    await runtime?.close();
  }
  return 0;
}

/** Until the host closes stdin, or ends this process. */
async function serveStdio(starting: Promise<Runtime>, options: McpServerOptions): Promise<void> {
  const server = createMcpServer(starting, options);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Server is no EventTarget
  server.oninitialized = () => warmUp(starting);
  const ended = untilEnded();
  await server.connect(new StdioServerTransport());
  try {
    await Promise.race([ended, failureOf(starting)]);
  } finally {
    await server.close();
  }
}

/** The first program is not to wait for the type check, nor the handshake. */
function warmUp(starting: Promise<Runtime>): void {
  starting.then(
    (runtime) => runtime.warmUp("auto"),
    () => {}, // it ends the command
  );
}

/** Rejects with what keeps the runtime from starting; else pending. */
async function failureOf(starting: Promise<Runtime>): Promise<never> {
  await starting;
  return await new Promise(() => {});
}

interface HttpOptions {
  readonly port: number;
  readonly host: string;
  readonly stateless: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly token: string | undefined;
}

function httpOptions(values: Values): HttpOptions {
  const port = parsePort("--http", values["http"]);
  const host = (values["host"] as string | undefined) ?? "127.0.0.1";
  const token = process.env["CODECELL_TOKEN"] || undefined;
  if (!isLoopback(host) && token === undefined) {
    throw new CodecellError(
      "config_error",
      `--host ${host} lets others in, and nothing would ask who they are`,
      {
        hint: "Set CODECELL_TOKEN to a long random text; clients send it as Authorization: Bearer.",
      },
    );
  }
  const list = (key: string): string[] =>
    ((values[key] as string | undefined) ?? "").split(",").filter((item) => item !== "");
  return {
    port,
    host,
    stateless: values["stateless"] === true,
    allowedHosts: list("allow-host"),
    allowedOrigins: list("allow-origin"),
    token,
  };
}

async function serveHttp(
  starting: Promise<Runtime>,
  options: McpServerOptions,
  http: HttpOptions,
): Promise<void> {
  const { port, host, stateless, allowedHosts, allowedOrigins, token } = http;
  await using handler = new McpHttpHandler({
    // Clients are not identified. Each connection has sessions and a share of its own; where there are none, all have the same.
    createServer: () =>
      createMcpServer(starting, {
        ...options,
        ...(stateless ? { scope: false } : { user: randomUUID() }),
      }),
    clientOf: (_request, context) => (context as HttpBindings).incoming.socket.remoteAddress,
    stateless,
    allowedHosts,
    allowedOrigins,
    ...(token === undefined ? {} : { token }),
  });
  const { promise: listening, resolve: onListening, reject } = Promise.withResolvers<number>();
  const createServer = jsonServer((_status, message) => rpcFailure(-32_600, message));
  const fetch = async (request: Request, context: HttpBindings): Promise<Response> => {
    try {
      return await handler.fetch(request, context);
    } catch (error) {
      note(`error: ${messageOf(error)}`);
      return Response.json(rpcFailure(-32_603, "the server failed"), { status: 500 });
    }
  };
  const server = serve(
    { fetch: fetch as never, port, hostname: host, createServer: createServer as never },
    (info) => onListening(info.port),
  );
  server.once("error", reject);
  const ended = untilEnded(false);
  const actual = await listening.catch((error: unknown) => {
    throw new CodecellError(
      "config_error",
      `cannot listen on ${host}:${port}: ${(error as Error).message}`,
    );
  });
  note(`MCP at http://${host.includes(":") ? `[${host}]` : host}:${actual}/mcp`);
  warmUp(starting);
  try {
    await Promise.race([ended, failureOf(starting)]);
  } finally {
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
    await new Promise((done) => server.close(done));
  }
}

function rpcFailure(code: number, message: string): object {
  return { jsonrpc: "2.0", error: { code, message }, id: null };
}

/** Resolves at SIGINT, SIGTERM, or (for stdio) at the end of stdin: a server must not outlive its host. */
function untilEnded(withStdin = true): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  process.once("SIGINT", () => end()).once("SIGTERM", () => end());
  if (withStdin) process.stdin.once("end", () => end()).once("close", () => end());
  return promise;
}

/** As `codecell install HOST --print`. */
async function printConfig(values: Values): Promise<number> {
  const { install } = await import("./install/install.ts");
  const config = values["config"] === undefined ? [] : ["--config", String(values["config"])];
  return await install([String(values["print-config"]), "--print", ...config]);
}
