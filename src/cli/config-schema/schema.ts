/** The JSON Schema of the config file, for editors: the same data by which settings are checked, with their docstrings. */
import { AGENT_SETTINGS } from "../../agent/settings.ts";
import type { ObjectSchema, Schema, StringSchema, TypedSchema } from "../../core/setting-schema.ts";
import { FILE_SETTINGS } from "../../runtime/options.ts";
import { SERVE } from "../../serve/service/settings.ts";
import { CONFIG_TEXT } from "../../tools/config/parse-config.ts";
import { SERVER_ENTRY } from "../../tools/config/server-settings.ts";
import { NETWORK } from "../../tools/fetch/settings.ts";
import { type Docstring, docstringsOf, interfaceDocstring } from "./docstrings.ts";

type Json = Readonly<Record<string, unknown>>;

const SERVERS = {
  type: "object",
  additionalProperties: { $ref: "#/definitions/server" },
  propertyNames: { minLength: 1 },
};

/** Draft 7: what editors know best. */
export function configSchema(): Json {
  const file = publish(CONFIG_TEXT) as { readonly properties: Readonly<Record<string, Json>> };
  const { mcpServers, servers, codecell } = file.properties;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Config file of codecell",
    description: "MCP servers in the format that MCP hosts share, and settings of codecell.",
    ...file,
    properties: {
      $schema: { description: "The address or the path of this schema." },
      mcpServers: { ...mcpServers, ...SERVERS },
      servers: { ...servers, ...SERVERS },
      codecell: { ...codecell, ...publish(codecellSettings()) },
      inputs: true,
    },
    definitions: { server: publish(SERVER_ENTRY) },
  };
}

/** With what the runtime leaves to others to check. */
function codecellSettings(): ObjectSchema {
  const checkedElsewhere = { network: NETWORK, mcp: AGENT_SETTINGS, serve: SERVE };
  return { ...FILE_SETTINGS, properties: { ...FILE_SETTINGS.properties, ...checkedElsewhere } };
}

function publish(schema: Schema): Json {
  if (schema.type === undefined)
    return schema.anyOf === undefined
      ? {}
      : { anyOf: schema.anyOf.map(publish), ...given("default", schema.default) };
  const type = schema.nullable === true ? [schema.type, "null"] : schema.type;
  return { type, ...given("default", schema.default), ...rulesOf(schema) };
}

function rulesOf(schema: TypedSchema): Json {
  switch (schema.type) {
    case "boolean":
      return {};
    case "integer":
    case "number":
      return { minimum: schema.minimum, ...given("maximum", schema.maximum) };
    case "string":
      return textRules(schema);
    case "array":
      return { items: publish(schema.items), ...given("minItems", schema.minItems) };
    case "object":
      return "properties" in schema
        ? objectRules(schema)
        : { additionalProperties: publish(schema.additionalProperties) };
  }
}

/** A text with a variable in it may become anything. */
function textRules({
  enum: choices,
  minLength,
  maxLength,
  pattern,
  variables,
}: StringSchema): Json {
  const rules = {
    ...given("enum", choices),
    ...given("minLength", minLength),
    ...given("maxLength", maxLength),
    ...given("pattern", pattern),
  };
  return variables === true && Object.keys(rules).length > 0
    ? { anyOf: [rules, { pattern: String.raw`\$\{` }] }
    : rules;
}

function objectRules({ title, properties, required, ignored = [], relations }: ObjectSchema): Json {
  const docs = docstringsOf(title);
  const published = Object.entries(properties).map(([key, schema]) => {
    const description = describe(schema, docs.get(key));
    return [key, { ...given("description", description), ...publish(schema) }] as const;
  });
  return {
    properties: Object.fromEntries([...published, ...ignored.map((key) => [key, true] as const)]),
    ...given("required", required),
    additionalProperties: false,
    ...relations,
  };
}

/** A default that is no data is said in words. An object without a docstring of its own has that of its interface. */
function describe(schema: Schema, docstring: Docstring | undefined): string | undefined {
  const isObject = "properties" in schema;
  const { text, default: normal } = docstring ?? (isObject ? interfaceDocstring(schema.title) : {});
  const isSaid = normal === undefined || normal === "none" || isObject || "default" in schema;
  return text === undefined || isSaid ? text : `${text} Default: ${normal}.`;
}

function given(key: string, value: unknown): Json {
  return value === undefined ? {} : { [key]: value };
}
