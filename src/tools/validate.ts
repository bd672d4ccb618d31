import { type OutputUnit, Validator } from "@cfworker/json-schema";
import { messageOf } from "../core/errors.ts";
import { hostTurns } from "../core/host-turns.ts";
import { ToolError } from "../core/tool-error.ts";
import { cutText } from "../core/utf8.ts";
import { CheckBudget, TooManySteps } from "./check-budget.ts";
import { checkable, hasMoreParts, UncheckableArguments } from "./checkable.ts";
import { dialectOf } from "./dialect.ts";
import { expectedParameters } from "./parameter-summary.ts";
import { safeSchema } from "./safe-schema.ts";
import type { JsonSchema } from "./tool.ts";

/** Errors of these keywords only report that something inside is wrong; the error after them says what. */
const CONTAINERS = new Set([
  "properties",
  "items",
  "prefixItems",
  "additionalItems",
  "allOf",
  "$ref",
  "$recursiveRef",
  "$dynamicRef",
  "dependentSchemas",
  "propertyNames",
  "then",
  "else",
  "unevaluatedProperties",
  "unevaluatedItems",
]);

/** What a step takes, in the unit of {@link hostTurns}. */
const STEP_BYTES = 40;
/** A check that small arguments take over its budget is the fault of the schema. */
const FEW_PARTS = 100;
const SHORT_TEXT = 1_000;

/**
 * Checks the arguments of one tool against its JSON Schema, which comes from a server, within a {@link CheckBudget}: neither can
 * make it take longer. Compiles at the first call.
 */
export class ArgumentValidator {
  readonly #tool: string;
  readonly #schema: JsonSchema;
  readonly #onWarning: (warning: string) => void;
  readonly #budget = new CheckBudget();
  /** The second is for arguments with whole numbers that were rounded. */
  readonly #validators: [exact?: Validator, rounded?: Validator] = [];
  #off = false;

  /**
   * @param tool `server.tool`, for messages
   * @param onWarning called once when the schema cannot be used; the tool then works without checks
   */
  constructor(tool: string, schema: JsonSchema, onWarning: (warning: string) => void) {
    this.#tool = tool;
    this.#schema = schema;
    this.#onWarning = onWarning;
  }

  /** @throws ToolError `invalid_arguments` naming the path, what was expected and what was given, or why it was not checked */
  check(args: unknown): void {
    if (this.#off) return;
    try {
      this.#check(args);
    } finally {
      hostTurns.spend(this.#budget.steps * STEP_BYTES);
    }
  }

  #check(args: unknown): void {
    this.#budget.reset();
    const value = this.#checkable(args);
    const error = this.#firstError(value, args);
    if (error === undefined) return;
    const message = `invalid arguments for ${this.#tool}: ${describe(error, value, args)}`;
    throw new ToolError("invalid_arguments", message, {
      tool: this.#tool,
      hint: expectedParameters(this.#schema),
    });
  }

  #checkable(args: unknown): unknown {
    try {
      return checkable(args, this.#budget);
    } catch (error) {
      if (error instanceof TooManySteps) throw this.#tooLarge();
      if (!(error instanceof UncheckableArguments)) throw error;
      throw this.#invalid(`invalid arguments for ${this.#tool}: ${error.message}`);
    }
  }

  #firstError(value: unknown, args: unknown): OutputUnit | undefined {
    try {
      const { valid, errors } = this.#validatorFor(this.#budget.isRounded).validate(value);
      return valid
        ? undefined
        : (errors.find(({ keyword }) => !CONTAINERS.has(keyword)) ?? errors.at(-1));
    } catch (error) {
      // Half a surrogate pair in a property name: the fault of the arguments, not of the schema.
      if (error instanceof URIError)
        throw this.#invalid(`the arguments of ${this.#tool} are not valid text`);
      const isOver = error instanceof TooManySteps || error instanceof RangeError;
      if (isOver && !this.#isSmall(args)) throw this.#tooLarge();
      this.#giveUp(isOver ? "it takes too long to check" : messageOf(error).split("\n", 1)[0]!);
      return undefined;
    }
  }

  #validatorFor(isRounded: boolean): Validator {
    return (this.#validators[isRounded ? 1 : 0] ??= new Validator(
      safeSchema(this.#schema, this.#budget, isRounded),
      dialectOf(this.#schema),
      true,
    ));
  }

  #isSmall(args: unknown): boolean {
    return this.#budget.longestText <= SHORT_TEXT && !hasMoreParts(args, FEW_PARTS);
  }

  #giveUp(reason: string): void {
    this.#off = true;
    this.#onWarning(
      `${this.#tool}: its arguments are not checked here, for its input schema cannot be used (${reason})`,
    );
  }

  #tooLarge(): ToolError {
    const message = `the arguments of ${this.#tool} are too large to be checked against its input schema`;
    return this.#invalid(message, "Pass less in one call, for example a part of the list.");
  }

  #invalid(message: string, hint?: string): ToolError {
    const facts = { tool: this.#tool, ...(hint === undefined ? {} : { hint }) };
    return new ToolError("invalid_arguments", message, facts);
  }
}

/** @param value the arguments as they were checked */
function describe(
  { keyword, instanceLocation, error }: OutputUnit,
  value: unknown,
  args: unknown,
): string {
  const steps = instanceLocation.split("/").slice(1).map(unescape);
  const path = pathText(steps);
  const asGiven = at(args, steps);
  const given = shown(typeof asGiven === "bigint" ? asGiven : at(value, steps));
  switch (keyword) {
    case "type":
      return `${path} must be ${expectedTypes(error)}, got ${given}`;
    case "enum":
      return (
        `${path} must be one of ${/\[.*\]/s.exec(error)?.[0].slice(1, 301) ?? "its enum"}`.replace(
          /\]$/,
          "",
        ) + `, got ${given}`
      );
    case "const":
      return `${path} must be ${/match (.*)\.$/s.exec(error)?.[1] ?? "its constant"}, got ${given}`;
    case "required":
      return `${pathText([...steps, /property "(.*)"/s.exec(error)?.[1] ?? "?"])} is missing`;
    case "additionalProperties":
      return describeAdditional(steps, error);
    case "false":
      return `${path} is not a parameter`;
    case "anyOf":
    case "oneOf":
      return `${path} has none of the allowed shapes, got ${given}`;
    default:
      return `${path}: ${error.slice(0, 300)} (got ${given})`;
  }
}

function describeAdditional(steps: readonly string[], error: string): string {
  const name = /^Property "(.*)" does not match/s.exec(error)?.[1] ?? "?";
  return `${pathText([...steps, name])} is not a parameter, or not of the right type`;
}

function expectedTypes(error: string): string {
  const list = /Expected (.*)\.$/s.exec(error)?.[1]?.replaceAll('"', "") ?? "of another type";
  return list.replaceAll(", ", " or ");
}

function unescape(step: string): string {
  return decodeURI(step).replaceAll("~1", "/").replaceAll("~0", "~");
}

function pathText(steps: readonly string[]): string {
  let text = "";
  for (const step of steps) {
    const name = step.length > 100 ? `${step.slice(0, 100)}…` : step;
    if (/^\d+$/.test(step)) text += `[${step}]`;
    else text += text === "" ? name : `.${name}`;
  }
  return text === "" ? "the argument" : text;
}

function at(value: unknown, steps: readonly string[]): unknown {
  let current = value;
  for (const step of steps) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step))
      return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}

/** Describes a value for a message: its type, and itself when it is short. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "string")
    return `the string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
  if (typeof value === "bigint") return `the number ${cutText(value.toString(), 60)}`;
  return `the ${typeof value} ${String(value)}`;
}
