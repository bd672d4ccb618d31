/** Tools of a codecell service at which programs run (placement `{ remote }`): they are called there, never from here. */
import { CodecellError, messageOf } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { ToolError } from "../core/tool-error.ts";
import { cutUnits } from "../core/utf8.ts";
import { JsonScan } from "./mcp/json-scan.ts";
import { MAX_INSTRUCTIONS } from "./mcp/upstream.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";

/** What the service reports about one of its servers. */
interface RemoteServer {
  readonly name: string;
  readonly instructions?: string;
  readonly tools: readonly ToolInfo[];
}

const TIMEOUT_MS = 10_000;
/** Most servers of a service. */
const MAX_SERVERS = 1_000;
/** Most values in that list: those of a service with tens of thousands of tools. */
const MAX_PARTS = 1_000_000;
/** Largest list of all tools of a service, in bytes of JSON. What each tool may be is for the catalogue to check. */
const MAX_BYTES = 16 * 1024 * 1024;

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
    return readServers(await readJson(response)).map((server) => new RemoteSource(server));
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

/** The service may be anything that answers at this address. */
function readServers(list: unknown): readonly RemoteServer[] {
  const servers: unknown = isObject(list) ? list["servers"] : undefined;
  if (!Array.isArray(servers) || servers.length > MAX_SERVERS || !servers.every(isServer))
    throw new Error("it does not list its tools");
  return servers;
}

function isServer(value: unknown): value is RemoteServer {
  if (!isObject(value)) return false;
  const { name, instructions, tools } = value;
  const isText = typeof name === "string" && /^(string|undefined)$/.test(typeof instructions);
  return isText && Array.isArray(tools) && tools.every(isTool);
}

function isTool(value: unknown): boolean {
  return isObject(value) && typeof value["name"] === "string";
}

/** The body of a response, of bounded size and depth. */
async function readJson(response: Response): Promise<unknown> {
  const scan = new JsonScan(MAX_PARTS);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`its list of tools is larger than ${MAX_BYTES} bytes`);
    const problem = scan.push(chunk);
    if (problem !== undefined) throw new Error(`its list of tools cannot be used: ${problem}`);
    chunks.push(chunk);
  }
  return JSON.parse(await new Blob(chunks as BlobPart[]).text());
}

class RemoteSource implements ToolSource {
  readonly name: string;
  readonly instructions?: string;
  readonly warnings: readonly string[] = [];
  readonly isRemote = true;
  readonly #tools: readonly ToolInfo[];

  constructor({ name, instructions, tools }: RemoteServer) {
    this.name = name;
    if (instructions !== undefined) this.instructions = cutUnits(instructions, MAX_INSTRUCTIONS);
    this.#tools = tools;
  }

  async list(): Promise<readonly ToolInfo[]> {
    return this.#tools;
  }

  async call(tool: string): Promise<never> {
    throw new ToolError("internal", `${this.name}.${tool} is called at the remote service`);
  }
}
