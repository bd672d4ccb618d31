/** Wrappers as TypeScript: what is written, that the compiler takes it, and that the types say what the schemas do. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Runtime, tool } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const CLI = here("../../dist/cli/main.js");
const TSC = here("../../node_modules/typescript/bin/tsc");
const official = (name: string, ...args: string[]): object => ({
  command: process.execPath,
  args: [
    createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}/dist/index.js`),
    ...args,
  ],
});
const fixture = (name: string): object => ({
  command: process.execPath,
  args: [here(`../../fixtures/servers/${name}.ts`)],
});

const folder = temporaryFolder();
const SERVERS = {
  everything: official("server-everything"),
  filesystem: official("server-filesystem", folder),
  memory: official("server-memory"),
  "sequential-thinking": official("server-sequential-thinking"),
  "odd names": fixture("odd-names"),
  basic: fixture("basic"),
};

async function tsc(files: readonly string[], ...flags: string[]): Promise<string> {
  const args = [
    TSC,
    "--noEmit",
    "--strict",
    "--target",
    "esnext",
    "--types",
    "",
    ...flags,
    ...files,
  ];
  return await promisify(execFile)(process.execPath, args, { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

const crm = {
  find: tool({
    description: "Find a customer.\n\nLooks in all regions.",
    input: z.object({
      id: z.string(),
      limit: z.int().min(1).max(50).default(10),
      tags: z.array(z.enum(["new", "old"])).optional(),
    }),
    output: z.object({ name: z.string(), address: z.object({ city: z.string() }).nullable() }),
    run: () => ({ name: "Ada", address: null }),
  }),
  ping: () => "pong",
};

describe("of real servers and odd names", () => {
  const out = join(folder, "out");
  const config = join(folder, "config.json");
  const write = () =>
    promisify(execFile)(process.execPath, [
      CLI,
      "types",
      "--out",
      out,
      "--config",
      config,
      "--json",
      "--placement",
      "process",
    ]);
  let files: string[];

  beforeAll(async () => {
    writeFileSync(config, JSON.stringify({ mcpServers: SERVERS }));
    const { stdout } = await write();
    files = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(JSON.parse(stdout)).toEqual({ files: files.length, written: files.length, removed: 0 });
  });

  test("tsc --strict accepts the folder, alone and with the web's types", async () => {
    expect(files.length).toBeGreaterThan(70);
    expect(await tsc(files)).toBe("");
    expect(await tsc(files, "--lib", "esnext,dom")).toBe("");
  });

  test("all five forms of a call are typed, and wrong ones are errors", async () => {
    const program = join(folder, "program.ts");
    const good = `
      import { getSum } from "./out/everything/get-sum.js";
      import everything, { EverythingTools, type GetSumArgs } from "./out/everything/index.js";
      const args: GetSumArgs = { a: 1, b: 2 };
      export const all = [tools.everything.getSum(args), tools.everything["get-sum"](args), getSum(args), everything.getSum(args),
        everything_get_sum(args), new EverythingTools().getSum(args)];
      const graph = await tools.memory.readGraph();
      export const names: string[] = graph.entities.map(({ name }) => name);
      export const odd = [tools["odd names"]["get-user.by/id"], tools.oddNames.getUserById];
      export const found: ToolSummary[] = await searchTools("x", { detail: "full", limit: 3 });
      export const text: string = await fs.readFile("/tools/call.ts", "utf8");
      export const uris: string[] = (await resources.list()).map(({ uri }) => uri);`;
    writeFileSync(program, good);
    expect(await tsc([program, join(out, "globals.d.ts")])).toBe("");
    const bad = [
      'tools.everything.getSum({ a: 1, b: "2" });',
      "tools.everything.getSum({ a: 1 });",
      "tools.everything.getSum();",
      "tools.everything.getSum({ a: 1, b: 2, c: 3 });",
      "tools.everything.getSumm({ a: 1, b: 2 });",
      "everything_get_sum({ a: true, b: 2 });",
      "new EverythingTools().getSum({});",
      "(await tools.memory.readGraph()).entitys;",
      "(await tools.memory.readGraph()).entities.map((one) => one.nam);",
      "tools.nowhere.x();",
    ];
    writeFileSync(
      program,
      ['import { EverythingTools } from "./out/everything/index.js";', ...bad, "export {};"].join(
        "\n",
      ),
    );
    const lines = new Set(
      [...(await tsc([program, join(out, "globals.d.ts")])).matchAll(/^program\.ts\((\d+),/gm)].map(
        ([, line]) => Number(line),
      ),
    );
    expect(lines).toEqual(new Set(bad.map((_, at) => at + 2)));
  });

  test("only what changed is written, only what is ours is removed, and nothing while a server is down", async () => {
    const call = join(out, "call.ts");
    const kept = join(out, "memory", "mine.ts");
    const before = statSync(call).mtimeMs;
    writeFileSync(kept, "export const mine = 1;\n");
    writeFileSync(join(out, "memory", "open_nodes.ts"), "// Written by codecell types.\nchanged\n");
    writeFileSync(join(out, "memory", "gone.ts"), "// Written by codecell types.\n");
    expect(JSON.parse((await write()).stdout)).toMatchObject({ written: 1, removed: 1 });
    expect(statSync(call).mtimeMs).toBe(before);
    expect(readFileSync(kept, "utf8")).toContain("mine");
    const { basic: _, ...rest } = SERVERS;
    const failed = { ...rest, basic: { command: "no-such-program-here" } };
    writeFileSync(config, JSON.stringify({ mcpServers: failed }));
    const down = await write().catch((error: { code: number; stdout: string }) => error);
    expect(down).toMatchObject({ code: 1 });
    expect(readdirSync(join(out, "basic")).length).toBeGreaterThan(10);
    writeFileSync(config, JSON.stringify({ mcpServers: rest }));
    expect((JSON.parse((await write()).stdout) as { removed: number }).removed).toBeGreaterThan(10);
    expect(readdirSync(out)).not.toContain("basic");
    rmSync(kept);
  });
});

describe("declarations", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    const any = (schema: object): ReturnType<typeof tool> =>
      tool({ input: schema as never, run: () => 1 });
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: {
        crm,
        shapes: {
          tuple: any({
            type: "object",
            properties: {
              a: {
                type: "array",
                prefixItems: [{ type: "string" }, { type: "number" }],
                items: false,
              },
            },
          }),
          range: any({
            type: "object",
            properties: {
              a: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 20 },
            },
          }),
          union: any({
            type: "object",
            properties: {
              a: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
            },
          }),
          nullable: any({
            type: "object",
            properties: {
              a: { type: ["array", "null"], items: { type: "string" } },
              b: { type: "string", nullable: true },
            },
          }),
          open: any({
            type: "object",
            properties: {
              a: { type: "object" },
              b: { type: "object", additionalProperties: { type: "number" } },
            },
          }),
          both: any({
            type: "object",
            properties: { id: { type: "string" } },
            required: ["id"],
            anyOf: [
              { properties: { a: { type: "string" } }, required: ["a"] },
              { properties: { b: { type: "number" } }, required: ["b"] },
            ],
          }),
          ghost: any({ type: "object", properties: {}, required: ["ghost"] }),
          shared: any({
            type: "object",
            properties: { a: { $ref: "#/$defs/Point" }, b: { $ref: "#/properties/a" } },
            $defs: {
              Point: {
                title: "P",
                type: "object",
                properties: { x: { type: "number" } },
                required: ["x"],
              },
            },
          }),
          unknownWord: any({
            type: "object",
            properties: { unknown: { enum: ["unknown", "known"] } },
          }),
        },
      },
    });
  });
  afterAll(() => runtime.close());
  const of = async (name: string): Promise<string> => {
    const { declaration } = await runtime.getToolSpec("shapes", name);
    return declaration.replace(/\s+/g, " ").trim();
  };

  test("documentation, arguments, result", async () => {
    expect((await runtime.getToolSpec("crm", "find")).declaration).toBe(`/**
 * Find a customer.
 *
 * Looks in all regions.
 */
declare function find(args: FindArgs): Promise<FindResult>;

interface FindArgs {
  id: string
  /** 1 to 50, default 10 */
  limit?: number
  tags?: ("new" | "old")[]
}

interface FindResult {
  name: string
  address: ({
    city: string
  } | null)
}
`);
    expect((await runtime.getToolSpec("crm", "ping")).declaration).toBe(
      "declare function ping(args?: unknown): Promise<unknown>;\n",
    );
  });

  test.each([
    ["tuple", "a?: [string, number]"],
    ["range", "a?: string[]"],
    ["union", "a?: (string | number)[]"],
    ["nullable", "a?: (string[] | null) b?: (string | null)"],
    ["open", "a?: { [k: string]: unknown } b?: { [k: string]: number }"],
    ["ghost", "ghost: unknown"],
    ["shared", "a?: SharedPoint b?: SharedPoint } interface SharedPoint { x: number }"],
    ["unknownWord", 'unknown?: ("unknown" | "known")'],
  ])("%s", async (name, expected) => {
    expect(await of(name)).toContain(expected);
  });

  test("names in any script have types", async () => {
    const named = tool({
      input: {
        type: "object",
        properties: { 都市: { $ref: "#/$defs/点" } },
        required: ["都市"],
        $defs: { 点: { type: "object", properties: { x: { type: "number" } } } },
      },
      run: () => 1,
    });
    const odd = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: {
        日本: {
          call: named,
          args: named,
          tools: named,
          tool0: named,
          Promise: named,
          default: named,
          天気: named,
          größe: named,
          $: named,
          API_x: named,
          "2fa": named,
        },
      },
    });
    try {
      for (const [name, args] of [
        ["天気", "天気Args"],
        ["größe", "GrößeArgs"],
        ["$", "$Args"],
        ["API_x", "ApiXArgs"],
        ["2fa", "_2faArgs"],
      ]) {
        const { declaration } = await odd.getToolSpec("日本", name!);
        expect(declaration).toContain(`(args: ${args})`);
        expect(declaration.replace(/\s+/g, " ")).toContain(
          `interface ${args} { "都市": ${args!.slice(0, -4)}点 }`,
        );
      }
      const files: string[] = [];
      for await (const [path, text] of odd.wrappers()) {
        const file = join(folder, "scripts", path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        files.push(file);
      }
      expect(await tsc(files)).toBe("");
    } finally {
      await odd.close();
    }
  });

  test("names at random have wrappers that compile, in files of their own", async () => {
    const words = fc.constantFrom(
      "get",
      "Get",
      "GET",
      "user",
      "_",
      "-",
      ".",
      "/",
      " ",
      "1",
      "index",
      "then",
      "call",
      "é",
      "日",
      "$",
      "class",
    );
    const name = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
      fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    );
    const names = [...new Set(fc.sample(name, { numRuns: 400, seed: 7 }))];
    const named = tool({
      input: { type: "object", properties: { a: { type: "string" } } },
      run: () => 1,
    });
    const tools = Object.fromEntries(names.slice(60).map((each) => [each, named]));
    const servers = Object.fromEntries(names.slice(0, 60).map((each) => [each, { run: named }]));
    await using odd = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: { ...servers, many: tools },
    });
    const files: string[] = [];
    for await (const [path, text] of odd.wrappers()) {
      const file = join(folder, "random", path);
      expect(path).toMatch(/^[^/]+(?:\/[^/]+)?$/);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
      files.push(file);
    }
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
    expect(await tsc(files)).toBe("");
  });

  test("schemas at random have types that compile", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("*/", "`", "${x}", "\n}", "\u2028", "__proto__"),
    );
    const reference = fc.constantFrom(
      "#",
      "#/$defs/a",
      "#/$defs/b",
      "#/properties/x",
      "#/$defs/none",
      "http://x.example/",
      "#a",
    );
    const type = fc.constantFrom(
      "string",
      "number",
      "integer",
      "boolean",
      "array",
      "object",
      "null",
      "any",
      ["string", "null"],
      ["object", "array"],
      [],
    );
    const { schema } = fc.letrec((tie) => {
      const inner = tie("schema");
      const some = (one: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
        fc.array(one, { maxLength: 3 });
      const named = fc.dictionary(fc.oneof(text, fc.constantFrom("x", "a", "b")), inner, {
        maxKeys: 4,
      });
      const parts = {
        type,
        description: text,
        title: text,
        default: fc.anything(),
        enum: some(fc.oneof(text, fc.integer(), fc.constant(null))),
        const: fc.oneof(text, fc.double()),
        properties: named,
        required: some(fc.oneof(text, fc.constant("x"))),
        items: fc.oneof(inner, some(inner)),
        prefixItems: some(inner),
        anyOf: some(inner),
        oneOf: some(inner),
        allOf: some(inner),
        additionalProperties: fc.oneof(fc.boolean(), inner),
        patternProperties: named,
        $defs: named,
        $ref: reference,
        nullable: fc.boolean(),
        tsType: text,
        not: inner,
        format: text,
        minimum: fc.double(),
        deprecated: fc.boolean(),
      };
      return {
        schema: fc.oneof(
          { maxDepth: 4, withCrossShrink: true },
          fc.record({ type }),
          fc.record(parts, { requiredKeys: [] }),
          fc.anything({ maxDepth: 1 }),
        ),
      };
    });
    const schemas = fc.sample(schema as fc.Arbitrary<never>, { numRuns: 300, seed: 11 });
    const object = (each: unknown): boolean =>
      typeof each === "object" && each !== null && !Array.isArray(each);
    const tools = Object.fromEntries(
      schemas
        .filter(object)
        .map((each, at) => [
          `tool${at}`,
          { info: { inputSchema: each, outputSchema: each }, run: () => 1 },
        ]),
    );
    await using random = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: { random: tools } as never,
    });
    const files: string[] = [];
    let known = 0;
    for await (const [path, written] of random.wrappers()) {
      const file = join(folder, "schemas", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, written);
      files.push(file);
      if (/(?:interface|type) Tool\d+Args/.test(written)) known++;
    }
    expect(await tsc(files)).toBe("");
    // Most are nonsense; a good part can be said in types all the same.
    expect(known).toBeGreaterThan(100);
  });

  test("properties beside a choice are not lost", async () => {
    const text = await of("both");
    for (const part of ["id: string", "a: string", "b: number"]) expect(text).toContain(part);
  });

  test("a program reads the same files", async () => {
    const code = `const files = {};
      for (const name of await fs.readdir("/tools/crm")) files[name] = await fs.readFile("/tools/crm/" + name, "utf8");
      return [await fs.readdir("/"), await fs.readdir("./tools/"), files,
        await fs.readdir("/etc").catch((e) => e.message), await fs.readFile("/tools/crm").catch((e) => e.message),
        await fs.readFile("/tools/../../etc/passwd").catch((e) => e.message), await fs.readdir("/tools/crm/find.ts").catch((e) => e.message),
        await fs.promises.readFile("/mcp-tools/call.ts").then((text) => text.includes("export function call"))]`;
    const result = await runtime.run(code);
    if (!result.ok) expect.fail(result.error.message);
    const expected: Record<string, string> = {};
    for await (const [path, text] of runtime.wrappers())
      if (path.startsWith("crm/")) expected[path.slice(4)] = text;
    expect(result.value).toEqual([
      ["tools"],
      ["call.ts", "globals.d.ts", "crm", "shapes"],
      expected,
      "ENOENT: no such file or directory, scandir '/etc'",
      "EISDIR: illegal operation on a directory, read '/tools/crm'",
      "ENOENT: no such file or directory, open '/tools/../../etc/passwd'",
      "ENOTDIR: not a directory, scandir '/tools/crm/find.ts'",
      true,
    ]);
    expect(Object.keys(expected)).toEqual(["index.ts", "find.ts", "ping.ts"]);
    // Reading is no tool call.
    expect(result.calls).toEqual([]);
  });

  test("what is in the files can be imported by the names that they have", async () => {
    const odd = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: { "a/b": { index: () => 1, "x.ts": () => 2, CON: () => 3, Up: () => 4, up: () => 5 } },
    });
    try {
      const result = await odd.run(`const found = {};
        const [folder] = (await fs.readdir("/tools")).filter((name) => !name.includes("."));
        for (const name of await fs.readdir("/tools/" + folder)) if (name !== "index.ts") found[name] = await (await import("/tools/" + folder + "/" + name)).default();
        return found`);
      if (!result.ok) expect.fail(result.error.message);
      const names = Object.keys(result.value as object);
      expect(Object.values(result.value as object).toSorted()).toEqual([1, 2, 3, 4, 5]);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(5);
    } finally {
      await odd.close();
    }
  });
});

test("a file that stands where a folder has to be is told", async () => {
  const blocked = join(folder, "blocked");
  mkdirSync(dirname(blocked), { recursive: true });
  writeFileSync(blocked, "");
  const run = promisify(execFile)(process.execPath, [
    CLI,
    "types",
    "--out",
    blocked,
    "--config",
    join(folder, "config.json"),
    "--placement",
    "process",
  ]);
  await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining(blocked) });
});
