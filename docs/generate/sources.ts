/** Where the reference pages come from: paths from the root of the repository, in the order of the pages. */

/** One section of docs/reference/options.md: an exported interface whose members are documented. */
export interface OptionsSource {
  readonly interface: string;
  readonly file: string;
  /** What takes it. */
  readonly takenBy: string;
  /** Interfaces of this page whose options it takes too. */
  readonly alsoTakes?: readonly string[];
}

export const OPTIONS: readonly OptionsSource[] = [
  {
    interface: "RuntimeOptions",
    file: "src/runtime/options.ts",
    takenBy:
      "`createRuntime(options)`; all but `config`, `mcpServers` and the `on…` handlers also in a config file, under `codecell` (`tools` as a path)",
  },
  {
    interface: "StdioServerEntry",
    file: "src/tools/config/server-settings.ts",
    takenBy: "an entry of `mcpServers` with a `command`",
    alsoTakes: ["CommonServerEntry"],
  },
  {
    interface: "HttpServerEntry",
    file: "src/tools/config/server-settings.ts",
    takenBy: "an entry of `mcpServers` with a `url`",
    alsoTakes: ["CommonServerEntry"],
  },
  {
    interface: "CommonServerEntry",
    file: "src/tools/config/server-settings.ts",
    takenBy: "every entry of `mcpServers`",
    alsoTakes: ["HostSpellings"],
  },
  {
    interface: "HostSpellings",
    file: "src/tools/config/host-entry.ts",
    takenBy: "every entry of `mcpServers`, as other hosts spell it",
  },
  {
    interface: "OAuthConfig",
    file: "src/tools/config/oauth-entry.ts",
    takenBy: "`oauth` of an entry with a `url`",
  },
  {
    interface: "EngineRef",
    file: "src/engine/engine.ts",
    takenBy: "`createRuntime({ engine })`",
  },
  {
    interface: "WorkerSettings",
    file: "src/placement/settings.ts",
    takenBy: "`createRuntime({ workers })`",
  },
  {
    interface: "SharingSettings",
    file: "src/run/sharing.ts",
    takenBy: "`createRuntime({ sharing })`",
  },
  {
    interface: "RunOptions",
    file: "src/run/job.ts",
    takenBy: "`runtime.run(code, options)`; `session.run(code, options)`, without `user`",
  },
  {
    interface: "SessionOptions",
    file: "src/session/session-registry.ts",
    takenBy: "`runtime.session(id, options)`",
  },
  {
    interface: "ResumeOptions",
    file: "src/session/session.ts",
    takenBy: "`session.resume(options)`",
    alsoTakes: ["RunOptions"],
  },
  {
    interface: "SessionSettings",
    file: "src/session/settings.ts",
    takenBy: "`createRuntime({ sessions })`",
  },
  {
    interface: "SandboxSettings",
    file: "src/placement/sandbox/settings.ts",
    takenBy: "`createRuntime({ sandbox })`",
  },
  {
    interface: "NetworkSettings",
    file: "src/tools/fetch/settings.ts",
    takenBy: "`createRuntime({ network })`",
  },
  {
    interface: "AllowedHost",
    file: "src/tools/fetch/settings.ts",
    takenBy: "the entries of `network.allow`",
  },
  {
    interface: "RemoteService",
    file: "src/placement/remote.ts",
    takenBy: "`createRuntime({ placement })`",
  },
  { interface: "ToolOptions", file: "src/tools/define-tool.ts", takenBy: "`tool(options)`" },
  {
    interface: "RunContext",
    file: "src/tools/define-tool.ts",
    takenBy: "the second argument of a local tool's `run`",
  },
  {
    interface: "ListOptions",
    file: "src/discovery/summary.ts",
    takenBy: "`listTools(category, options)`, in programs and of the runtime",
  },
  {
    interface: "SearchOptions",
    file: "src/discovery/summary.ts",
    takenBy: "`searchTools(query, options)`, in programs and of the runtime",
    alsoTakes: ["ListOptions"],
  },
  {
    interface: "AgentToolsOptions",
    file: "src/agent/settings.ts",
    takenBy: "`agentTools`, `codecellTools`, `anthropicTools` `(runtime, options)`",
    alsoTakes: ["AgentToolsSettings"],
  },
  {
    interface: "AgentToolsSettings",
    file: "src/agent/settings.ts",
    takenBy: "those, and in a config file under `codecell.mcp`",
  },
  {
    interface: "OpenAiToolsOptions",
    file: "src/agent/openai.ts",
    takenBy: "`openaiTools(runtime, options)`",
    alsoTakes: ["AgentToolsOptions"],
  },
  {
    interface: "LangChainToolsOptions",
    file: "src/agent/langchain.ts",
    takenBy: "`langchainTools(runtime, options)`",
    alsoTakes: ["AgentToolsOptions"],
  },
  {
    interface: "ToolCallOptions",
    file: "src/agent/tool-calls.ts",
    takenBy: "`runChatCalls`, `runResponseCalls` and `runToolCalls`",
  },
  { interface: "AgentToolNames", file: "src/agent/settings.ts", takenBy: "`names` of those" },
  {
    interface: "AgentCallOptions",
    file: "src/agent/call-options.ts",
    takenBy: "`execute(args, options)` of an agent's tool",
  },
  {
    interface: "FromAiSdkOptions",
    file: "src/agent/from-ai-sdk.ts",
    takenBy: "`fromAiSdk(tools, options)`",
  },
  {
    interface: "FromLangChainOptions",
    file: "src/agent/from-langchain.ts",
    takenBy: "`fromLangChain(tools, options)`",
  },
  {
    interface: "FromMastraOptions",
    file: "src/agent/from-mastra.ts",
    takenBy: "`fromMastra(tools, options)`",
  },
  {
    interface: "McpServerOptions",
    file: "src/serve/mcp/server.ts",
    takenBy: "`createMcpServer(runtime, options)`",
    alsoTakes: ["AgentToolsOptions", "AgentToolsSettings"],
  },
  {
    interface: "McpHttpOptions",
    file: "src/serve/mcp/http-handler.ts",
    takenBy: "`new McpHttpHandler(options)`",
  },
  {
    interface: "HandlerOptions",
    file: "src/serve/http/handler.ts",
    takenBy: "`createHandler(options)`",
    alsoTakes: ["RuntimeOptions"],
  },
  {
    interface: "LambdaOptions",
    file: "src/serve/http/lambda.ts",
    takenBy: "`createLambdaHandler(options)`",
    alsoTakes: ["HandlerOptions"],
  },
  {
    interface: "ServeSettings",
    file: "src/serve/service/settings.ts",
    takenBy: "`startService(runtime, settings)`; in a config file under `codecell.serve`",
  },
  {
    interface: "AuthSettings",
    file: "src/serve/service/auth-settings.ts",
    takenBy: "`auth` of the service",
  },
  { interface: "ApiKey", file: "src/serve/service/auth-settings.ts", takenBy: "`auth.apiKeys`" },
  { interface: "JwtSettings", file: "src/serve/service/auth-settings.ts", takenBy: "`auth.jwt`" },
  {
    interface: "RateLimit",
    file: "src/serve/service/settings.ts",
    takenBy: "`rateLimit` of the service",
  },
];

/** The format of a config file: in config.schema.json. */
export const CONFIG_TEXT = {
  interface: "ConfigText",
  file: "src/tools/config/config-text.ts",
} as const;

export const LIMITS = { interface: "Limits", file: "src/core/limits.ts" } as const;

export const ERRORS = { constant: "ERROR_CODES", file: "src/core/errors.ts" } as const;
