/** The JSON Schema of the config file, for editors: the same data by which settings are checked, with their docstrings. */
import { AGENT_SETTINGS } from "../../src/agent/settings.ts";
import type {
  ObjectSchema,
  Schema,
  StringSchema,
  TypedSchema,
} from "../../src/core/setting-schema.ts";
import { FILE_SETTINGS } from "../../src/runtime/options.ts";
import { SERVE } from "../../src/serve/service/settings.ts";
import { CONFIG_TEXT } from "../../src/tools/config/config-text.ts";
import { SERVER_ENTRY } from "../../src/tools/config/server-settings.ts";
import { NETWORK } from "../../src/tools/fetch/settings.ts";
import { type Declaration, type Doc, type Member, readDeclaration } from "./declaration.ts";
import { CONFIG_TEXT as FILE, LIMITS, OPTIONS } from "./sources.ts";

type Json = Readonly<Record<string, unknown>>;

/** Some hosts write `null` where there are none. */
const SERVERS = {
  type: ["object", "null"],
  additionalProperties: { $ref: "#/definitions/server" },
  propertyNames: { minLength: 1 },
};

/** The parts of the entries of `mcpServers`, which are one object in the schema. */
const ENTRY_PARTS = ["HostSpellings", "CommonServerEntry", "StdioServerEntry", "HttpServerEntry"];

/** The interfaces of settings with their comments, by the titles of their schemas. */
export const SETTING_DOCS: ReadonlyMap<string, Declaration> = await readDocs();

async function readDocs(): Promise<ReadonlyMap<string, Declaration>> {
  const sources = [...OPTIONS, LIMITS, FILE];
  const declarations = await Promise.all(
    sources.map((source) => readDeclaration(source.file, source.interface)),
  );
  const docs = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const name = SERVER_ENTRY.title;
  const members = ENTRY_PARTS.flatMap((part) => docs.get(part)!.members);
  return docs.set(name, { name, text: "", tags: new Map(), members });
}

/** Draft 7: what editors know best. */
export function configSchema(): Json {
  const file = publish(CONFIG_TEXT) as { readonly properties: Readonly<Record<string, Json>> };
  const { mcpServers, servers, mcp_servers, context_servers, codecell } = file.properties;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Config file of codecell",
    description: "MCP servers in the format that MCP hosts share, and settings of codecell.",
    ...file,
    properties: {
      $schema: { description: "The address or the path of this schema." },
      mcpServers: { ...mcpServers, ...SERVERS },
      servers: { ...servers, ...SERVERS },
      mcp_servers: { ...mcp_servers, ...SERVERS },
      context_servers: { ...context_servers, ...SERVERS },
      mcp: {
        ...file.properties["mcp"],
        properties: { servers: SERVERS, inputs: true },
        additionalProperties: false,
      },
      inputs: file.properties["inputs"]!,
      codecell: { ...codecell, ...publish(codecellSettings()) },
    },
    definitions: { server: publish(SERVER_ENTRY) },
  };
}

/** With the settings that the runtime itself does not check. */
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
  const published = Object.entries(properties).map(([key, schema]) => {
    const doc = SETTING_DOCS.get(title)?.members.findLast(({ name }) => name === key);
    return [key, { ...given("description", describe(schema, doc)), ...publish(schema) }] as const;
  });
  return {
    properties: Object.fromEntries([...published, ...ignored.map((key) => [key, true] as const)]),
    ...given("required", required),
    additionalProperties: false,
    ...relations,
  };
}

/** A default that is no data is said in words. An object without a comment of its own has that of its interface. */
function describe(schema: Schema, member: Member | undefined): string | undefined {
  const isObject = "properties" in schema;
  const doc: Doc | undefined = member ?? (isObject ? SETTING_DOCS.get(schema.title) : undefined);
  const normal = doc?.tags.get("default");
  const isSaid = normal === undefined || normal === "none" || isObject || "default" in schema;
  return doc === undefined || isSaid ? doc?.text : `${doc.text} Default: ${normal}.`;
}

function given(key: string, value: unknown): Json {
  return value === undefined ? {} : { [key]: value };
}
