/** codecell as an MCP server, over any transport of the SDK: the agent's tools, and the catalogue's servers as resources. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListResourcesRequestSchema,
  type ListResourcesResult,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type AgentTool, agentTools, type AgentToolsOptions } from "../../agent/agent-tools.ts";
import { agentTexts } from "../../agent/descriptions.ts";
import { cutText } from "../../core/utf8.ts";
import { VERSION } from "../../core/version.ts";
import { toolLine } from "../../discovery/tool-line.ts";
import { type Runtime, ToolError } from "../../index.ts";
import { ProgressReporter } from "./progress.ts";
import { samplingModel } from "./sampling.ts";

/** What {@link createMcpServer} takes. */
export interface McpServerOptions extends AgentToolsOptions {
  /**
   * The version of the server that clients see.
   * @default this package's
   */
  readonly version?: string;
}

/** Characters of one answer about resources: names and descriptions are those of the connected servers. */
const MAX_RESOURCE_CHARS = 200_000;
const MAX_LISTED = 1_000;
const MAX_DESCRIPTION = 200;
const SERVERS = "codecell://servers/";
const TOOLS = "codecell://tools/";

/**
 * Makes a server for one connection (or one request, where there are no sessions). Closing it does not close the runtime.
 * @param runtime one that is still starting is waited for by what needs it: the server initializes and lists its tools at once
 * @throws CodecellError `config_error` for bad options
 */
export function createMcpServer(
  runtime: Runtime | Promise<Runtime>,
  options: McpServerOptions = {},
): Server {
  const { version = VERSION, ...toolOptions } = options;
  const tools = agentTools(runtime, toolOptions);
  const [search, details, execute] = tools.map(({ name }) => name) as [string, string, string];
  const server = new Server(
    { name: "codecell", title: "codecell", version },
    {
      capabilities: { tools: {}, resources: { listChanged: true } },
      instructions: agentTexts({ search, details, execute }).instructions,
    },
  );
  offerTools(server, tools, options.onProgress);
  offerResources(server, runtime);
  const closed = new AbortController();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Server is no EventTarget
  server.onclose = () => closed.abort();
  void Promise.resolve(runtime).then(
    (started) => reportChanges(server, started, closed.signal),
    () => {}, // calls say why
  );
  return server;
}

/** The client hears of resources that come, change or go; of a server that flaps it hears nothing. */
function reportChanges(server: Server, runtime: Runtime, closed: AbortSignal): void {
  if (closed.aborted) return;
  const list = async (): Promise<string> => JSON.stringify(await listServers(runtime));
  let known = list();
  const look = async (): Promise<void> => {
    const before = known;
    known = list();
    if ((await before) !== (await known)) await server.sendResourceListChanged();
  };
  const stop = runtime.on("server_state", () => void look().catch(() => {}));
  closed.addEventListener("abort", stop, { once: true });
}

function offerTools(
  server: Server,
  tools: readonly AgentTool[],
  onProgress: ((message: string) => void) | undefined,
): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ execute: _execute, ...tool }) => tool) as never,
  }));
  server.setRequestHandler(
    CallToolRequestSchema,
    async ({ params }, extra): Promise<CallToolResult> => {
      const tool = tools.find(({ name }) => name === params.name);
      if (tool === undefined) {
        const names = tools.map(({ name }) => name).join(", ");
        throw rpcError(
          ErrorCode.InvalidParams,
          `there is no tool ${cutText(params.name, MAX_DESCRIPTION)}; there are ${names}, and programs for ${tools.at(-1)!.name} call all others`,
        );
      }
      using progress = new ProgressReporter(params._meta?.progressToken, extra);
      const onModel = samplingModel(server, extra);
      const { content, structured, isError } = await tool.execute(params.arguments ?? {}, {
        signal: extra.signal,
        ...(onModel === undefined ? {} : { onModel }),
        onProgress: (message) => {
          progress.report(message);
          onProgress?.(message);
        },
      });
      return {
        content: content as CallToolResult["content"],
        ...(structured === undefined ? {} : { structuredContent: { ...structured } }),
        ...(isError ? { isError } : {}),
      };
    },
  );
}

function offerResources(server: Server, starting: Runtime | Promise<Runtime>): void {
  server.setRequestHandler(ListResourcesRequestSchema, async () => ({
    resources: await listServers(await starting),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      {
        uriTemplate: `${TOOLS}{category}/{tool}`,
        name: "tool",
        description: "The TypeScript declaration of a tool",
        mimeType: "text/plain",
      },
    ],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    try {
      return {
        contents: [
          {
            uri,
            mimeType: "text/plain",
            text: cutText(await readResource(await starting, uri), MAX_RESOURCE_CHARS),
          },
        ],
      };
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw rpcError(RESOURCE_NOT_FOUND, error.message);
    }
  });
}

/** Each server as a resource. */
async function listServers(runtime: Runtime): Promise<ListResourcesResult["resources"]> {
  const categories = await runtime.listToolCategories();
  return categories.slice(0, MAX_LISTED).map(({ name, tools, description }) => ({
    uri: SERVERS + encodeURIComponent(name),
    name,
    description: `${tools} tools${description === undefined ? "" : `: ${cutText(description, MAX_DESCRIPTION)}`}`,
    mimeType: "text/plain",
  }));
}

/** An error response. The SDK's own class would put its code into the message as well. */
function rpcError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Of the specification, which the SDK has no name for. */
const RESOURCE_NOT_FOUND = -32_002;

async function readResource(runtime: Runtime, uri: string): Promise<string> {
  if (uri.startsWith(SERVERS)) {
    const tools = await runtime.listTools(decode(uri.slice(SERVERS.length)), {
      detail: "parameters",
    });
    return tools.map(toolLine).join("\n");
  }
  const [category, tool, ...more] = uri.startsWith(TOOLS) ? uri.slice(TOOLS.length).split("/") : [];
  if (category === undefined || tool === undefined || more.length > 0)
    throw new ToolError("unknown_tool", `there is no resource ${cutText(uri, MAX_DESCRIPTION)}`);
  const { call, declaration } = await runtime.getToolSpec(decode(category), decode(tool));
  return `// ${call}\n${declaration}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
