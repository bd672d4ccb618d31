/** What a run cost a model in tokens and what it was spared, through every face. Counts are made anew by the tokenizers' own packages. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getTokenizer } from "@anthropic-ai/tokenizer";
import { Validator } from "@cfworker/json-schema";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import * as fc from "fast-check";
import { get_encoding } from "tiktoken";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { RESULT_SCHEMA } from "../../src/agent/result-schema.ts";
import type { ExecutionResult, Runtime, RuntimeOptions, TokenUsage } from "../../src/index.ts";
import { createHandler, startService } from "../../src/serve/index.ts";
import { createMcpServer } from "../../src/serve/mcp/index.ts";
import { Counting } from "../../src/tokens/counter.ts";
import { HeldResults } from "../../src/tokens/ledger.ts";
import { partsOf } from "../../src/tokens/parts.ts";
import { loadTokenizer } from "../../src/tokens/tokenizers.ts";
import { cpuMs } from "../support/cost.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";

vi.mock("../../src/tokens/tokenizers.ts", { spy: true });

const encoding = get_encoding("o200k_base");
const claude = getTokenizer();
afterAll(() => {
  encoding.free();
  claude.free();
});
const COUNT = {
  o200k_base: (text: string): number => encoding.encode(text, [], []).length,
  claude: (text: string): number => claude.encode(text.normalize("NFKC"), [], []).length,
};
const NAMES = ["o200k_base", "claude"] as const;
const o200k = COUNT.o200k_base;

const ROWS = Array.from({ length: 300 }, (_, id) => ({ id, city: "Zürich", note: `row ${id}` }));
const TEXT = "He said: \"It's 5 o'clock\",\nthen left. 他说：“五点了。”";
const RICH = { at: new Date(0), ids: new Set([1, 2]), big: 10n, bytes: new Uint8Array([7, 8]) };
const RICH_JSON = '{"at":"1970-01-01T00:00:00.000Z","ids":[1,2],"big":"10","bytes":[7,8]}';
const TOOLS = {
  shop: {
    rows: () => ROWS,
    text: () => TEXT,
    rich: () => RICH,
    nothing: () => undefined,
    fail: () => Promise.reject(new Error("no")),
    big: (megabytes: number) => "lorem ipsum ".repeat((megabytes * 1024 * 1024) / 12),
  },
};

const OPTIONS = { engine: "quickjs", placement: "inline", tools: TOOLS } as const;
const start = (options: RuntimeOptions): Promise<Runtime> =>
  createRuntime({ ...OPTIONS, ...options });

const tokensOf = async (running: Promise<ExecutionResult>): Promise<TokenUsage | undefined> =>
  (await running).tokens;

describe.each(NAMES)("with %s", (tokenizer) => {
  const count = COUNT[tokenizer];
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await start({ tokenizer });
  });
  afterAll(() => runtime.close());

  test("each text is counted, the results of calls at once too", async () => {
    const code = `
      console.log("begun"); console.warn("Größe:", 3);
      const [rows, text, rich] = await Promise.all([tools.shop.rows(), tools.shop.text(), tools.shop.rich()]);
      await tools.shop.nothing();
      await tools.shop.fail().catch(() => {});
      return { rows: rows.length, text: text.length };`;
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: true, value: { rows: 300, text: TEXT.length } });
    expect(result.tokens).toEqual({
      tokenizer,
      catalogue: count(await runtime.startContext()),
      program: count(code),
      value: count(`{"rows":300,"text":${TEXT.length}}`),
      logs: count("begun\nGröße: 3"),
      results: count(JSON.stringify(ROWS)) + count(TEXT) + count(RICH_JSON),
      hidden: count(JSON.stringify(ROWS)) + count(TEXT) + count(RICH_JSON),
    });
    expect(result.tokens!.results).toBeGreaterThan(4_000);
  });

  test("a string is counted as it is, nothing as nothing", async () => {
    expect(await tokensOf(runtime.run("tools.shop.text()"))).toMatchObject({ value: count(TEXT) });
    expect(await tokensOf(runtime.run("return"))).toMatchObject({ value: 0, logs: 0, hidden: 0 });
  });

  test("of a run that fails, what goes back of the error, and what it had called", async () => {
    const result = await runtime.run("const rows = await tools.shop.rows();\nnothing.here");
    if (result.ok) return expect.fail("it should fail");
    const { message, frame, hint } = result.error;
    expect(frame).toContain("nothing.here");
    expect(result.tokens).toMatchObject({
      value: count([message, frame, hint].filter((part) => part !== undefined).join("\n\n")),
      hidden: count(JSON.stringify(ROWS)),
    });
    const unknown = await runtime.run("await tools.shop.row()");
    expect(unknown).toMatchObject({ ok: false, error: { code: "unknown_tool" } });
    expect(unknown.tokens!.value).toBeGreaterThan(0);
  });

  test("parts of a text add up to the whole", () => {
    // Contractions, accents, what normalization takes apart or joins, what is no character at all.
    const odd = [
      ..."'/1½①ﬁéĿﷺ㏂™ｶﾞ한क़ﳲ…。，，！😀",
      ..."\n\t\u{10000}𝒜\ud800\u0085\ufeff",
      "it's",
      "'re",
    ];
    const joined = ["e\u0301", "\u1100\u1161", "\r\n", "  ", '{"', '":', '","', "},{", "\\n"];
    const atom = fc.oneof(
      fc.constantFrom(...odd, ...joined),
      fc.constantFrom(..."abXY59 .,:"),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    // The first places to cut at are looked for in the midst of these.
    const stretch = fc.array(atom, { minLength: 20, maxLength: 40 });
    const text = fc
      .array(stretch, { minLength: 8, maxLength: 8 })
      .map((all) => all.map((atoms) => "some ".repeat(198) + atoms.join("")).join(" "));
    let cuts = 0;
    fc.assert(
      fc.property(text, (whole) => {
        const parts = [...partsOf(whole)];
        cuts += parts.length - 1;
        expect(parts.join("")).toBe(whole);
        expect(parts.reduce((sum, part) => sum + count(part), 0)).toBe(count(whole));
      }),
      { numRuns: 150, endOnFailure: true },
    );
    expect(cuts).toBeGreaterThan(50);
  });
});

test.each([..."\u088f\u0c5c\u0cdc\ua7cf\u{10940}\u{33400}"])(
  "no text is cut behind a letter that is new in Unicode 17: %j",
  (letter) => {
    const whole = `${"some ".repeat(200)}${letter}. And more`;
    const [first] = partsOf(whole);
    expect(first).toMatch(/And$/);
    expect([...partsOf(whole)].reduce((sum, part) => sum + COUNT.o200k_base(part), 0)).toBe(
      COUNT.o200k_base(whole),
    );
  },
);

describe("what is not counted is told", () => {
  const limits = { callBytes: 8 * 1024 * 1024 };
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await start({ tokenizer: "o200k_base", limits });
  });
  afterAll(() => runtime.close());

  test("results over the cap, while other runs go on", async () => {
    const ended: string[] = [];
    const stop = runtime.on("run_end", ({ toolCalls }) => {
      if (toolCalls > 0) void runtime.run("1 + 1").then(() => ended.push("another"));
    });
    const code = "for (const megabytes of [1, 7.5, 1.5]) await tools.shop.big(megabytes)";
    const result = await runtime.run(code);
    ended.push("it");
    stop();
    expect(ended).toEqual(["another", "it"]);
    const held = [1, 1.5].map((megabytes) => TOOLS.shop.big(megabytes));
    expect(result.calls.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(result.tokens).toMatchObject({
      hidden: held.reduce((sum, text) => sum + o200k(text), 0),
      uncountedBytes: { hidden: result.calls[1]!.bytes },
    });
  });

  test("what tokenizers take too long for", async () => {
    const code = "console.log('='.repeat(60_000)); 'a b '.repeat(500) + 'x'.repeat(50_000)";
    let result!: ExecutionResult;
    const cost = await cpuMs(async () => (result = await runtime.run(code)));
    expect(cost).toBeLessThan(
      await cpuMs(() => [o200k("=".repeat(60_000)), o200k("x".repeat(50_000))]),
    );
    const { value, logs, uncountedBytes } = result.tokens!;
    expect({ value, logs }).toEqual({ value: o200k("a b ".repeat(250) + "a"), logs: 0 });
    expect(uncountedBytes).toEqual({ value: 52_000 - 1_001, logs: 60_000 });
  });

  test("results of an aborted run", async () => {
    const stop = new AbortController();
    const running = runtime.run(
      "await tools.shop.rows(); await new Promise(() => setTimeout(() => {}, 9_000))",
      {
        signal: stop.signal,
        onCall: () => stop.abort(),
      },
    );
    const { tokens, calls } = await running;
    expect(tokens).toMatchObject({ hidden: 0, uncountedBytes: { hidden: calls[0]!.bytes } });
    expect(tokens!.value).toBeGreaterThan(0);
  });

  test("a runtime that is closed does not go on counting", async () => {
    const closing = await start({ tokenizer: "o200k_base", limits });
    closing.on("run_end", () => setTimeout(() => void closing.close(), 20));
    const { tokens } = await closing.run("await tools.shop.big(7)");
    expect(tokens!.uncountedBytes!.hidden).toBeGreaterThan(1024 * 1024);
  });

  test("results that take too long", async () => {
    const clock = vi.spyOn(performance, "now");
    let now = 0;
    clock.mockImplementation(() => now);
    const count = (): number => ((now += 3_000), 5);
    const counting = new Counting({ name: "slow", parts: (text) => [text], count });
    const held = new HeldResults();
    for (const text of ['"one"', '"two"', '"three"', '"four"']) held.add(text, text.length);
    const counted = await held.count(counting, new AbortController().signal);
    clock.mockRestore();
    expect(counted).toEqual({ tokens: 10, uncountedBytes: '"three""four"'.length });
  });
});

describe("sessions", () => {
  test("have it, program by program", async () => {
    await using runtime = await start({ tokenizer: "o200k_base" });
    const session = await runtime.session("s");
    const first = await session.run("let rows = await tools.shop.rows()");
    expect(first.tokens!.hidden).toBe(o200k(JSON.stringify(ROWS)));
    expect(await tokensOf(session.run("rows.length"))).toMatchObject({
      program: o200k("rows.length"),
      value: o200k("300"),
      hidden: 0,
    });
  });

  test("that go on after a restore tell what they got before", async () => {
    let waits = 0;
    const hang = (): Promise<never> => new Promise(() => waits++);
    await using runtime = await start({
      tokenizer: "o200k_base",
      tools: { ...TOOLS, slow: { hang } },
    });
    const session = await runtime.session("s");
    const stop = new AbortController();
    const code = "await tools.shop.rows(); await tools.slow.hang()";
    const running = session.run(code, { signal: stop.signal });
    await until(() => waits === 1);
    const copy = await runtime.restore(await session.snapshot(), { id: "copy" });
    stop.abort();
    await running;
    const [call] = await copy.pending();
    const resumed = await copy.resume({ answers: { [call!.id]: TEXT } });
    expect(resumed).toMatchObject({ ok: true, value: TEXT });
    expect(resumed.tokens).toMatchObject({
      program: o200k(code),
      hidden: o200k(TEXT),
      uncountedBytes: { hidden: JSON.stringify(ROWS).length + 300 }, // ü has two bytes
    });
  });
});

test("a service counts its own programs; those of a remote runtime are counted there, as far as results come there", async () => {
  const counted: string[] = [];
  const there = { there: { rows: TOOLS.shop.rows } };
  const host = await start({ tools: there, tokenizer: (text) => counted.push(text) });
  const service = await startService(host, { port: 0 });
  {
    await using runtime = await createRuntime({
      engine: "quickjs",
      placement: { remote: service.url },
      tools: { here: { text: TOOLS.shop.text } },
      tokenizer: "o200k_base",
    });
    const code = "await tools.there.rows(); await tools.here.text(); 1";
    const { tokens } = await runtime.run(code);
    expect(tokens).toEqual({
      tokenizer: "o200k_base",
      catalogue: o200k(await runtime.startContext()),
      program: o200k(code),
      value: 1,
      logs: 0,
      results: o200k(TEXT),
      hidden: o200k(TEXT),
      uncountedBytes: {
        results: JSON.stringify(ROWS).length + 300,
        hidden: JSON.stringify(ROWS).length + 300,
      },
    });
    expect(counted).toEqual([]);
  }
  expect(await tokensOf(host.run("'own'"))).toMatchObject({ tokenizer: "custom" });
  expect(counted).toContain("own");
  await service.stop();
});

describe("a function", () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): unknown =>
    warnings.push(`${warning.name}: ${warning.message}`);
  beforeAll(() => void process.on("warning", onWarning));
  afterEach(() => void warnings.splice(0));
  afterAll(() => void process.off("warning", onWarning));

  test("counts whole texts, and the catalogue once", async () => {
    const seen: string[] = [];
    const tokenizer = (text: string): number => (seen.push(text), text.length / 4);
    await using runtime = await start({ tokenizer });
    const code = "(await tools.shop.rows()).length";
    const context = await runtime.startContext();
    const expected = {
      tokenizer: "custom",
      catalogue: context.length / 4,
      program: code.length / 4,
      value: 3 / 4,
      logs: 0,
      results: JSON.stringify(ROWS).length / 4,
      hidden: JSON.stringify(ROWS).length / 4,
    };
    expect(await tokensOf(runtime.run(code))).toEqual(expected);
    expect(await tokensOf(runtime.run(code))).toEqual(expected);
    const rest = [code, "300", JSON.stringify(ROWS)];
    expect(seen).toEqual([context, ...rest, ...rest]);
  });

  const thrower = (): number => {
    throw new Error("out of order");
  };
  test.each([
    ["throws", thrower, "Error: out of order"],
    ["gives no number", () => "7", "it gave 7"],
    ["gives a promise", async () => 7, "it gave [object Promise]"],
    ["gives NaN", () => Number.NaN, "it gave NaN"],
    ["gives less than none", () => -1, "it gave -1"],
  ])("that %s fails no run; one warning tells", async (_case, tokenizer, message) => {
    await using runtime = await start({ tokenizer: tokenizer as () => number });
    for (const n of [1, 2]) {
      const result = await runtime.run(`${n}`);
      expect(result).toMatchObject({ ok: true, value: n });
      expect(result).not.toHaveProperty("tokens");
    }
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([expect.stringMatching(/^CodecellWarning: the tokenizer failed/)]);
    expect(warnings[0]).toContain(message);
  });
});

test("the catalogue is counted anew when the list of tools has changed", async () => {
  const args = [fileURLToPath(new URL("../../fixtures/servers/basic.ts", import.meta.url))];
  const sum = (text: string): number => Buffer.from(text).reduce((all, byte) => all + byte, 0);
  await using runtime = await start({
    tokenizer: sum,
    mcpServers: { basic: { command: process.execPath, args } },
  });
  const before = await runtime.startContext();
  expect(await tokensOf(runtime.run("1"))).toMatchObject({ catalogue: sum(before) });
  await runtime.run("tools.basic.grow()");
  await vi.waitUntil(async () => (await runtime.startContext()) !== before);
  const after = sum(await runtime.startContext());
  expect(after).not.toBe(sum(before));
  expect(await tokensOf(runtime.run("1"))).toMatchObject({ catalogue: after });
});

describe("settings", () => {
  test("without one nothing is loaded, and nothing told", async () => {
    vi.mocked(loadTokenizer).mockClear();
    await using runtime = await start({});
    expect(await runtime.run("tools.shop.text()")).not.toHaveProperty("tokens");
    expect(loadTokenizer).not.toHaveBeenCalled();
  });

  test("a name that is none is refused with those that are", async () => {
    await expect(start({ tokenizer: "gpt2" as never })).rejects.toMatchObject({
      code: "config_error",
      message: 'tokenizer is "gpt2"; it must be one of o200k_base, claude',
      hint: expect.stringContaining("function"),
    });
  });

  test("a tokenizer whose package is missing is told of at the start", async () => {
    const missing = Object.assign(new Error("the tokenizer 'claude' needs a package"), {
      code: "config_error",
    });
    vi.mocked(loadTokenizer).mockRejectedValueOnce(missing);
    await expect(start({ tokenizer: "claude" })).rejects.toBe(missing);
  });

  test("the config file may name one; --json has it, and a person reads a line", () => {
    const config = join(temporaryFolder(), ".mcp.json");
    const settings = { engine: "quickjs", placement: "inline", tokenizer: "claude" };
    writeFileSync(config, JSON.stringify({ mcpServers: {}, codecell: settings }));
    const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const run = (...flags: string[]): { stdout: string; stderr: string } =>
      spawnSync(process.execPath, [cli, "run", "-", "--config", config, ...flags], {
        input: "'six times'",
        encoding: "utf8",
      });
    const count = COUNT.claude;
    expect((JSON.parse(run("--json").stdout) as ExecutionResult).tokens).toMatchObject({
      tokenizer: "claude",
      program: count("'six times'"),
      value: count("six times"),
    });
    expect(run().stderr).toMatch(
      new RegExp(
        `codecell: tokens \\(claude\\): catalogue \\d+, program ${count("'six times'")}, value ${count("six times")}, logs 0; spared 0 of results\n`,
      ),
    );
  });
});

describe("the other faces", () => {
  test("HTTP carries it, as its schema says", async () => {
    await using runtime = await start({ tokenizer: "o200k_base" });
    const handler = await createHandler({ runtime });
    const answer = await handler(
      new Request("http://localhost/run", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code: "(await tools.shop.rows()).length" }),
      }),
    );
    const result = (await answer.json()) as ExecutionResult;
    expect(result.tokens).toMatchObject({ value: 1, hidden: o200k(JSON.stringify(ROWS)) });
    const validator = new Validator(RESULT_SCHEMA as never, "2020-12");
    expect(validator.validate(result)).toMatchObject({ valid: true });
    const { hidden: _hidden, ...incomplete } = result.tokens!;
    expect(validator.validate({ ...result, tokens: incomplete }).valid).toBe(false);
    expect(Object.keys(RESULT_SCHEMA.properties.tokens.properties)).toEqual(
      expect.arrayContaining(Object.keys(result.tokens!)),
    );
  });

  test("MCP carries it past a client that checks structured answers", async () => {
    await using runtime = await start({ tokenizer: "o200k_base" });
    const [near, far] = InMemoryTransport.createLinkedPair();
    const server = createMcpServer(runtime);
    await server.connect(far);
    const client = new Client({ name: "test", version: "1" });
    await client.connect(near);
    await client.listTools(); // from then on it checks
    const code = "(await tools.shop.rows()).length";
    const { structuredContent } = await client.callTool({
      name: "execute_code",
      arguments: { code },
    });
    expect(structuredContent).toMatchObject({
      tokens: { program: o200k(code), hidden: o200k(JSON.stringify(ROWS)) },
    });
    await client.close();
    await server.close();
  });
});
