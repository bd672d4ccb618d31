/** Checks the value of a run against the schema that its caller gave. */
import { isObject } from "../core/is-object.ts";
import { aborted } from "../core/breach.ts";
import { type Failure, messageOf } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";
import type { ExecutionResult, JsonValue } from "../core/result.ts";
import { configError, shown } from "../core/setting-errors.ts";
import { ToolError } from "../core/tool-error.ts";
import { untilAborted } from "../core/until-aborted.ts";
import { cutText } from "../core/utf8.ts";
import { checkSchema } from "../tools/check-schema.ts";
import { expectedParameters } from "../tools/parameter-summary.ts";
import { issuesText } from "../tools/schema-issues.ts";
import type { StandardSchema } from "../tools/standard-schema.ts";
import { standardOf, toJsonSchema } from "../tools/to-json-schema.ts";
import type { JsonSchema } from "../tools/tool.ts";
import { ArgumentValidator } from "../tools/validate.ts";

/** What the value of a run must be: a Standard Schema or a JSON Schema. */
export type OutputSchema = StandardSchema | JsonSchema;

/** The type of a value that fits `Schema`. A JSON Schema is no type: the value is any JSON value. */
export type OutputOf<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema["~standard"]["types"]>["output"]
  : JsonValue;

/** The type of the value of a run: of its schema, where that is known, else as its caller claims. */
export type ValueOf<Claim, Schema> = [Schema] extends [undefined]
  ? Claim
  : [OutputSchema] extends [Schema]
    ? Claim
    : OutputOf<Schema>;

/** The value as the schema returned it, or why there is none. */
export type CheckedValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: Failure };

type Check = (value: JsonValue | undefined) => Promise<CheckedValue> | CheckedValue;

const MAX_REASON = 300;

/**
 * @returns undefined where there is nothing to check: no schema, or the run failed
 * @param signal ends a check that takes long
 * @param ms the longest that a check may take
 * @throws CodecellError `config_error` for what is no schema
 */
export async function checkedValue(
  result: ExecutionResult,
  output: OutputSchema | undefined,
  signal: AbortSignal,
  ms: number,
): Promise<CheckedValue | undefined> {
  if (output === undefined || !result.ok) return undefined;
  const left = result.truncated?.value ?? 0;
  if (left > 0) return tooLarge(left);
  const check = outputCheck(output);
  const late = AbortSignal.timeout(ms);
  try {
    const checking = Promise.resolve(check(result.value));
    return await untilAborted(checking, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted) return { ok: false, error: aborted() };
    const reason = late.aborted
      ? `it did not answer within ${ms} ms`
      : oneLine(cutText(messageOf(error), MAX_REASON));
    return misfit(`the schema of output failed: ${reason}`, undefined);
  }
}

/** @throws CodecellError `config_error` for what is no schema */
export function outputCheck(output: unknown): Check {
  checkSchema(output, "output");
  const standard = standardOf(output);
  if (standard === undefined) return checkByJsonSchema(output as JsonSchema);
  const wanted = async (): Promise<JsonSchema | undefined> => await toJsonSchema(output, "input");
  return async (value) => await checkByStandard(standard, value, wanted);
}

async function checkByStandard(
  schema: StandardSchema,
  value: JsonValue | undefined,
  wanted: () => Promise<JsonSchema | undefined>,
): Promise<CheckedValue> {
  const checked = await schema["~standard"].validate(value);
  if (checked.issues === undefined) return { ok: true, value: checked.value };
  const found = (path: readonly PropertyKey[]): string => `, got ${shown(at(value, path))}`;
  return misfit(issuesText(checked.issues, found), await wanted());
}

function checkByJsonSchema(schema: JsonSchema): Check {
  const label = "the value";
  const validator = new ArgumentValidator(label, schema, (warning) => {
    throw configError(`output cannot be used as a JSON Schema (${warning.split("(").at(-1)}`);
  });
  const wrongOf = (value: unknown): string | undefined => {
    try {
      validator.check(value);
      return undefined;
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return error.message
        .replace(`invalid arguments for ${label}: `, "")
        .replace(/^the arguments? /, "the value ")
        .replace(" is not a parameter", " is not a property");
    }
  };
  wrongOf({}); // A schema that cannot be used is told before a program runs.
  return (value) => {
    const wrong = value === undefined ? "the program returned nothing" : wrongOf(value);
    return wrong === undefined ? { ok: true, value } : misfit(wrong, schema);
  };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let part = value;
  for (const key of path) {
    const isPart = isObject(part) || Array.isArray(part);
    if (!isPart || !Object.hasOwn(part as object, key)) return undefined;
    part = (part as Record<PropertyKey, unknown>)[key];
  }
  return part;
}

/** An error of the program, whose value it is: nothing else can be corrected. */
function misfit(wrong: string, schema: JsonSchema | undefined): CheckedValue {
  const expected =
    schema === undefined ? "" : ` Of its value the host ${expectedParameters(schema)}.`;
  return {
    ok: false,
    error: {
      code: "program_error",
      name: "OutputError",
      message: `the value does not fit: ${wrong}`,
      hint: `The program ran to its end, and the calls that it made stand.${expected}`,
    },
  };
}

function tooLarge(left: number): CheckedValue {
  return {
    ok: false,
    error: {
      code: "output_limit",
      name: "LimitError",
      message: `the value is too large to be checked: ${left} bytes of it are over the cap of a value`,
      hint: "Return less: chosen fields, a slice. The program ran to its end, and the calls that it made stand.",
    },
  };
}
