import { isObject } from "../core/is-object.ts";
import { sameJson } from "../core/same-json.ts";
import type { Steps } from "../core/turns.ts";
import type { ToolInfo } from "./tool.ts";
import { WarningList } from "./warning-list.ts";

/** Longest name of a tool, in characters; it stands in every list, message and file. */
const MAX_NAME = 10_000;
/** All names of one server, in characters: they are sent to every place where programs run. */
const MAX_NAMES = 1_000_000;

/** The usable tools of a list that a server sent, and what was wrong with the others. */
export interface SanitizedTools {
  readonly tools: readonly ToolInfo[];
  readonly warnings: readonly string[];
  /** They are not the same tools, in the same order, as before. */
  readonly hasChanged: boolean;
}

/**
 * Repair what can be repaired, leave out what cannot: one bad tool never costs its siblings.
 * @param before the tools so far; one that is the same stays the same object, and what was made of it stays in use
 */
export function* sanitizeTools(
  server: string,
  list: readonly unknown[],
  before: ReadonlyMap<string, ToolInfo>,
): Steps<SanitizedTools> {
  const tools = new Map<string, ToolInfo>();
  const warnings = new WarningList(server);
  let room = MAX_NAMES;
  for (const [at, raw] of list.entries()) {
    yield;
    const result = repair(raw);
    if (typeof result === "string")
      warnings.add(`${server}: ${label(raw, at)} was left out: ${result}`);
    else if (tools.has(result.name))
      warnings.add(`${server}: a second tool named '${short(result.name)}' was left out`);
    else if ((room -= result.name.length) < 0)
      warnings.add(`${server}: ${label(raw, at)} was left out: all names are too long together`);
    else {
      const known = before.get(result.name);
      tools.set(result.name, known !== undefined && sameJson(known, result) ? known : result);
    }
  }
  const sound = [...tools.values()];
  const old = before.values();
  const hasChanged =
    sound.length !== before.size || sound.some((info) => old.next().value !== info);
  return { tools: sound, warnings: warnings.all, hasChanged };
}

/** A sound tool, or why there is none. */
function repair(raw: unknown): ToolInfo | string {
  if (!isObject(raw)) return "it is not an object";
  const { name, title, description, inputSchema, outputSchema, annotations, _meta } = raw;
  if (typeof name !== "string" || name === "") return "it has no name";
  if (name.length > MAX_NAME) return `its name is longer than ${MAX_NAME} characters`;
  if (inputSchema !== undefined && inputSchema !== null && !isObject(inputSchema))
    return "its inputSchema is not an object";
  return {
    name,
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...(isObject(inputSchema) ? { inputSchema: withType(inputSchema) } : {}),
    ...(isObject(outputSchema) ? { outputSchema } : {}),
    ...(isObject(annotations) ? { annotations } : {}),
    ...(isObject(_meta) ? { _meta } : {}),
  };
}

/** Arguments are an object where the schema leaves that open, alone or by other keywords. */
function withType({ type, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (typeof type === "string" || Array.isArray(type)) return { type, ...rest };
  return ["anyOf", "oneOf", "allOf", "$ref", "enum", "const"].some((key) => key in rest)
    ? rest
    : { type: "object", ...rest };
}

function label(raw: unknown, at: number): string {
  const name = isObject(raw) ? raw["name"] : undefined;
  return typeof name === "string" && name !== ""
    ? `tool '${short(name)}'`
    : `tool number ${at + 1}`;
}

function short(name: string): string {
  return name.slice(0, 100);
}
