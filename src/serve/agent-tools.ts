/** The few tools that stand for all others, for any agent loop: look for tools, read their types, run a program. */
import {
  CodecellError,
  type Runtime,
  type ToolDetail,
  ToolError,
  type ToolSummary,
} from "../index.ts";
import { type AgentAnswer, resultAnswer, textAnswer } from "./answer.ts";
import { agentTexts } from "./descriptions.ts";
import { RESULT_SCHEMA } from "./result-schema.ts";

export type { AgentAnswer, ContentPart } from "./answer.ts";

/** What goes along with a call of an {@link AgentTool}. */
export interface AgentCallOptions {
  /** Aborting ends the program. */
  readonly signal?: AbortSignal;
  /** Who the program runs for; tools of your own get it as `context.user`. */
  readonly user?: string;
  /** Told what is going on while a program runs: its console lines and its calls. */
  readonly onProgress?: (message: string) => void;
}

/** A tool for an agent: give the first three to the model, call `execute` with what it answers. */
export interface AgentTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly title: string;
  /** JSON Schema of `structured` in the answers, where there is some. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** MCP's hints. */
  readonly annotations: Readonly<Record<string, boolean>>;
  /** Never throws for what the model wrote: the answer says what was wrong. */
  execute(args: unknown, options?: AgentCallOptions): Promise<AgentAnswer>;
}

export interface AgentToolsOptions {
  /** Other names than `search_tools`, `get_tool_details` and `execute_code`. */
  readonly names?: {
    readonly search?: string;
    readonly details?: string;
    readonly execute?: string;
  };
  /** Longest text of an answer, in characters. Default 20,000. */
  readonly maxResultChars?: number;
}

/** Names that every model API takes. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const DEFAULT_RESULT_CHARS = 20_000;
/** Pictures come as text inside the value; they are taken out before it is cut. */
const MEDIA_BYTES = 8 * 1024 * 1024;
const LOG_BYTES = 8_192;

/**
 * The tools of `runtime` for an agent.
 * @throws CodecellError `config_error` for a name that model APIs would refuse, or two that are the same
 */
export function agentTools(runtime: Runtime, options: AgentToolsOptions = {}): AgentTool[] {
  const {
    search = "search_tools",
    details = "get_tool_details",
    execute = "execute_code",
  } = options.names ?? {};
  const maxChars = options.maxResultChars ?? DEFAULT_RESULT_CHARS;
  checkNames([search, details, execute]);
  if (!Number.isInteger(maxChars) || maxChars < 500)
    throw new CodecellError("config_error", "maxResultChars must be a whole number from 500");
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
      execute: (args) => answered(maxChars, () => searchTools(runtime, record(args))),
    },
    {
      name: details,
      title: "Tool details",
      description: describe.details,
      inputSchema: DETAILS_INPUT,
      annotations: readOnly,
      execute: (args) => answered(maxChars, () => describeTools(runtime, record(args))),
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
      execute: async (args, call = {}) => await runProgram(runtime, record(args), call, maxChars),
    },
  ];
}

const SEARCH_INPUT = {
  type: "object",
  properties: {
    query: {
      type: "string",
      description:
        "Words, in any language. Without it: the tools of the category, or all categories",
    },
    category: { type: "string", description: "Only in this category" },
    detail: {
      type: "string",
      enum: ["name", "summary", "parameters", "full"],
      description: "How much of each tool; default parameters",
    },
    limit: { type: "integer", minimum: 1, maximum: 200, description: "Default 10" },
    offset: { type: "integer", minimum: 0, description: "To go on where the last answer ended" },
  },
  additionalProperties: false,
} as const;

const DETAILS_INPUT = {
  type: "object",
  properties: {
    tools: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      maxItems: 20,
      description: 'Like "github.create_issue"',
    },
  },
  required: ["tools"],
  additionalProperties: false,
} as const;

const EXECUTE_INPUT = {
  type: "object",
  properties: { code: { type: "string", description: "The program: TypeScript or JavaScript" } },
  required: ["code"],
  additionalProperties: false,
} as const;

function checkNames(names: readonly string[]): void {
  const bad = names.find((name) => typeof name !== "string" || !NAME.test(name));
  if (bad !== undefined)
    throw new CodecellError(
      "config_error",
      `a tool cannot be called ${JSON.stringify(bad)}: 1 to 64 letters, digits, _ and -`,
    );
  if (new Set(names).size < names.length)
    throw new CodecellError("config_error", `two tools have the same name: ${names.join(", ")}`);
}

function record(args: unknown): Readonly<Record<string, unknown>> {
  return typeof args === "object" && args !== null ? (args as Record<string, unknown>) : {};
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
  { code }: Readonly<Record<string, unknown>>,
  { signal, user, onProgress }: AgentCallOptions,
  maxChars: number,
): Promise<AgentAnswer> {
  if (typeof code !== "string")
    return textAnswer('invalid_arguments: code is missing; send { "code": "…" }', maxChars, true);
  const { limits } = runtime.describe();
  const result = await runtime.run(code, {
    ...(signal === undefined ? {} : { signal }),
    ...(user === undefined ? {} : { user }),
    limits: {
      resultBytes: Math.max(limits.resultBytes, MEDIA_BYTES),
      logBytes: Math.min(limits.logBytes, LOG_BYTES),
    },
    ...(onProgress === undefined
      ? {}
      : {
          onLog: ({ text }) => onProgress(text),
          onCall: ({ tool, ok, ms }) =>
            onProgress(`${tool} ${ok ? "answered" : "failed"} after ${Math.round(ms)} ms`),
        }),
  });
  return resultAnswer(result, maxChars);
}

async function searchTools(
  runtime: Runtime,
  args: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { query, category } = args;
  const offset = args["offset"] === undefined ? 0 : Number(args["offset"]);
  const limit = args["limit"] === undefined ? 10 : Number(args["limit"]);
  if (query === undefined && category === undefined) return await listCategories(runtime);
  const page = {
    detail: (args["detail"] as ToolDetail | undefined) ?? "parameters",
    limit: limit + 1,
    offset,
  };
  const found =
    query === undefined
      ? await runtime.listTools(category as string, page)
      : await runtime.searchTools(query as string, {
          ...page,
          ...(category === undefined ? {} : { category: category as string }),
        });
  if (found.length === 0)
    return offset > 0
      ? "There are no more."
      : "No tool matches. Without a query all categories are listed.";
  const lines = found.slice(0, limit).map(line);
  if (found.length > limit) lines.push(`There are more: offset ${offset + limit}.`);
  return lines.join("\n");
}

async function listCategories(runtime: Runtime): Promise<string> {
  const categories = await runtime.listToolCategories();
  if (categories.length === 0) return "No servers are connected.";
  return categories
    .map(
      ({ name, tools, description = "" }) =>
        `${name} (${tools} tools)${description === "" ? "" : `: ${description}`}`,
    )
    .join("\n");
}

function line({ category, name, call, description, parameters, declaration }: ToolSummary): string {
  const head = `${category}.${name}`;
  if (declaration !== undefined) return `${head}: ${call}\n${declaration}`;
  const how = parameters === undefined ? call : call.replace("(args)", `(${parameters})`);
  return `${head}: ${how}${description === undefined || description === "" ? "" : ` // ${description}`}`;
}

async function describeTools(
  runtime: Runtime,
  { tools }: Readonly<Record<string, unknown>>,
): Promise<string> {
  const names = typeof tools === "string" ? [tools] : tools;
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string"))
    throw new ToolError(
      "invalid_arguments",
      'tools must be an array of names like "github.create_issue"',
    );
  const categories = (await runtime.listToolCategories()).map(({ name }) => name);
  const described = names.slice(0, 20).map(async (name: string) => {
    const [category, tool] = split(name, categories);
    const { call, declaration } = await runtime.getToolSpec(category, tool);
    return `// ${call}\n${declaration}`;
  });
  return (await Promise.all(described)).join("\n");
}

/** `tools.github.create_issue`, `github.create_issue`, `github/create_issue`; both names may hold dots. */
function split(name: string, categories: readonly string[]): [category: string, tool: string] {
  const path = name.replace(/^tools\./, "").replace(/\(.*$/s, "");
  const longest = categories
    .filter((category) => path.startsWith(category) && /^[./]./.test(path.slice(category.length)))
    .toSorted((a, b) => b.length - a.length)[0];
  const at = longest === undefined ? path.search(/[./]/) : longest.length;
  return at < 0 ? [path, ""] : [path.slice(0, at), path.slice(at + 1)];
}
