import { checkToolOptions } from "./check-local-tools.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { ownJsonSchema, type SchemaSide, standardOf, toJsonSchema } from "./to-json-schema.ts";
import type { JsonSchema, ToolInfo } from "./tool.ts";

export type {
  JsonSchemaConverter,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "./standard-schema.ts";

/** The type of `run`'s argument for the schema type `Input`. */
export type ArgumentsOf<Input> = Input extends StandardSchema
  ? NonNullable<Input["~standard"]["types"]>["output"]
  : Input extends JsonSchema
    ? Record<string, unknown>
    : unknown;

/** What a local function receives besides its argument. */
export interface RunContext {
  /** Aborted when the run that made the call is over. */
  readonly signal: AbortSignal;
  /** Who runs the program, as the caller of `run` named them. */
  readonly user?: string | undefined;
}

/** What {@link tool} takes. */
export interface ToolOptions<Input extends StandardSchema | JsonSchema | undefined> {
  /**
   * What the tool does, for models: lists show its first sentence.
   * @default none
   */
  readonly description?: string;
  /**
   * A name for people.
   * @default none
   */
  readonly title?: string;
  /**
   * A zod schema, any other Standard Schema, or a plain JSON Schema.
   * @default none: the tool takes any one argument, or a list of several
   */
  readonly input?: Input;
  /**
   * The same for the result. It describes; results are not checked against it.
   * @default none
   */
  readonly output?: StandardSchema | JsonSchema;
  /**
   * MCP's hints, for example `{ readOnlyHint: true }`. Programs and models can read them; nothing is enforced by them.
   * @default none
   */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** Carries out a call; what it returns, or what its promise resolves to, is the result. What it throws is a `tool_error`. */
  run(args: ArgumentsOf<Input>, context: RunContext): unknown;
}

/** A local tool, made by {@link tool}. */
export interface ToolDefinition {
  /** Everything but the name, which is its key. */
  readonly info: Omit<ToolInfo, "name">;
  /** Checks the argument, where the input is a Standard Schema. */
  readonly input?: StandardSchema;
  /** Makes the JSON Schemas that `info` does not have yet, when the tools are listed. @internal */
  readonly late?: LateSchemas;
  /** Carries out a call. */
  run(args: unknown, context: RunContext): unknown;
}

/** JSON Schemas that take time to make, or a package that is loaded for it; `undefined` where none can be made. @internal */
export type LateSchemas = {
  readonly [Side in SchemaSide]?: () => Promise<JsonSchema | undefined>;
};

/**
 * Declare a local tool. The type of `run`'s argument comes from `input`.
 * @throws CodecellError `config_error` for options that it does not have, without `run`, and for what is no schema
 */
export function tool<const Input extends StandardSchema | JsonSchema | undefined = undefined>(
  options: ToolOptions<Input>,
): ToolDefinition {
  checkToolOptions(options);
  const { title, description, input, output, annotations } = options;
  const checks = standardOf(input);
  const late: { -readonly [Side in SchemaSide]?: () => Promise<JsonSchema | undefined> } = {};
  const info: Omit<ToolInfo, "name"> = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...present("inputSchema", jsonSchemaNow(input, "input", late)),
    ...present("outputSchema", jsonSchemaNow(output, "output", late)),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return {
    info,
    ...(checks === undefined ? {} : { input: checks }),
    ...(Object.keys(late).length === 0 ? {} : { late }),
    run: (args, context) => options.run(args as ArgumentsOf<Input>, context),
  };
}

function present(key: string, schema: JsonSchema | undefined): Record<string, JsonSchema> {
  return schema === undefined ? {} : { [key]: schema };
}

/** The JSON Schema that is there or is made at once; what takes longer is noted in `late`. */
function jsonSchemaNow(
  schema: StandardSchema | JsonSchema | undefined,
  side: SchemaSide,
  late: { [Side in SchemaSide]?: () => Promise<JsonSchema | undefined> },
): JsonSchema | undefined {
  const standard = standardOf(schema);
  if (standard === undefined) return schema as JsonSchema | undefined;
  const own = ownJsonSchema(standard, side);
  if (own === undefined) late[side] = () => toJsonSchema(schema, side);
  return own;
}
