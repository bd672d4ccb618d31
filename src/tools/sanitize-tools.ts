import { isObject } from "../core/is-object.ts";
import type { ToolInfo } from "./tool.ts";

/** The usable tools of a list that a server sent, and what was wrong with the others. */
export interface SanitizedTools {
  readonly tools: readonly ToolInfo[];
  readonly warnings: readonly string[];
}

/** Repair what can be repaired, leave out what cannot: one bad tool never costs its siblings. */
export function sanitizeTools(server: string, list: readonly unknown[]): SanitizedTools {
  const tools = new Map<string, ToolInfo>();
  const warnings: string[] = [];
  for (const [at, raw] of list.entries()) {
    const result = repair(raw);
    if (typeof result === "string")
      warnings.push(`${server}: ${label(raw, at)} was left out: ${result}`);
    else if (tools.has(result.name))
      warnings.push(`${server}: a second tool named '${result.name}' was left out`);
    else tools.set(result.name, result);
  }
  return { tools: [...tools.values()], warnings };
}

/** A sound tool, or why there is none. */
function repair(raw: unknown): ToolInfo | string {
  if (!isObject(raw)) return "it is not an object";
  const { name, title, description, inputSchema, outputSchema, annotations, _meta } = raw;
  if (typeof name !== "string" || name === "") return "it has no name";
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
    ? `tool '${name.slice(0, 100)}'`
    : `tool number ${at + 1}`;
}
