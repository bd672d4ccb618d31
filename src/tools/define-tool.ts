import { checkToolOptions } from "./check-local-tools.ts";
import type { JsonSchema, ToolInfo } from "./tool.ts";

/** What the validation by a Standard Schema returns. */
export type StandardResult<Output> =
  | {
      /** The value, with defaults filled in and transforms applied. */
      readonly value: Output;
      /** Absent: the value fits. */
      readonly issues?: undefined;
    }
  | {
      /** What does not fit. */
      readonly issues: readonly StandardIssue[];
    };

/** One reason why a value does not fit a Standard Schema. */
export interface StandardIssue {
  /** What is wrong, for people. */
  readonly message: string;
  /** Keys from the whole value to the part that is wrong. Absent: the whole value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Converts a schema to JSON Schema, as the Standard JSON Schema specification has it (standardschema.dev/json-schema). */
export interface JsonSchemaConverter {
  /** JSON Schema of what the schema takes. Throws where JSON Schema cannot express it. */
  readonly input: (options: {
    target: string;
    libraryOptions?: Record<string, unknown>;
  }) => Record<string, unknown>;
  /** JSON Schema of what the schema returns. Throws where JSON Schema cannot express it. */
  readonly output: (options: {
    target: string;
    libraryOptions?: Record<string, unknown>;
  }) => Record<string, unknown>;
}

/** Any Standard Schema (standardschema.dev): zod 4, valibot, arktype … */
export interface StandardSchema<Input = unknown, Output = unknown> {
  /** The properties that the specification names. */
  readonly "~standard": {
    /** Version of the specification. */
    readonly version: 1;
    /** Name of the library that made the schema. */
    readonly vendor: string;
    /** Checks a value. */
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** For the type checker only: absent at run time. */
    readonly types?:
      | {
          /** What the schema takes. */
          readonly input: Input;
          /** What the schema returns. */
          readonly output: Output;
        }
      | undefined;
    /** Absent in libraries without the conversion. */
    readonly jsonSchema?: JsonSchemaConverter | undefined;
  };
}

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
   * A zod 4 schema, any other Standard Schema, or a plain JSON Schema.
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
  /** Carries out a call. */
  run(args: unknown, context: RunContext): unknown;
}

/**
 * Declare a local tool. The type of `run`'s argument comes from `input`.
 * @throws CodecellError `config_error` for options that it does not have, without `run`, and for what is no schema
 */
export function tool<const Input extends StandardSchema | JsonSchema | undefined = undefined>(
  options: ToolOptions<Input>,
): ToolDefinition {
  checkToolOptions(options);
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

export function isStandardSchema(schema: unknown): schema is StandardSchema {
  return (
    (typeof schema === "object" || typeof schema === "function") &&
    schema !== null &&
    "~standard" in schema
  );
}

/** What JSON Schema cannot say (a date, a transform) is left open in it; the schema itself still checks it. */
export function toJsonSchema(
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
