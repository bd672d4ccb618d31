import type { JsonSchema, ToolInfo } from "./tool.ts";

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One complaint of a Standard Schema. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

interface JsonSchemaConverter {
  readonly input: (options: {
    target: string;
    libraryOptions?: Record<string, unknown>;
  }) => Record<string, unknown>;
  readonly output: (options: {
    target: string;
    libraryOptions?: Record<string, unknown>;
  }) => Record<string, unknown>;
}

/** Any Standard Schema (standardschema.dev): zod 4, valibot, arktype … */
export interface StandardSchema<Input = unknown, Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: JsonSchemaConverter | undefined;
  };
}

type ArgumentsOf<Input> = Input extends StandardSchema
  ? NonNullable<Input["~standard"]["types"]>["output"]
  : Input extends JsonSchema
    ? Record<string, unknown>
    : unknown;

/** What a local function gets beside its argument. */
export interface RunContext {
  /** Aborted when the run that made the call is over. */
  readonly signal: AbortSignal;
  /** Who runs the program, as the caller of `run` named them. */
  readonly user?: string | undefined;
}

/** What {@link tool} takes. */
export interface ToolOptions<Input extends StandardSchema | JsonSchema | undefined> {
  /** What the tool does, for models: its first sentence stands in lists. */
  readonly description?: string;
  /** A name for people. */
  readonly title?: string;
  /** A zod 4 schema, any other Standard Schema, or a plain JSON Schema. Without one the tool takes any one argument. */
  readonly input?: Input;
  /** The same for the result. It is a description; results are not checked against it. */
  readonly output?: StandardSchema | JsonSchema;
  /** MCP's hints, for example `{ readOnlyHint: true }`. Programs and models can read them; nothing is enforced by them. */
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
  run(args: unknown, context: RunContext): unknown;
}

/** Declare a local tool. The type of `run`'s argument comes from `input`. */
export function tool<const Input extends StandardSchema | JsonSchema | undefined = undefined>(
  options: ToolOptions<Input>,
): ToolDefinition {
  const { title, description, input, output, annotations } = options;
  const info: Omit<ToolInfo, "name"> = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...present("inputSchema", toJsonSchema(input, "input")),
    ...present("outputSchema", toJsonSchema(output, "output")),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return {
    info,
    ...(isStandardSchema(input) ? { input } : {}),
    run: (args, context) => options.run(args as ArgumentsOf<Input>, context),
  };
}

function present(key: string, schema: JsonSchema | undefined): Record<string, JsonSchema> {
  return schema === undefined ? {} : { [key]: schema };
}

function isStandardSchema(schema: unknown): schema is StandardSchema {
  return (
    (typeof schema === "object" || typeof schema === "function") &&
    schema !== null &&
    "~standard" in schema
  );
}

/** What JSON Schema cannot say (a date, a transform) is left open in it; the schema itself still checks it. */
function toJsonSchema(
  schema: StandardSchema | JsonSchema | undefined,
  side: "input" | "output",
): JsonSchema | undefined {
  if (!isStandardSchema(schema)) return schema;
  try {
    const options = { target: "draft-2020-12", libraryOptions: { unrepresentable: "any" } };
    return schema["~standard"].jsonSchema?.[side](options);
  } catch {
    return undefined;
  }
}
