import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { ToolError } from "../../src/core/tool-error.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";
import { growth } from "../support/cost.ts";
import { type OpenTools, openTools } from "../support/open-tools.ts";

const context = { signal: new AbortController().signal, caller: {} };
const open: AsyncDisposable[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

interface Options {
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
  readonly startTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  readonly args?: string[];
}

function start(entry: object, options: Options = {}, name = "fix"): McpSource {
  const { maxMessageBytes, ...more } = options;
  const config = checkServers({ [name]: { ...entry, ...more } }, "mcpServers", {})[name]!;
  const source = configuredSource(
    name,
    config,
    maxMessageBytes === undefined ? {} : { maxMessageBytes },
  );
  open.push(source);
  return source;
}

function fixture(file: string, options: Options = {}): McpSource {
  const path = fileURLToPath(new URL(`../../fixtures/servers/${file}.ts`, import.meta.url));
  return start({ command: process.execPath, args: [path] }, options);
}

function npm(name: string, ...args: string[]): McpSource {
  const path = createRequire(import.meta.url).resolve(
    `@modelcontextprotocol/${name}/dist/index.js`,
  );
  return start({ command: process.execPath, args: [path, ...args] });
}

async function failure(work: Promise<unknown>): Promise<ToolError> {
  const error = await work.then(
    () => expect.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ToolError);
  return error as ToolError;
}

async function catalogueOf(source: McpSource): Promise<OpenTools> {
  const catalogue = await openTools([source]);
  open.push(catalogue);
  return catalogue;
}

describe("calls", () => {
  test("a server's own names, arguments and results", async () => {
    const catalogue = await catalogueOf(fixture("basic"));
    const issue = catalogue.resolve("fix", "createIssue");
    const args = { owner: "a", repo: "b", labels: undefined };
    expect(await catalogue.call(issue, args, context)).toEqual({ owner: "a", repo: "b" });
    expect(await catalogue.call(catalogue.resolve("fix", "echo"), undefined, context)).toEqual({});
    expect(await failure(catalogue.call(issue, {}, context))).toMatchObject({
      code: "invalid_arguments",
    });
  });

  test("errors carry the server's own message", async () => {
    const source = fixture("basic");
    expect(await failure(source.call("fail", {}, context))).toMatchObject({
      code: "tool_error",
      message: "no such issue: /srv/data/issues/7",
      tool: "fix.fail",
    });
    expect((await failure(source.call("rpc_error", {}, context))).message).toBe(
      "the backend is down",
    );
    expect((await failure(source.call("null_result", {}, context))).message).toContain(
      "not an object",
    );
    expect((await failure(source.call("echo", "text", context))).code).toBe("invalid_arguments");
  });

  test("the environment is what the config says and a few harmless ones", async () => {
    process.env["CODECELL_TEST_SECRET"] = "x";
    const env = (await fixture("basic", { env: { GIVEN: "yes" } }).call(
      "env",
      {},
      context,
    )) as Record<string, string>;
    delete process.env["CODECELL_TEST_SECRET"];
    expect(env["GIVEN"]).toBe("yes");
    expect(env["PATH"]).toBe(process.env["PATH"]);
    expect(env).not.toHaveProperty("CODECELL_TEST_SECRET");
  });

  test("ten at once take less time than one after the other", async () => {
    const source = fixture("basic");
    await source.list();
    const ms = 1_000;
    const started = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => source.call("slow", { ms }, context)));
    expect(performance.now() - started).toBeLessThan(10 * ms);
  });

  test("the signal ends a call, and the server learns it", async () => {
    const source = fixture("basic");
    await source.list();
    const stop = new AbortController();
    const call = failure(source.call("silent", {}, { signal: stop.signal, caller: {} }));
    setTimeout(() => stop.abort(), 50);
    expect((await call).code).toBe("aborted");
    await expect.poll(() => source.call("cancelled", {}, context)).toHaveLength(1);
    expect((await failure(source.call("echo", {}, { signal: stop.signal, caller: {} }))).code).toBe(
      "aborted",
    );
  });

  test("the timeout of the config; progress resets it and is passed on", async () => {
    const source = fixture("basic", { timeoutMs: 2_000 });
    await source.list();
    const steps: unknown[] = [];
    const onProgress = (step: unknown): void => void steps.push(step);
    // Five steps: together they take longer than the timeout.
    expect(await source.call("progress", { ms: 500 }, { ...context, onProgress })).toBe("done");
    // The SDK drops progress that comes in one piece with the result, so the last one may be missing.
    expect(steps.slice(0, 4)).toEqual([1, 2, 3, 4].map((progress) => ({ progress, total: 5 })));
    expect((await failure(source.call("silent", {}, context))).message).toBe(
      "fix.silent did not answer within 2000 ms",
    );
  });
});

describe("lists", () => {
  test("all pages, and pages that never end", async () => {
    expect(await fixture("pages").list()).toHaveLength(25);
    const loop = fixture("pages", { env: { MODE: "loop" } });
    expect((await loop.list()).length).toBeGreaterThan(0);
    expect(loop.warnings[0]).toContain("same page again and again");
  });

  test("a change of the list is noticed", async () => {
    const catalogue = await catalogueOf(fixture("basic"));
    const { version } = catalogue.names;
    await catalogue.call(catalogue.resolve("fix", "grow"), {}, context);
    await expect.poll(() => catalogue.names.version).not.toBe(version);
    expect(catalogue.servers[0]!.tools.at(-1)!.name).toMatch(/^grown_/);
  });

  test("malformed tools are repaired or left out by name; their siblings stay and work", async () => {
    const catalogue = await catalogueOf(fixture("malformed"));
    const names = catalogue.servers[0]!.tools.map(({ name }) => name);
    const fine = [
      "first",
      "no_type",
      "one_of",
      "boolean_property",
      "null_description",
      "null_annotations",
      "null_output",
      "array_output",
    ];
    const odd = [
      "dangling_ref",
      "external_ref",
      "python_regex",
      "any_type",
      "missing_schema",
      "endless_ref",
      "last",
    ];
    expect(names).toEqual(expect.arrayContaining([...fine, ...odd]));
    expect(catalogue.warnings).toEqual([
      "fix: tool 'string_schema' was left out: its inputSchema is not an object",
      "fix: tool number 15 was left out: it has no name",
      "fix: tool number 16 was left out: it is not an object",
      "fix: a second tool named 'first' was left out",
    ]);
    for (const name of [...fine, ...odd]) {
      expect(await catalogue.call(catalogue.resolve("fix", name), { a: "x" }, context)).toEqual({
        name,
        args: { a: "x" },
      });
    }
    expect(catalogue.resolve("fix", "no_type").info.inputSchema).toMatchObject({ type: "object" });
    expect(catalogue.resolve("fix", "null_annotations").info).not.toHaveProperty("annotations");
    expect(catalogue.warnings.slice(4).map((warning) => warning.split(":")[0])).toEqual([
      "fix.dangling_ref",
      "fix.external_ref",
      "fix.endless_ref",
    ]);
  });

  test("results of any shape", async () => {
    const source = fixture("malformed");
    const expected: [string, unknown][] = [
      ["unknown_type", [{ type: "hologram", data: 1 }]],
      ["array_structured", [1, 2]],
      ["string_structured", "yes"],
      ["null_content", undefined],
      ["string_content", "just text"],
      ["nameless_link", [{ type: "resource_link", uri: "a:b" }]],
      ["bad_base64", [{ type: "image", data: "!!!", mimeType: "image/png" }]],
      ["null_error", "fine"],
      ["no_content", undefined],
      ["two_texts", "a\nb"],
      ["json_text", { a: 1 }],
    ];
    for (const [tool, value] of expected)
      expect([tool, await source.call(tool, {}, context)]).toEqual([tool, value]);
  });

  test("odd names can all be reached", async () => {
    const catalogue = await catalogueOf(fixture("odd-names"));
    const { tools } = catalogue.names.servers[0]!;
    expect(new Set(tools.map(({ alias }) => alias)).size).toBe(tools.length);
    for (const { name, alias } of tools) {
      for (const spelling of [name, alias]) {
        expect(await catalogue.call(catalogue.resolve("fix", spelling), {}, context)).toBe(
          `called ${name}`,
        );
      }
    }
  });
});

describe("trouble", () => {
  test("a command that is not there", async () => {
    const source = start({ command: "no-such-command-here" });
    await failure(source.list());
    expect(source.failure).toBe(
      `server "fix" did not start: the command 'no-such-command-here' was not found (mcpServers.fix)`,
    );
  });

  test("a server that ends at start says why, without its secrets", async () => {
    const source = fixture("basic", { env: { MODE: "exit", API_KEY: "hunter2hunter2" } });
    const catalogue = await catalogueOf(source);
    expect(source.failure).toBe(
      'server "fix" did not start: it ended with exit code 3: cannot open the database with key [redacted] (mcpServers.fix)',
    );
    expect(catalogue.warnings).toEqual([source.failure]);
    expect(() => catalogue.resolve("fix", "echo")).toThrow("did not start");
  });

  test("a server that does not answer initialize", async () => {
    const source = start(
      { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] },
      { startTimeoutMs: 200 },
    );
    expect((await failure(source.list())).message).toContain("no answer within 200 ms");
  });

  test("a server can be closed while it starts", async () => {
    const source = start({
      command: process.execPath,
      args: ["-e", "setInterval(() => {}, 1000)"],
    });
    const list = failure(source.list());
    await source[Symbol.asyncDispose]();
    await list;
    expect((await failure(source.list())).message).toBe('server "fix" is closed');
  });

  test("a crash fails the call in flight, its host reads the last words; the next call has a new server", async () => {
    const source = fixture("basic", { env: { API_KEY: "hunter2hunter2" } });
    const pid = await source.call("pid", {}, context);
    const waiting = failure(source.call("slow", {}, context));
    const crash = await failure(source.call("crash", {}, context));
    expect(crash).toMatchObject({
      code: "tool_error",
      message: 'server "fix" stopped during the call (exit code 1)',
    });
    expect(source.warnings).toEqual([
      'server "fix" stopped during the call (exit code 1): fatal: out of cheese',
    ]);
    expect((await waiting).message).toContain("stopped during the call");
    const again = await Promise.all([
      source.call("pid", {}, context),
      source.call("pid", {}, context),
    ]);
    expect(again[0]).not.toBe(pid);
    expect(again[0]).toBe(again[1]);
  });

  test("a server that was killed while nobody looked is replaced at the next call", async () => {
    const source = fixture("basic");
    const pid = (await source.call("pid", {}, context)) as number;
    process.kill(pid, "SIGKILL");
    await expect.poll(() => source.call("pid", {}, context).catch(() => pid)).not.toBe(pid);
  });

  test("credentials are taken out of messages", async () => {
    const source = fixture("basic", { env: { API_KEY: "hunter2hunter2" } });
    expect((await failure(source.call("leak", {}, context))).message).toBe(
      "401 for token [redacted]",
    );
  });

  test("garbage on stdout is tolerated and told", async () => {
    const source = fixture("basic", { env: { MODE: "garbage" } });
    expect(await source.call("echo", { a: 1 }, context)).toEqual({ a: 1 });
    expect(source.warnings).toEqual([
      "fix: wrote 2 lines on stdout that are no messages, first: Starting up… (this line is no message)",
    ]);
  });

  test("a result over the cap fails its call only, in linear time", async () => {
    const source = fixture("basic", { maxMessageBytes: 1_000_000 });
    const small = source.call("slow", { ms: 100 }, context);
    const tooBig = (bytes: number) => failure(source.call("big", { bytes }, context));
    const big = await tooBig(50_000_000);
    expect(big).toMatchObject({
      code: "tool_error",
      message: "the result is larger than 1000000 bytes; ask the tool for less",
    });
    expect(await growth(tooBig, 5_000_000, 50_000_000)).toBeLessThan(60);
    expect(await small).toBe("done");
    expect(await source.call("big", { bytes: 900_000 }, context)).toHaveLength(900_000);
  });

  test("40 MB arrive when they may", async () => {
    const source = fixture("basic", { maxMessageBytes: 64_000_000 });
    await source.list();
    const big = async (bytes: number): Promise<void> =>
      expect(await source.call("big", { bytes }, context)).toHaveLength(bytes);
    await big(40_000_000);
    expect(await growth(big, 10_000_000, 60_000_000)).toBeLessThan(24);
  });
});

describe("servers of others", () => {
  test("filesystem", async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "codecell-fs-")));
    const catalogue = await catalogueOf(npm("server-filesystem", folder));
    const path = join(folder, "a.txt");
    await catalogue.call(
      catalogue.resolve("fix", "write_file"),
      { path, content: "hello" },
      context,
    );
    expect(await readFile(path, "utf8")).toBe("hello");
    expect(
      await catalogue.call(catalogue.resolve("fix", "readTextFile"), { path }, context),
    ).toEqual({ content: "hello" });
    const error = await failure(
      catalogue.call(catalogue.resolve("fix", "read_text_file"), { path: "/etc/passwd" }, context),
    );
    expect(error).toMatchObject({
      code: "tool_error",
      message: expect.stringContaining("Access denied"),
    });
    await rm(folder, { recursive: true });
  });

  test("memory", async () => {
    const catalogue = await catalogueOf(npm("server-memory"));
    expect(catalogue.servers[0]!.tools).toHaveLength(9);
    expect(catalogue.warnings).toEqual([]);
    const error = await failure(
      catalogue.call(
        catalogue.resolve("fix", "create_entities"),
        { entities: [{ name: "x" }] },
        context,
      ),
    );
    expect(error.message).toContain("entities[0].entityType is missing");
  });

  test("everything", async () => {
    const catalogue = await catalogueOf(npm("server-everything"));
    const call = (name: string, args: object): Promise<unknown> =>
      catalogue.call(catalogue.resolve("fix", name), args, context);
    expect(await call("echo", { message: "hi" })).toBe("Echo: hi");
    expect(await call("get-sum", { a: 2, b: 3 })).toContain("5");
    expect(await call("get-structured-content", { location: "New York" })).toMatchObject({
      temperature: expect.any(Number),
    });
    expect(await call("get-tiny-image", {})).toEqual(
      expect.arrayContaining([{ type: "image", data: expect.any(String), mimeType: "image/png" }]),
    );
    const links = (await call("get-resource-links", { count: 2 })) as { type: string }[];
    expect(links.some(({ type }) => type === "resource_link")).toBe(true);
  });
});
