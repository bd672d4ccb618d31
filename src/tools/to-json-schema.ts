/** JSON Schema of schemas of any library. What converts those that cannot do it themselves is loaded when it is needed. */
import { isObject } from "../core/is-object.ts";
import { isStandardSchema, type StandardResult, type StandardSchema } from "./standard-schema.ts";
import type { JsonSchema } from "./tool.ts";

/** Whether it is about what a schema takes, or what it returns. */
export type SchemaSide = "input" | "output";

/** What zod 3 has had since its beginning; `~standard` came with 3.24. */
interface Zod3Schema {
  readonly _def: { readonly typeName: string };
  safeParseAsync(value: unknown): Promise<
    | { readonly success: true; readonly data: unknown }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly {
            readonly message: string;
            readonly path: readonly PropertyKey[];
          }[];
        };
      }
  >;
}

/** A schema that checks values, as a Standard Schema; `undefined` for JSON Schema. */
export function standardOf(schema: unknown): StandardSchema | undefined {
  if (isStandardSchema(schema)) return schema;
  return isZod3(schema) ? standardOfZod3(schema) : undefined;
}

/** The JSON Schema that a Standard Schema makes by itself, at once. */
export function ownJsonSchema(schema: StandardSchema, side: SchemaSide): JsonSchema | undefined {
  // What JSON Schema cannot say (a date, a transform) is left open in it; the schema itself still checks it.
  const libraryOptions = { unrepresentable: "any" };
  for (const target of ["draft-2020-12", "draft-07"])
    try {
      return schema["~standard"].jsonSchema?.[side]({ target, libraryOptions });
    } catch {
      // It does not know the target, or cannot be expressed.
    }
  return undefined;
}

/** The JSON Schema of any schema; `undefined` where none can be made of it. */
export async function toJsonSchema(
  schema: unknown,
  side: SchemaSide,
): Promise<JsonSchema | undefined> {
  try {
    const own = isStandardSchema(schema) ? ownJsonSchema(schema, side) : undefined;
    if (own !== undefined) return own;
    if (isZod4(schema)) return await fromZod4(schema, side);
    if (isZod3(schema)) return await fromZod3(schema);
  } catch {
    return undefined;
  }
  return isStandardSchema(schema) || !isObject(schema) ? undefined : schema;
}

function isZod3(schema: unknown): schema is Zod3Schema {
  return (
    isObject(schema) &&
    isObject(schema["_def"]) &&
    typeof schema["_def"]["typeName"] === "string" &&
    typeof schema["safeParseAsync"] === "function"
  );
}

function isZod4(schema: unknown): schema is object {
  return isObject(schema) && "_zod" in schema;
}

function standardOfZod3(schema: Zod3Schema): StandardSchema {
  const validate = async (value: unknown): Promise<StandardResult<unknown>> => {
    const result = await schema.safeParseAsync(value);
    return result.success ? { value: result.data } : { issues: result.error.issues };
  };
  return { "~standard": { version: 1, vendor: "zod", validate } };
}

/** zod before 4.2 does not offer it as Standard Schema. */
async function fromZod4(schema: object, io: SchemaSide): Promise<JsonSchema> {
  const { toJSONSchema } = await import("zod");
  return toJSONSchema(schema as Parameters<typeof toJSONSchema>[0], { io, unrepresentable: "any" });
}

async function fromZod3(schema: Zod3Schema): Promise<JsonSchema> {
  const { ignoreOverride, zodToJsonSchema } = await import("zod-to-json-schema");
  const json = zodToJsonSchema(schema as unknown as Parameters<typeof zodToJsonSchema>[0], {
    // A date has to be a Date: text that looks like one would be refused.
    override: (part) => ("typeName" in part && part.typeName === "ZodDate" ? {} : ignoreOverride),
  });
  return json as JsonSchema;
}
