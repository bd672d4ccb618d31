/** What answers `ask` of a program: the host's model, whose answer is checked against the schema that the program gave. */
import type { Caller } from "../core/caller.ts";
import { isObject } from "../core/is-object.ts";
import { breachOfShape, type ShapeCaps } from "../core/json-shape.ts";
import { ASK } from "../core/names.ts";
import { plainness } from "../core/plain-json.ts";
import { ToolError } from "../core/tool-error.ts";
import type { JsonSchema } from "./tool.ts";
import { ArgumentValidator } from "./validate.ts";

/** What a program asks the host's model. */
export interface ModelRequest {
  /** The program's text. */
  readonly prompt: string;
  /** JSON Schema of the answer. Absent: a text is wanted. */
  readonly schema?: JsonSchema;
  /** Aborted when the run is over. */
  readonly signal: AbortSignal;
  /** Who runs the program. */
  readonly user: string | undefined;
  /** The run. */
  readonly runId: string;
}

/** Asks a model. Returns its answer: a text, or with a schema JSON as a text or the value. */
export type ModelHandler = (request: ModelRequest) => unknown;

/** What a program asked, as its call has it. */
export interface Question {
  readonly prompt: string;
  readonly schema?: JsonSchema;
}

/** What to do where there is no model. */
export const NO_MODEL =
  "Return the rows, and judge them yourself where the program's value arrives.";
/** How often a model is asked for an answer that fits. */
const ATTEMPTS = 2;
const MAX_SCHEMA = { depth: 50, parts: 2_000, characters: 65_536 };

/** @throws ToolError `invalid_arguments` for what is no question */
export function checkQuestion(args: unknown): Question {
  const [prompt, options = {}, ...more]: readonly unknown[] = Array.isArray(args) ? args : [];
  if (typeof prompt !== "string") throw invalid("the prompt must be a string");
  if (!isObject(options) || more.length > 0)
    throw invalid("the second argument must be an object of options, and the last");
  const other = Object.keys(options).find((key) => key !== "schema");
  if (other !== undefined) throw invalid(`'${other.slice(0, 100)}' is not an option`);
  const { schema } = options;
  if (schema === undefined) return { prompt };
  if (!isObject(schema) || plainness(schema, MAX_SCHEMA) !== "plain")
    throw invalid("the schema must be a JSON Schema, as plain data of at most 64 KiB");
  return { prompt, schema };
}

function invalid(message: string): ToolError {
  const hint = 'Write `await ask("a question", { schema: { type: "string" } })`.';
  return new ToolError("invalid_arguments", `${ASK}: ${message}`, { tool: ASK, hint });
}

/** Where an answer goes to, and what it may be. */
export interface Asking {
  readonly handler: ModelHandler | undefined;
  readonly signal: AbortSignal;
  readonly caller: Caller;
  readonly runId: string;
  readonly caps: ShapeCaps & { readonly bytes: number };
}

/**
 * Asks the host's model; where the answer does not fit the schema, once more with what was wrong.
 * @throws ToolError `tool_error` where there is no model, or its answer does not fit
 */
export async function askModel(question: Question, asking: Asking): Promise<unknown> {
  const { handler, signal, caller, runId } = asking;
  if (handler === undefined)
    throw new ToolError("tool_error", "this host gives programs no model", {
      tool: ASK,
      hint: NO_MODEL,
    });
  const { schema } = question;
  const about = { ...(schema === undefined ? {} : { schema }), signal, user: caller.user, runId };
  if (schema === undefined) return await handler({ prompt: question.prompt, ...about });
  const check = checkerOf(schema);
  let { prompt } = question;
  let wrong = "";
  for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt++) {
    try {
      const value = valueOf(await handler({ prompt, ...about }), asking);
      check(value);
      return value;
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      wrong = error.message;
      prompt = `${question.prompt}\n\nAnswer with JSON that fits the schema. Your last answer did not: ${wrong}`;
    }
  }
  throw new ToolError("tool_error", `the model's answer does not fit the schema: ${wrong}`, {
    tool: ASK,
    hint: "Ask for less in one question, or with a simpler schema.",
  });
}

/** An answer that another one may mend. */
class Misfit extends Error {}

function checkerOf(schema: JsonSchema): (value: unknown) => void {
  const label = "the answer";
  const validator = new ArgumentValidator(label, schema, (warning) => {
    throw invalid(`the schema cannot be used: ${warning}`);
  });
  return (value) => {
    try {
      validator.check(value);
    } catch (error) {
      if (!(error instanceof ToolError) || error.tool !== label) throw error;
      throw new Misfit(error.message.replace(`invalid arguments for ${label}: `, ""));
    }
  };
}

/** The value in an answer, which is a model's: as large, as deep and as wrong as it likes. */
function valueOf(answer: unknown, { caps }: Asking): unknown {
  if (typeof answer !== "string") {
    if (plainness(answer, { ...caps, characters: caps.bytes }) === "plain") return answer;
    throw new Misfit("it is no plain data, or too large");
  }
  if (answer.length > caps.bytes || breachOfShape(answer, caps) !== undefined)
    throw new Misfit("it is too large");
  try {
    return JSON.parse(unfenced(answer)) as unknown;
  } catch {
    throw new Misfit("it is not JSON");
  }
}

/** Models put JSON into a Markdown fence. */
function unfenced(text: string): string {
  const inner = text.trim();
  const end = inner.lastIndexOf("```");
  return inner.startsWith("```") && end > 0 ? inner.slice(inner.indexOf("\n") + 1, end) : inner;
}
