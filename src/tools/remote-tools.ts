/** Tools of a codecell service at which programs run (placement `{ remote }`): they are called there, never from here. */
import { CodecellError, messageOf } from "../core/errors.ts";
import { ToolError } from "../core/tool-error.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";

/** What the service reports about one of its servers. */
interface RemoteServer {
  readonly name: string;
  readonly instructions?: string;
  readonly tools: readonly ToolInfo[];
}

const TIMEOUT_MS = 10_000;

/**
 * The servers of a service, each as a source of tools.
 * @throws CodecellError `engine_unavailable` when the service does not list its tools
 */
export async function remoteSources(remote: string, token?: string): Promise<ToolSource[]> {
  const url = new URL("remote/tools", remote);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const { servers } = (await response.json()) as { servers: readonly RemoteServer[] };
    return servers.map((server) => new RemoteSource(server));
  } catch (error) {
    throw new CodecellError(
      "engine_unavailable",
      `the service at ${url.origin} cannot be used: ${messageOf(error)}`,
      {
        hint: "Is it `codecell serve`, and are placement.remote and placement.token right?",
        cause: error,
      },
    );
  }
}

class RemoteSource implements ToolSource {
  readonly name: string;
  readonly instructions?: string;
  readonly warnings: readonly string[] = [];
  readonly isRemote = true;
  readonly #tools: readonly ToolInfo[];

  constructor({ name, instructions, tools }: RemoteServer) {
    this.name = name;
    if (instructions !== undefined) this.instructions = instructions;
    this.#tools = tools;
  }

  async list(): Promise<readonly ToolInfo[]> {
    return this.#tools;
  }

  async call(tool: string): Promise<never> {
    throw new ToolError("internal", `${this.name}.${tool} is called at the remote service`);
  }
}
