/** The tools that a module exports: `{ name, description, inputSchema, execute }`, or what `tool()` returns. */
import { isObject } from "../../core/is-object.ts";
import { shown } from "../../core/setting-errors.ts";
import { tool, type ToolDefinition } from "../define-tool.ts";

/** Tools of one module. */
const MAX_TOOLS = 100;

/**
 * The tools of a module by name: their own, else that of the export, and for the default export that of the file. Exports that
 * are no tools are helpers.
 * @throws Error for a tool that is wrong, and for a module without one
 */
export function toolsIn(module: unknown, fileName: string): Map<string, ToolDefinition> {
  const found = new Map<string, ToolDefinition>();
  for (const [name, value] of Object.entries(module as object)) {
    if (!isObject(value) || !["execute", "run"].some((key) => key in value)) continue;
    const own = nameOf(value, name === "default" ? fileName : name, name);
    if (found.has(own)) throw new Error(`it exports two tools named ${own}`);
    found.set(own, definitionOf(value, name));
    if (found.size > MAX_TOOLS) throw new Error(`it exports more than ${MAX_TOOLS} tools`);
  }
  if (found.size > 0) return found;
  throw new Error(
    "it exports no tool; export { name, description, inputSchema, execute } or tool({ description, input, run })",
  );
}

function nameOf(value: Readonly<Record<string, unknown>>, usual: string, at: string): string {
  const { name = usual } = value;
  if (typeof name === "string" && name !== "") return name;
  throw new Error(`${at}.name is ${shown(name)}; it must be a string`);
}

function definitionOf(value: Readonly<Record<string, unknown>>, at: string): ToolDefinition {
  if (isObject(value["info"]) && typeof value["run"] === "function")
    return value as unknown as ToolDefinition;
  const { title, description, inputSchema, outputSchema, annotations, execute } = value;
  if (typeof execute !== "function") throw new Error(`${at}.execute must be a function`);
  const text = (key: string, given: unknown): string | undefined => {
    if (given === undefined || typeof given === "string") return given;
    throw new Error(`${at}.${key} must be a string`);
  };
  const input = schemaOf(`${at}.inputSchema`, inputSchema);
  const output = schemaOf(`${at}.outputSchema`, outputSchema);
  if (annotations !== undefined && !isObject(annotations))
    throw new Error(`${at}.annotations must be an object`);
  const says = { title: text("title", title), description: text("description", description) };
  return tool({
    ...(says.title === undefined ? {} : { title: says.title }),
    ...(says.description === undefined ? {} : { description: says.description }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(annotations === undefined ? {} : { annotations }),
    run: (args, context) => execute.call(value, args, context) as unknown,
  });
}

/** A zod 4 schema, any other Standard Schema (some are functions), or a JSON Schema. */
function schemaOf(at: string, schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema === undefined || isObject(schema)) return schema;
  if (typeof schema === "function" && "~standard" in schema)
    return schema as unknown as Readonly<Record<string, unknown>>;
  throw new Error(`${at} must be a JSON Schema or a Standard Schema, as those of zod 4`);
}
