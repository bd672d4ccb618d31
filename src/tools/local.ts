import { ToolError } from "../core/tool-error.ts";
import type { CallContext } from "./call-context.ts";
import { noTool } from "./check-local-tools.ts";
import type { ToolDefinition } from "./define-tool.ts";
import { expectedParameters } from "./parameter-summary.ts";
import { orLate } from "./late.ts";
import { issuesText } from "./schema-issues.ts";
import { toToolError } from "./thrown.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";

/** A plain function; it gets the arguments of the call. (A method type, so that its parameters may be of any type.) */
export type LocalFunction = {
  /** Carries out a call; what it throws is a `tool_error`. */
  call(...args: unknown[]): unknown;
}["call"];

/** A namespace of local tools by name. */
export type LocalTools = Readonly<Record<string, ToolDefinition | LocalFunction>>;

/** Local functions as tools. */
export class LocalSource implements ToolSource {
  readonly name: string;
  readonly warnings: readonly string[] = [];
  readonly takesObjects = true;
  readonly #tools: ReadonlyMap<string, ToolDefinition | LocalFunction>;

  /** @throws CodecellError `config_error` for what is neither a function nor made by `tool()` */
  constructor(name: string, tools: LocalTools) {
    this.name = name;
    this.#tools = new Map(
      Object.entries(tools).map(([key, value]) => [
        key,
        toDefinition(`tools.${name}.${key}`, value),
      ]),
    );
  }

  async list(): Promise<readonly ToolInfo[]> {
    return [...this.#tools].map(([name, tool]) =>
      typeof tool === "function" ? { name } : { name, ...tool.info },
    );
  }

  validates(tool: string): boolean {
    const definition = this.#tools.get(tool);
    return typeof definition === "object" && definition.input !== undefined;
  }

  async call(tool: string, args: unknown, context: CallContext): Promise<unknown> {
    const label = `${this.name}.${tool}`;
    const definition = this.#tools.get(tool);
    if (definition === undefined)
      throw new ToolError("unknown_tool", `${label} is not a tool`, { tool: label });
    try {
      return await orLate(run(definition, label, args, context), context);
    } catch (thrown) {
      throw toToolError(thrown, label);
    }
  }
}

function toDefinition(path: string, value: unknown): ToolDefinition | LocalFunction {
  if (typeof value === "function") return value as LocalFunction;
  if (
    typeof value === "object" &&
    value !== null &&
    "run" in value &&
    typeof value.run === "function" &&
    "info" in value
  ) {
    return value as ToolDefinition;
  }
  throw noTool(path, value);
}

async function run(
  definition: ToolDefinition | LocalFunction,
  label: string,
  args: unknown,
  { signal, caller, positional = [args] }: CallContext,
): Promise<unknown> {
  if (typeof definition === "function") return await definition(...positional);
  const checked = await check(definition, label, args);
  return await definition.run(checked, { signal, user: caller.user });
}

async function check(
  { input, info }: ToolDefinition,
  label: string,
  args: unknown,
): Promise<unknown> {
  if (input === undefined) return args;
  const result = await input["~standard"].validate(args);
  if (result.issues === undefined) return result.value;
  const options = { tool: label, hint: expectedParameters(info.inputSchema) };
  throw new ToolError(
    "invalid_arguments",
    `invalid arguments for ${label}: ${issuesText(result.issues)}`,
    options,
  );
}
