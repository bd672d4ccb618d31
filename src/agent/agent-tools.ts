/** The three tools that give an agent loop all others: search for tools, read their types, run a program. */
import {
  type CallRecord,
  CodecellError,
  type LogEntry,
  type ModelHandler,
  type Runtime,
  ToolError,
} from "../index.ts";
import { readSetting } from "../core/check-settings.ts";
import { configError, shown } from "../core/setting-errors.ts";
import { defaultsOf } from "../core/setting-schema.ts";
import { type AgentAnswer, resultAnswer, textAnswer } from "./answer.ts";
import { agentTexts } from "./descriptions.ts";
import { DETAILS_INPUT, EXECUTE_INPUT, SEARCH_INPUT } from "./input-schemas.ts";
import { RESULT_SCHEMA } from "./result-schema.ts";
import { describeTools, searchTools } from "./search-answer.ts";
import {
  AGENT_NAMES,
  AGENT_SETTINGS,
  type AgentToolNames,
  type AgentToolsOptions,
} from "./settings.ts";

export type { AgentToolNames, AgentToolsOptions } from "./settings.ts";
export type { AgentAnswer, ContentPart } from "./answer.ts";

/** What a call of an {@link AgentTool} takes besides its arguments. */
export interface AgentCallOptions {
  /**
   * Aborting ends the program.
   * @default none
   */
  readonly signal?: AbortSignal;
  /**
   * Who the program runs for; local tools receive it as `context.user`.
   * @default no user
   */
  readonly user?: string;
  /**
   * Called with each console line and each finished call while a program runs.
   * @default none
   */
  readonly onProgress?: (message: string) => void;
  /**
   * Answers `ask` of the program, where the runtime has no `onModel`.
   * @default `ask` is refused
   */
  readonly onModel?: ModelHandler;
}

/** A tool for an agent: give `name`, `description` and `inputSchema` to the model, call `execute` with its arguments. */
export interface AgentTool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it does, for the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** A name for people. */
  readonly title: string;
  /** JSON Schema of `structured` in the result, for tools that return some. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** MCP's hints: `readOnlyHint`, `destructiveHint`, `idempotentHint`, `openWorldHint`. */
  readonly annotations: Readonly<Record<string, boolean>>;
  /**
   * Carries out a call. It does not throw for what the model wrote: the result says what is wrong.
   * @throws CodecellError `config_error` for bad options, `aborted` when the runtime is closed
   */
  execute(args: unknown, options?: AgentCallOptions): Promise<AgentAnswer>;
}

/** Pictures come as text inside the value; they are taken out before it is cut. All that one answer may have of them. */
const MEDIA_BYTES = 8 * 1024 * 1024;
const LOG_BYTES = 8_192;

/**
 * Returns the tools of `runtime` for an agent: search, details, execute.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for a name that model APIs would refuse, or two that are the same
 */
export function agentTools(
  runtime: Runtime | Promise<Runtime>,
  options: AgentToolsOptions = {},
): AgentTool[] {
  const { search, details, execute } = {
    ...defaultsOf(AGENT_NAMES),
    ...options.names,
  } as Required<AgentToolNames>;
  checkNames([search, details, execute]);
  const chars = AGENT_SETTINGS.properties.maxResultChars;
  const maxChars = readSetting(chars, options.maxResultChars, "maxResultChars") as number;
  const describe = agentTexts({ search, details, execute });
  const readOnly = {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  };
  return [
    {
      name: search,
      title: "Search tools",
      description: describe.search,
      inputSchema: SEARCH_INPUT,
      annotations: readOnly,
      execute: (args) => answered(maxChars, async () => searchTools(await runtime, record(args))),
    },
    {
      name: details,
      title: "Tool details",
      description: describe.details,
      inputSchema: DETAILS_INPUT,
      annotations: readOnly,
      execute: (args) => answered(maxChars, async () => describeTools(await runtime, record(args))),
    },
    {
      name: execute,
      title: "Run a program",
      description: describe.execute,
      inputSchema: EXECUTE_INPUT,
      outputSchema: RESULT_SCHEMA,
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: true,
      },
      execute: async (args, call = {}) =>
        await runProgram(await runtime, record(args), call, maxChars),
    },
  ];
}

function checkNames(names: readonly string[]): void {
  const pattern = new RegExp(AGENT_NAMES.properties.search.pattern!, "u");
  const bad = names.find((name) => typeof name !== "string" || !pattern.test(name));
  if (bad !== undefined)
    throw configError(`a tool cannot be named ${shown(bad)}: 1 to 64 letters, digits, _ and -`);
  if (new Set(names).size < names.length)
    throw configError(`two tools have the same name: ${names.join(", ")}`);
}

/** Models whose arguments are all required send null for what they leave out. */
function record(args: unknown): Readonly<Record<string, unknown>> {
  if (typeof args !== "object" || args === null) return {};
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

async function answered(maxChars: number, work: () => Promise<string>): Promise<AgentAnswer> {
  try {
    return textAnswer(await work(), maxChars);
  } catch (error) {
    if (!(error instanceof ToolError) && !CodecellError.is(error)) throw error;
    return textAnswer(`${error.code}: ${error.message}`, maxChars, true);
  }
}

async function runProgram(
  runtime: Runtime,
  { code, session }: Readonly<Record<string, unknown>>,
  { signal, user, onProgress, onModel }: AgentCallOptions,
  maxChars: number,
): Promise<AgentAnswer> {
  if (typeof code !== "string")
    return textAnswer('invalid_arguments: code is missing; send { "code": "…" }', maxChars, true);
  if (session !== undefined && typeof session !== "string")
    return textAnswer("invalid_arguments: session must be a name", maxChars, true);
  const { limits } = runtime.describe();
  const options = {
    typeCheck: "auto" as const,
    ...(signal === undefined ? {} : { signal }),
    ...(onModel === undefined ? {} : { onModel }),
    limits: {
      resultBytes: MEDIA_BYTES,
      logBytes: Math.min(limits.logBytes, LOG_BYTES),
    },
    ...(onProgress === undefined
      ? {}
      : {
          onLog: ({ text }: LogEntry) => onProgress(text),
          onCall: ({ tool, ok, ms }: CallRecord) =>
            onProgress(`${tool} ${ok ? "answered" : "failed"} after ${Math.round(ms)} ms`),
        }),
  };
  const whose = user === undefined ? {} : { user };
  try {
    if (session === undefined)
      return resultAnswer(await runtime.run(code, { ...options, ...whose }), maxChars);
    const opened = await runtime.session(session, whose);
    return resultAnswer(await opened.run(code, options), maxChars);
  } catch (error) {
    // Without a session, only what passes by itself is something that a model can do anything about.
    if (!CodecellError.is(error) || (session === undefined && error.code !== "rate_limited"))
      throw error;
    const { code: kind, message } = error;
    return textAnswer(
      [`${kind}: ${message}`, adviceFor(error)].filter(Boolean).join("\n\n"),
      maxChars,
      true,
    );
  }
}

/** What a model can do about it: the settings are its host's. */
function adviceFor({ code, hint, retryAfterMs }: CodecellError): string | undefined {
  if (code === "quota_exceeded") return "Go on in a session that there is, or leave `session` out.";
  return retryAfterMs === undefined ? hint : `Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
}
