/** The published schema of the config file: it agrees with the reader of the settings, and with their docstrings. */
import { readFileSync } from "node:fs";
import { type Schema as JsonSchema, Validator } from "@cfworker/json-schema";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configSchema, SETTING_DOCS } from "../../docs/generate/config-schema.ts";
import { readSettings } from "../../src/core/check-settings.ts";
import { resolveLimits } from "../../src/core/limits.ts";
import type { ObjectSchema, Schema } from "../../src/core/setting-schema.ts";
import { CodecellError } from "../../src/index.ts";
import { OPTIONS } from "../../src/runtime/options.ts";
import { resolveSandbox, SANDBOX } from "../../src/placement/sandbox/settings.ts";
import { resolveWorkers } from "../../src/placement/settings.ts";
import { resolveOptions } from "../../src/runtime/resolve-options.ts";
import { AGENT_SETTINGS } from "../../src/agent/settings.ts";
import { resolveServe, SERVE } from "../../src/serve/service/settings.ts";
import { resolveSessions } from "../../src/session/settings.ts";
import { NETWORK, resolveNetwork } from "../../src/tools/fetch/settings.ts";
import { checkServers, parseConfig } from "../../src/tools/config/parse-config.ts";
import { SERVER_ENTRY } from "../../src/tools/config/server-settings.ts";

const shipped = JSON.parse(
  readFileSync(new URL("../../config.schema.json", import.meta.url), "utf8"),
) as JsonSchema & { properties: Record<string, JsonSchema> };

function accepts(schema: JsonSchema, value: unknown): boolean {
  return new Validator(schema, "7").validate(value).valid;
}

describe("the published schema", () => {
  test("is what the settings say now: npm run docs", () => {
    expect(shipped).toEqual(JSON.parse(JSON.stringify(configSchema())));
  });

  test("is exported by the package", async () => {
    const { default: exported } = await import("codecell/config.schema.json", {
      with: { type: "json" },
    });
    expect(exported).toEqual(shipped);
  });

  test.each([
    {},
    { $schema: "../node_modules/codecell/config.schema.json" },
    { mcpServers: { github: { command: "npx", args: ["-y", "some-server"], env: { A: "${B}" } } } },
    {
      mcpServers: { a: { type: "stdio", command: "a", cwd: "/", roots: ["~/work"], timeout: 60 } },
    },
    { mcpServers: { a: { type: "http", url: "${URL}", headers: { A: "b" }, timeoutMs: 5 } } },
    { servers: { a: { url: "https://a.example", oauth: { scope: "all", callbackPort: 1 } } } },
    {
      mcpServers: {
        a: {
          url: "https://a.example",
          oauth: {
            grant: "client_credentials",
            clientId: "a",
            privateKey: "${KEY}",
            issuer: "https://b.example",
          },
        },
      },
    },
    { codecell: { engine: "quickjs", placement: "auto", hardened: false, learn: "shapes.json" } },
    { codecell: { engine: { name: "own", module: "own-engine" } } },
    { codecell: { placement: { remote: "https://codecell.example.com", token: "${TOKEN}" } } },
    { codecell: { limits: { cpuMs: 1_000 }, workers: { max: 4 }, tokenizer: "claude" } },
    { codecell: { sessions: { store: "${REDIS_URL}", keepMs: 5_000 } } },
    { codecell: { network: { allow: ["*.example.com", { host: "a.b", methods: ["PUT"] }] } } },
    { codecell: { sandbox: { tmpMb: 16, cgroup: "/sys/fs/cgroup/a", cpuShare: 0.5 } } },
    { codecell: { mcp: { names: { search: "find" }, maxResultChars: 500 } } },
    {
      codecell: {
        serve: {
          host: "0.0.0.0",
          auth: {
            apiKeys: [{ key: "${API_KEY}", scopes: ["run"] }],
            jwt: { issuer: "https://login.example.com", audience: "x" },
          },
          rateLimit: { runs: 60, perSeconds: 60 },
          limitStore: "${REDIS_URL}",
        },
      },
    },
  ])("accepts %j", (config) => {
    expect(new Validator(shipped, "7", false).validate(config).errors).toEqual([]);
  });

  test.each([
    { mcpserver: {} },
    { mcpServers: { a: {} } },
    { mcpServers: { "": { command: "a" } } },
    { mcpServers: { a: { comand: "npx" } } },
    { mcpServers: { a: { command: "npx", url: "https://a.example" } } },
    { mcpServers: { a: { command: "npx", type: "http" } } },
    { mcpServers: { a: { url: "https://a.example", type: "ws" } } },
    { mcpServers: { a: { command: "npx", env: { PORT: 3 } } } },
    { servers: { a: { url: "https://a.example", oauth: { privateKey: "x" } } } },
    { codecell: { engine: "v9" } },
    { codecell: { engin: "v8" } },
    { codecell: { limits: { cpuMs: 0 } } },
    { codecell: { limits: { cpuMs: "5s" } } },
    { codecell: { placement: { remote: "ftp://a.example" } } },
    { codecell: { sessions: { store: "mysql://x" } } },
    { codecell: { network: {} } },
    { codecell: { network: { allow: ["http://a.b/path"] } } },
    { codecell: { sandbox: { cpuShare: 0.5 } } },
    { codecell: { mcp: { maxResultChars: 10 } } },
    { codecell: { serve: { auth: { apiKeys: [{ key: "short" }] } } } },
    { codecell: { serve: { port: 70_000 } } },
  ])("refuses %j", (config) => {
    expect(accepts(shipped, config)).toBe(false);
  });
});

const JUNK = fc.constantFrom(
  ...[null, true, 0, -1, 1.5, "", "x", [], {}, [null], { toJSON: 1 }, { __proto__: null, a: 1 }],
);
/** Texts that fit some setting. */
const TEXTS = fc.constantFrom(
  ...[
    "a",
    "/srv",
    "npx",
    " ",
    "a b",
    "https://a.example/",
    "redis://a",
    "sqlite:a",
    "api.example.com",
  ],
  ...["GET", "10.0.0.0/8", "x".repeat(16), "run", "stdio", "client_credentials", "file:///a"],
);

/** Values for a published schema: some that fit, some that nearly do. */
function valuesFor(schema: JsonSchema | boolean): fc.Arbitrary<unknown> {
  if (typeof schema === "boolean") return JUNK;
  const { anyOf, type } = schema;
  const types: readonly string[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const fitting = types.map((name) => valuesOfType(name, schema));
  const choices = (anyOf ?? []).map((each) => valuesFor({ ...each, type: each.type ?? type! }));
  const usual = types.includes("object") ? fitting : [...fitting, ...choices];
  return fc.oneof(
    { weight: 6, arbitrary: usual.length === 0 ? JUNK : fc.oneof(...usual) },
    { weight: 1, arbitrary: JUNK },
  );
}

function valuesOfType(type: string, schema: JsonSchema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = 1e9, items, properties = {}, additionalProperties } = schema;
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.oneof(
        fc.integer({ min: Math.ceil(minimum), max: Math.min(maximum, 1e9) }),
        fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1, minimum + 0.5),
      );
    case "string":
      return fc.oneof(fc.constantFrom(...(schema.enum ?? ["a"])), TEXTS);
    case "array":
      return fc.array(valuesFor(items as JsonSchema), { maxLength: 2 });
    case "object":
      return fc
        .tuple(recordOf(properties), unknownKeys(additionalProperties))
        .map(([known, unknown]) => ({ ...unknown, ...known }));
    default:
      return fc.constant(null);
  }
}

function recordOf(properties: Record<string, JsonSchema | boolean>): fc.Arbitrary<object> {
  const all = Object.entries(properties);
  const entries = all.map(([key, schema]) => {
    const given = { weight: 1, arbitrary: valuesFor(schema).map((value) => [[key, value]]) };
    // Of many settings few at once: else hardly any object would be valid.
    const absent = { weight: Math.max(3, Math.round(all.length / 4)), arbitrary: fc.constant([]) };
    return fc.oneof(absent, given);
  });
  return fc
    .tuple(...entries)
    .map((given) => Object.fromEntries(given.flat() as [string, unknown][]));
}

function unknownKeys(schema: JsonSchema | boolean | undefined): fc.Arbitrary<object> {
  if (typeof schema === "object")
    return fc.dictionary(fc.constantFrom("A", "b"), valuesFor(schema), { maxKeys: 2 });
  const none = { weight: 9, arbitrary: fc.constant({}) };
  return fc.oneof(none, { weight: 1, arbitrary: fc.constant({ nonsense: 1 }) });
}

const codecell = (shipped.properties["codecell"] as typeof shipped).properties;
const server = shipped.definitions!["server"]!;

/** What is checked beyond what JSON Schema can say. */
const NOTHING = /^$/;
const GROUPS: readonly (readonly [
  name: string,
  schema: JsonSchema,
  read: (value: unknown) => unknown,
  beyond: RegExp,
])[] = [
  ["limits", codecell["limits"]!, (value) => resolveLimits(value, undefined, "at"), NOTHING],
  ["workers", codecell["workers"]!, (value) => resolveWorkers({}, value), NOTHING],
  ["sessions", codecell["sessions"]!, (value) => resolveSessions(value, "at"), NOTHING],
  [
    "sandbox",
    codecell["sandbox"]!,
    (value) => resolveSandbox(value, {}, "at"),
    /exist|absolute path$|stands in|hidden anyway|cannot give|no name|can be written/,
  ],
  [
    "network",
    codecell["network"]!,
    (value) => resolveNetwork(value, {}, "at"),
    /no method|no header|must be a range|DNS name|no such port/,
  ],
  ["mcp", codecell["mcp"]!, (value) => readSettings(AGENT_SETTINGS, value, "at"), NOTHING],
  ["serve", codecell["serve"]!, (value) => resolveServe(value, "at"), /anybody who can reach/],
  [
    "an entry of mcpServers",
    server,
    (value) => checkServers({ a: value }, "mcpServers", {}),
    /must be an http:\/\/|must be an absolute path or|needs the environment variable|, which (?:does not exist|cannot)/,
  ],
];

describe("the reader accepts what the published schema accepts", () => {
  test.each(GROUPS)("%s", (_name, schema, read, beyond) => {
    let accepted = 0;
    let refused = 0;
    const validator = new Validator(schema, "7");
    fc.assert(
      fc.property(valuesFor(schema), (generated) => {
        const value = turnedOn(JSON.parse(JSON.stringify(generated)));
        const problem = problemOf(() => read(value));
        if (problem !== undefined && beyond.test(problem)) return;
        expect({ value, valid: problem === undefined, problem }).toMatchObject({
          valid: validator.validate(value).valid,
        });
        if (problem === undefined) accepted++;
        else refused++;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(10);
  });

  test("codecell", async () => {
    const { engine, placement, hardened, typeCheck, learn, tokenizer } = codecell;
    const flat = { engine, placement, hardened, typeCheck, learn, tokenizer };
    const schema = {
      ...(shipped.properties["codecell"] as object),
      properties: flat,
    } as JsonSchema;
    await fc.assert(
      fc.asyncProperty(valuesOfType("object", schema), async (generated) => {
        const settings = JSON.parse(JSON.stringify(generated)) as Record<string, unknown>;
        const file = { path: "at", servers: {}, settings };
        const problem = await resolveOptions({ config: file }).then(
          () => undefined,
          (error: Error) => error.message,
        );
        if (problem?.startsWith("hardened ")) return;
        expect({ settings, valid: problem === undefined, problem }).toMatchObject({
          valid: accepts(schema, settings),
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test("a whole file", () => {
    const flat = {
      ...shipped,
      properties: { ...shipped.properties, codecell: { type: "object" } },
    };
    fc.assert(
      fc.property(valuesFor(flat as JsonSchema), (value) => {
        const valid = isValid(JSON.stringify(value));
        expect({ value, valid }).toMatchObject({ valid: accepts(flat as JsonSchema, value) });
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Nobody reads the entry of a server that is left out. */
function turnedOn(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const isOff = ([key, flag]: readonly [string, unknown]): boolean =>
    key === "disabled"
      ? flag === true
      : ["enabled", "enable", "active", "isActive"].includes(key) && flag === false;
  return Object.fromEntries(Object.entries(value).filter((entry) => !isOff(entry)));
}

/** A file whose entries are all right, with no key that nobody knows. */
function isValid(text: string): boolean {
  let whole = true;
  const problem = problemOf(() => {
    const { failures = {}, warnings = [] } = parseConfig(text, "at", {});
    const bad = warnings.filter((warning) => !warning.endsWith("its name is there again"));
    whole = Object.keys(failures).length + bad.length === 0;
  });
  return problem === undefined && whole;
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (CodecellError.is(error) && error.code === "config_error") return error.message;
    throw error;
  }
}

describe("docstrings", () => {
  const groups = new Map<string, ObjectSchema>();
  const collect = (schema: Schema): void => {
    if ("anyOf" in schema) schema.anyOf?.forEach(collect);
    if ("items" in schema) collect(schema.items);
    if ("additionalProperties" in schema) collect(schema.additionalProperties);
    if (!("properties" in schema)) return;
    groups.set(schema.title, schema);
    Object.values(schema.properties).forEach(collect);
  };
  for (const schema of [OPTIONS, NETWORK, SERVE, AGENT_SETTINGS, SERVER_ENTRY, SANDBOX])
    collect(schema);

  test.each([...groups])("%s: each setting says its default and its range", (title, group) => {
    const { members } = SETTING_DOCS.get(title)!;
    for (const [key, schema] of Object.entries(group.properties)) {
      const { text, tags } = members.findLast(({ name }) => name === key)!;
      const normal = tags.get("default");
      expect({ key, text }).toEqual({ key, text: expect.stringMatching(/\w/) });
      const data = "default" in schema ? schema.default : undefined;
      if (data !== undefined)
        expect({ key, normal: valueOf(normal) }).toEqual({ key, normal: data });
      const isRequired = group.required?.includes(key) === true;
      if (title !== "McpServerEntry" || (key !== "command" && key !== "url"))
        expect({ key, hasDefault: normal !== undefined }).toEqual({ key, hasDefault: !isRequired });
      if (!("minimum" in schema)) continue;
      const { minimum, maximum = Number.MAX_SAFE_INTEGER } = schema;
      const range =
        maximum === Number.MAX_SAFE_INTEGER ? "" : `${spelled(minimum)}to ${spelled(maximum)}`;
      expect(text).toMatch(new RegExp(range === "" ? `at least ${spelled(minimum)}` : range));
    }
  });

  function valueOf(normal = "nothing"): unknown {
    const json = normal.replaceAll(/(?<=\d)_(?=\d)/g, "");
    return URL.canParse(json) ? json : JSON.parse(json);
  }

  /** As docstrings spell a number, bytes or not. */
  function spelled(number: number): string {
    const units = ["KiB", "MiB", "GiB"].map((unit, at) => `${number / 1024 ** (at + 1)} ${unit}`);
    return `(?:${[number.toLocaleString("en"), ...units].join("|").replaceAll(".", "\\.")}) ?`;
  }
});
