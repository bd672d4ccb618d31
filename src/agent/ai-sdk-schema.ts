/** Schemas in the forms that the AI SDK takes. */
import {
  CodecellError,
  type JsonSchema,
  type StandardResult,
  type StandardSchema,
} from "../index.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { standardOf, toJsonSchema } from "../tools/to-json-schema.ts";
import { isFunction } from "./foreign-tools.ts";

/** How the SDK marks schemas of its own. */
const SCHEMA = Symbol.for("vercel.ai.schema");

/** What the SDK makes of a missing schema. */
export const NO_ARGUMENTS = { type: "object", properties: {}, additionalProperties: false };

export interface ForeignSchema {
  /** Checks values. Without it, the JSON Schema does. */
  readonly check?: StandardSchema | undefined;
  readonly json: () => Promise<JsonSchema | undefined>;
}

/** A schema in any form that the SDK takes: zod, a Standard Schema, `jsonSchema()`, or a function that returns one. */
export function schemaOf(name: string, given: unknown): ForeignSchema {
  const standard = standardOf(given);
  if (standard !== undefined) return { check: standard, json: () => toJsonSchema(given, "input") };
  const schema = isFunction(given) ? lazily(name, given) : given;
  if (!isObject(schema))
    throw new CodecellError("config_error", `fromAiSdk: the schema of ${name} is no schema`, {
      hint: "Give zod, a Standard Schema, or jsonSchema() of the SDK.",
    });
  if (!(SCHEMA in schema)) return { json: () => toJsonSchema(schema, "input") };
  const { validate } = schema;
  return {
    check: isFunction(validate) ? checkBy(validate) : undefined,
    // It may be made now, and may be a promise.
    json: async () => {
      const json: unknown = await schema["jsonSchema"];
      return isObject(json) ? json : undefined;
    },
  };
}

function lazily(name: string, make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    throw new CodecellError(
      "config_error",
      `fromAiSdk: the schema of ${name} cannot be made: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** A check of the SDK as Standard Schema. */
function checkBy(validate: (value: unknown) => unknown): StandardSchema {
  const check = async (value: unknown): Promise<StandardResult<unknown>> => {
    const result = await validate(value);
    if (!isObject(result)) return { issues: [{ message: "it cannot be checked" }] };
    if (result["success"] === true) return { value: result["value"] };
    return { issues: [{ message: messageOf(result["error"]) }] };
  };
  return { "~standard": { version: 1, vendor: "ai", validate: check } };
}
