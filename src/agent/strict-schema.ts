import type { AgentTool } from "./agent-tools.ts";

/**
 * JSON Schema of an object that has no other properties, as all model APIs take it. (A type, not an interface: it fits theirs that
 * allow further keywords.)
 */
export type ObjectSchema = {
  /** Arguments are an object. */
  readonly type: "object";
  /** JSON Schema of each argument. */
  readonly properties: Record<string, Record<string, unknown>>;
  /** Names of the arguments that must be there. */
  readonly required: string[];
  /** Others are refused. */
  readonly additionalProperties: false;
};

/** The schema of an agent tool, in full. */
export function objectSchema({ inputSchema }: Pick<AgentTool, "inputSchema">): ObjectSchema {
  const { properties, required = [] } = inputSchema as Partial<ObjectSchema>;
  return {
    type: "object",
    properties: structuredClone(properties ?? {}),
    required: [...required],
    additionalProperties: false,
  };
}

/**
 * The same for strict mode, where a model's arguments are sure to fit: all are required, and those that may be left out may be
 * null. The schemas of the agent tools are flat.
 */
export function strictSchema(tool: Pick<AgentTool, "inputSchema">): ObjectSchema {
  const { properties, required, ...schema } = objectSchema(tool);
  const strict = Object.entries(properties).map(([name, property]) => [
    name,
    required.includes(name) ? property : nullable(property),
  ]);
  return {
    ...schema,
    properties: Object.fromEntries(strict) as ObjectSchema["properties"],
    required: Object.keys(properties),
  };
}

/** Strict mode takes no `default`: the description says it. */
function nullable({ default: normal, description, ...property }: Record<string, unknown>): object {
  const says = normal === undefined ? [] : [`null is ${JSON.stringify(normal)}`];
  const text = [...(description === undefined ? [] : [description]), ...says].join("; ");
  return {
    ...property,
    type: [property["type"], "null"],
    ...(text === "" ? {} : { description: text }),
  };
}
