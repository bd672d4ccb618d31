/** The public surface of codecell. What is not exported here is not API. */
import "./core/check-node.ts";
export type { Literal } from "./compile/literal.ts";
export type { DynamicUse, ImportUse, ProgramUses, ToolUse } from "./compile/program-uses.ts";
export type { HowUsed } from "./compile/usage.ts";
export type { Answer } from "./core/answer.ts";
export { CodecellError, ERROR_CODES, type ErrorCode, type Failure } from "./core/errors.ts";
export type {
  RunIdentity,
  RuntimeEventName,
  RuntimeEvents,
  RuntimeListener,
} from "./core/events.ts";
export { DEFAULT_LIMITS, type Limits } from "./core/limits.ts";
export type { NameTable, ServerNames, ToolNames } from "./core/names.ts";
export type { Position, Program } from "./core/program.ts";
export type {
  CallRecord,
  ExecutionResult,
  FileAccess,
  JsonValue,
  LogEntry,
  LogLevel,
  NetworkRequest,
  Operation as FileOperation,
  RunReport,
  TokenUsage,
  Usage,
} from "./core/result.ts";
export { ToolError } from "./core/tool-error.ts";
export type { StartContextOptions } from "./discovery/start-context.ts";
export type {
  CategorySummary,
  ListOptions,
  SearchOptions,
  ToolDetail,
  ToolSpec,
  ToolSummary,
} from "./discovery/summary.ts";
export type {
  Engine,
  EngineModule,
  EngineRef,
  EngineUsage,
  Host,
  HostCall,
  KeepOptions,
  Outcome,
  SavedCall,
  SavedVm,
  Session as EngineSession,
} from "./engine/engine.ts";
export type { FileContent } from "./files/file-content.ts";
export { WorkspaceError } from "./files/workspace-error.ts";
export type { FileStat, Workspace, WorkspaceLimits } from "./files/workspace.ts";
export type { EngineName } from "./placement/open-place.ts";
export type { RemoteService } from "./placement/remote.ts";
export type { SyscallProfile } from "./placement/sandbox/seccomp.ts";
export type { SandboxSettings } from "./placement/sandbox/settings.ts";
export type { PlacementName, WorkerSettings } from "./placement/settings.ts";
export type { Inspection } from "./preflight/inspect.ts";
export type { TypeCheck } from "./preflight/preflight.ts";
export type { OutputOf, OutputSchema, ValueOf } from "./run/check-output.ts";
export type { RunOptions } from "./run/job.ts";
export { createRuntime } from "./runtime/create-runtime.ts";
export type { RuntimeOptions } from "./runtime/options.ts";
export type { Runtime, RuntimeDescription } from "./runtime/runtime.ts";
export type { ServerReport } from "./runtime/toolbox.ts";
export type { SessionOptions } from "./session/session-registry.ts";
export type { PendingCall } from "./session/session-run.ts";
export type { ResumeOptions, Session } from "./session/session.ts";
export type { SharingSettings } from "./run/sharing.ts";
export type { SessionSettings } from "./session/settings.ts";
export type { TokenizerChoice } from "./tokens/counter.ts";
export type { TokenizerName } from "./tokens/tokenizers.ts";
export type { Environment } from "./tools/config/expand-variables.ts";
export type { ForeignKeys, HostSpellings } from "./tools/config/host-entry.ts";
export type { AskInputs, InputRequest } from "./tools/config/inputs.ts";
export { loadConfig } from "./tools/config/load-config.ts";
export type { OAuthConfig } from "./tools/config/oauth-entry.ts";
export type { ConfigFile } from "./tools/config/parse-config.ts";
export type {
  CommonConfig as CommonServerConfig,
  HttpConfig as HttpServerConfig,
  ServerConfig,
  StdioConfig as StdioServerConfig,
} from "./tools/config/server-entry.ts";
export type {
  CommonServerEntry,
  HttpServerEntry,
  McpServerEntry,
  StdioServerEntry,
} from "./tools/config/server-settings.ts";
export type { ToolRules } from "./tools/tool-rules.ts";
export {
  type ArgumentsOf,
  type JsonSchemaConverter,
  type RunContext,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  tool,
  type ToolDefinition,
  type ToolOptions,
} from "./tools/define-tool.ts";
export type { AllowedHost, NetworkSettings } from "./tools/fetch/settings.ts";
export type { LocalFunction, LocalTools } from "./tools/local.ts";
export type {
  ServerRequest,
  ServerRequestContext,
  ServerRequestHandler,
} from "./tools/mcp/client.ts";
export type { McpClient } from "./tools/mcp/user-client.ts";
export type { ModelHandler, ModelRequest } from "./tools/model.ts";
export type { JsonSchema, ToolInfo } from "./tools/tool.ts";
