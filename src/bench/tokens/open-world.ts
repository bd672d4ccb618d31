/** The started servers of a world, with recorded calls, and a runtime that uses them. */
import { createRuntime, type McpClient, type Runtime } from "../../index.ts";
import { resolveOptions } from "../../runtime/resolve-options.ts";
import type { ServerConfig } from "../../tools/config/server-entry.ts";
import { Connection } from "../../tools/mcp/connection.ts";
import type { Definition } from "./messages.ts";
import { type Answer, type ListedTool, type RecordedCall, Recorder, Tap } from "./tap.ts";
import type { World } from "./workload.ts";

/** JSON-RPC error code for an unknown method. */
const METHOD_NOT_FOUND = -32_601;

export class OpenWorld implements AsyncDisposable {
  readonly runtime: Runtime;
  readonly #taps: readonly Tap[];
  readonly #recorder: Recorder;
  readonly #connections: ReadonlyMap<string, Connection>;

  private constructor(
    runtime: Runtime,
    taps: readonly Tap[],
    recorder: Recorder,
    connections: ReadonlyMap<string, Connection>,
  ) {
    this.runtime = runtime;
    this.#taps = taps;
    this.#recorder = recorder;
    this.#connections = connections;
  }

  /**
   * Starts the servers of `world`. One that does not start does not affect the others.
   * @throws CodecellError `config_error` for invalid options
   */
  static async open({ options }: World): Promise<OpenWorld> {
    const { servers, clients } = await resolveOptions(options);
    const recorder = new Recorder();
    const connections = new Map(
      Object.entries(servers).map(([name, config]) => [name, new Connection(name, config)]),
    );
    const taps = [
      ...Array.from(
        connections,
        ([name, connection]) => new Tap(name, clientOf(name, connection, servers[name]!), recorder),
      ),
      ...Object.entries(clients).map(([name, client]) => new Tap(name, client, recorder)),
    ];
    const mcpServers = Object.fromEntries(taps.map((tap) => [tap.server, tap]));
    try {
      // Clients take precedence over entries of a config file with the same names.
      // Each has its own time to start, and all are measured.
      const runtime = await createRuntime({ ...options, mcpServers, startMs: 2 ** 31 - 1 });
      return new OpenWorld(runtime, taps, recorder, connections);
    } catch (error) {
      await closeAll(connections.values());
      throw error;
    }
  }

  /** Reasons of servers that did not start, by name. */
  failures(): Record<string, string> {
    const { servers } = this.runtime.describe();
    return Object.fromEntries(
      servers.flatMap(({ name, failure }) =>
        // The runtime was given a client, which does not tell why its server did not start.
        failure === undefined ? [] : [[name, this.#connections.get(name)?.failure ?? failure]],
      ),
    );
  }

  /** All tools by server, in the form of direct calling. */
  definitions(): ReadonlyMap<string, readonly Definition[]> {
    return new Map(
      this.#taps.map(({ server, tools }) => [server, tools.map((tool) => define(server, tool))]),
    );
  }

  /** Calls a tool as a host with direct calling does. Never rejects. */
  async call(server: string, tool: string, args: unknown): Promise<Answer> {
    const tap = this.#taps.find((each) => each.server === server);
    if (tap !== undefined) return await tap.call(tool, args);
    return { content: `no such tool: ${directName(server, tool)}`, isError: true, media: 0 };
  }

  /** Refuses all calls of programs while `work` runs, and returns how many were refused. */
  async refusing(work: () => Promise<void>): Promise<number> {
    return await this.#recorder.refusing(work);
  }

  /** Returns the calls of programs since the last `take`. */
  take(): RecordedCall[] {
    return this.#recorder.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close();
    await closeAll(this.#connections.values());
  }
}

/** Name of a server's tool for a model, as hosts usually form it. */
export function directName(server: string, tool: string): string {
  return `${server}__${tool}`;
}

function define(server: string, { name, description, inputSchema }: ListedTool): Definition {
  return {
    name: directName(server, name),
    ...(description === undefined ? {} : { description }),
    input_schema: inputSchema,
  };
}

/** Adapts a connection to the interface of a client. */
function clientOf(label: string, connection: Connection, { timeoutMs }: ServerConfig): McpClient {
  const client: McpClient = {
    request: async ({ method, params = {} }, _schema, { signal, timeout } = {}) => {
      const limit = method === "tools/call" ? timeoutMs : (timeout as number | undefined);
      const aborts = signal === undefined ? {} : { signal: signal as AbortSignal };
      try {
        return await connection.request(method, params, { label, ...aborts, timeoutMs: limit });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "MethodNotFound") throw error;
        throw Object.assign(new Error(error.message), { code: METHOD_NOT_FOUND });
      }
    },
    getInstructions: () => connection.instructions,
    fallbackNotificationHandler: undefined,
  };
  connection.onNotification((notification) => {
    void client.fallbackNotificationHandler?.(notification as never);
  });
  return client;
}

async function closeAll(connections: Iterable<Connection>): Promise<void> {
  await Promise.allSettled([...connections].map((connection) => connection[Symbol.asyncDispose]()));
}
