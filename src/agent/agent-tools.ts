/** The three tools that give an agent loop all others: search for tools, read their types, run a program. */
import "../core/check-node.ts";
import { configError, kindOf } from "../core/setting-errors.ts";
import { CodecellError, type Runtime, ToolError } from "../index.ts";
import { type AgentAnswer, textAnswer } from "./answer.ts";
import type { AgentCallOptions } from "./call-options.ts";
import { agentTexts } from "./descriptions.ts";
import { CHAT_INPUT, DETAILS_INPUT, EXECUTE_INPUT, SEARCH_INPUT } from "./input-schemas.ts";
import { RESULT_SCHEMA } from "./result-schema.ts";
import { resolveAgentOptions } from "./resolve-options.ts";
import { runProgram } from "./run-program.ts";
import { describeTools, searchTools } from "./search-answer.ts";
import type { AgentToolsOptions } from "./settings.ts";

export type { AgentToolNames, AgentToolsOptions, AgentToolsSettings } from "./settings.ts";
export type { AgentAnswer, ContentPart } from "./answer.ts";
export type { AgentCallOptions } from "./call-options.ts";

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

/**
 * Returns the tools of `runtime` for an agent: search, details, execute.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for what is no runtime, and for an option that makes no sense, such as a name that model APIs
 * would refuse
 */
export function agentTools(
  runtime: Runtime | Promise<Runtime>,
  options: AgentToolsOptions = {},
): AgentTool[] {
  checkRuntime(runtime);
  const resolved = resolveAgentOptions(options);
  void Promise.resolve(runtime).catch(() => {}); // calls say why
  const { maxChars } = resolved;
  const { search, details, execute } = resolved.names;
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
      inputSchema: resolved.session === undefined ? EXECUTE_INPUT : CHAT_INPUT,
      outputSchema: RESULT_SCHEMA,
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: true,
      },
      execute: async (args, call = {}) =>
        await runProgram(await runtime, record(args), call, resolved),
    },
  ];
}

/** By its form: it may be of another copy of this package. */
function checkRuntime(runtime: unknown): void {
  const isThere = typeof runtime === "object" && runtime !== null;
  if (isThere && ("then" in runtime || "searchTools" in runtime)) return;
  throw configError(
    `the tools of agents are those of a runtime, not of ${kindOf(runtime)}`,
    "Write agentTools(await createRuntime({ … }), options).",
  );
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
