/** What tools of other frameworks have in common: how they are listed, refused and carried out as local tools. */
import { CodecellError, type RunContext, ToolError } from "../index.ts";
import { isObject } from "../core/is-object.ts";
import { kindOf, shown } from "../core/setting-errors.ts";

/** The call of a tool of another framework. */
export interface ForeignCall extends RunContext {
  /** The name of the tool. */
  readonly tool: string;
}

/** A tool of another framework; everything about it is looked at before it is used. */
export type Foreign = Readonly<Record<string, unknown>>;

/** Any function of a tool. */
export type Callable = (...args: unknown[]) => unknown;

export function isFunction(value: unknown): value is Callable {
  return typeof value === "function";
}

/** How errors name a list of tools, and the one who reads it. */
export interface ForeignList {
  /** The function that takes it: `fromAiSdk`. */
  readonly taker: string;
  /** What is in it: `an AI SDK tool`. */
  readonly item: string;
  /** What to write where something else is given. */
  readonly hint: string;
}

/**
 * The tools by name.
 * @param tools an object of tools, or a list of tools that say their names
 * @param nameOf the name of a tool of a list
 * @throws CodecellError `config_error` for what is no tool, and for two tools with one name
 */
export function foreignTools(
  tools: unknown,
  nameOf: ((tool: Foreign) => unknown) | undefined,
  list: ForeignList,
): Map<string, Foreign> {
  const { taker, item, hint } = list;
  if (!isObject(tools) && !(nameOf !== undefined && Array.isArray(tools))) {
    const wanted = nameOf === undefined ? "an object" : "a list or an object";
    throw new CodecellError(
      "config_error",
      `${taker} takes ${wanted} of tools, not ${kindOf(tools)}`,
      { hint },
    );
  }
  const byName = new Map<string, Foreign>();
  for (const [key, tool] of Object.entries(tools)) {
    const at = Array.isArray(tools) ? `tool ${key}` : key;
    if (typeof tool !== "object" || tool === null)
      throw new CodecellError("config_error", `${taker}: ${at} is ${kindOf(tool)}, not ${item}`, {
        hint,
      });
    const foreign = tool as Foreign;
    const name = Array.isArray(tools) ? nameOf?.(foreign) : key;
    if (typeof name !== "string" || name === "") throw lacking(list, at, "name");
    if (byName.has(name))
      throw new CodecellError("config_error", `${taker}: two tools are named ${shown(name)}`, {
        hint: "Give them in two namespaces: tools: { a: …, b: … }.",
      });
    byName.set(name, foreign);
  }
  return byName;
}

/** For what is no tool of the framework, since a part of it is missing. */
export function lacking(
  { taker, item, hint }: ForeignList,
  at: string,
  part: string,
): CodecellError {
  return new CodecellError("config_error", `${taker}: ${at} has no ${part}, and is not ${item}`, {
    hint,
  });
}

/** Says that a tool cannot be called by programs, and is not among those that are returned. */
export function leaveOut(taker: string, name: string, why: string): void {
  globalThis.process?.emitWarning(
    `${taker}: ${shown(name)} was left out: ${why}`,
    "CodecellWarning",
  );
}

/** For a call that a person has to approve, which codecell cannot ask for. */
export function needsApproval(name: string, why: string): ToolError {
  return new ToolError("approval_required", `${name} was not called: ${why}`, {
    hint: "Programs cannot ask a person for approval. Leave this step to the model, with a tool outside of the program.",
  });
}

/** Text of a foreign tool, where it is one. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
