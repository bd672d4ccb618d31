import { ToolError } from "../core/tool-error.ts";
import type { CallContext } from "./call-context.ts";
import { noTool } from "./check-local-tools.ts";
import type { ToolDefinition } from "./define-tool.ts";
import type { SchemaSide } from "./to-json-schema.ts";
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
  readonly takesObjects = true;
  readonly #tools: ReadonlyMap<string, ToolDefinition | LocalFunction>;
  /** What has been listed; JSON Schemas can take a moment to be made. */
  #infos: Promise<ReadonlyMap<string, ToolInfo>> | undefined;
  #warnings: readonly string[] = [];

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

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  async list(): Promise<readonly ToolInfo[]> {
    return [...(await (this.#infos ??= this.#listed())).values()];
  }

  async #listed(): Promise<ReadonlyMap<string, ToolInfo>> {
    const warnings: string[] = [];
    const infos = new Map<string, ToolInfo>();
    for (const [name, tool] of this.#tools)
      infos.set(name, typeof tool === "function" ? { name } : { name, ...(await whole(tool)) });
    for (const [name, info] of infos) {
      const missing = missingTypes(this.#tools.get(name), info);
      if (missing !== undefined) warnings.push(`${this.name}.${name}: ${missing}`);
    }
    this.#warnings = warnings;
    return infos;
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
      const info = (await this.#infos)?.get(tool);
      return await orLate(run(definition, label, args, context, info), context);
    } catch (thrown) {
      throw toToolError(thrown, label);
    }
  }
}

/** What is known of a tool, with the JSON Schemas that are only made now. */
async function whole({ info, late }: ToolDefinition): Promise<Omit<ToolInfo, "name">> {
  const [input, output] = await Promise.all(
    (["input", "output"] as const).map(
      async (side) => await late?.[side]?.().catch(() => undefined),
    ),
  );
  return {
    ...info,
    ...(input === undefined ? {} : { inputSchema: input }),
    ...(output === undefined ? {} : { outputSchema: output }),
  };
}

/** What programs do not see of a tool whose schema cannot be written as JSON Schema. */
function missingTypes(
  tool: ToolDefinition | LocalFunction | undefined,
  info: ToolInfo,
): string | undefined {
  if (typeof tool !== "object") return undefined;
  const of = (side: SchemaSide, found: unknown, what: string): string[] =>
    tool.late?.[side] !== undefined && found === undefined ? [what] : [];
  const missing = [
    ...of("input", info.inputSchema, "arguments"),
    ...of("output", info.outputSchema, "result"),
  ];
  if (missing.length === 0) return undefined;
  return `programs see no types of its ${missing.join(" and its ")}, because its schema cannot be converted to JSON Schema; give a schema that can (zod, or JSON Schema itself)`;
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
  info: ToolInfo | undefined,
): Promise<unknown> {
  if (typeof definition === "function") return await definition(...positional);
  const checked = await check(definition, label, args, info);
  return await definition.run(checked, { signal, user: caller.user });
}

async function check(
  { input }: ToolDefinition,
  label: string,
  args: unknown,
  info: ToolInfo | undefined,
): Promise<unknown> {
  if (input === undefined) return args;
  const result = await input["~standard"].validate(args);
  if (result.issues === undefined) return result.value;
  const options = { tool: label, hint: expectedParameters(info?.inputSchema) };
  throw new ToolError(
    "invalid_arguments",
    `invalid arguments for ${label}: ${issuesText(result.issues)}`,
    options,
  );
}
