/** Schemas of any library that follows the specification Standard Schema (standardschema.dev). */
import { isObject } from "../core/is-object.ts";

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

/** Whether it follows the specification, as far as that can be seen. */
export function isStandardSchema(schema: unknown): schema is StandardSchema {
  const isHolder = typeof schema === "object" || typeof schema === "function";
  if (!isHolder || schema === null || !("~standard" in schema)) return false;
  const standard = schema["~standard"];
  return isObject(standard) && typeof standard["validate"] === "function";
}
