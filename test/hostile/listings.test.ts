/**
 * A server that lists, reports and answers what costs its host time or memory: every list has an end, work goes in turns,
 * and what was cut is told.
 */
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import type { Catalogue } from "../../src/tools/catalogue.ts";
import { createCatalogue } from "../../src/tools/live-catalogue.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";
import { loopDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { createRuntime } from "../support/patient.ts";

const file = fileURLToPath(new URL("../../fixtures/servers/hostile.ts", import.meta.url));
const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** The hostile server in one of its modes. */
function sourceOf(mode: string, more: object = {}): McpSource {
  const entry = { command: process.execPath, args: [file], env: { MODE: mode }, ...more };
  const source = configuredSource("bad", checkServers({ bad: entry }, "mcpServers", {})["bad"]!);
  open.push(() => source[Symbol.asyncDispose]());
  return source;
}

/** The hostile server in one of its modes, and a function that lists its tools, without an engine beside them. */
async function running(mode: string): Promise<() => Promise<Catalogue>> {
  const source = sourceOf(mode);
  // To start a process takes its time, whatever it lists then.
  await source.call("lists", {}, { signal: new AbortController().signal, caller: {} });
  return async () => {
    const catalogue = await createCatalogue([source]);
    open.push(() => catalogue[Symbol.asyncDispose]());
    return catalogue;
  };
}

async function catalogueOf(mode: string): Promise<Catalogue> {
  return await (
    await running(mode)
  )();
}

async function start(mode: string, options: RuntimeOptions = {}): Promise<Runtime> {
  const bad = { command: process.execPath, args: [file], env: { MODE: mode } };
  const runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    mcpServers: { bad },
    tools: { good: { ping: () => "pong" } },
    ...options,
  });
  open.push(() => runtime.close());
  return runtime;
}

/**
 * The value of the work, and the least delay of a few times that it is done, each on what `prepare` makes anew: what the
 * engine of this process does once (compiling, collecting garbage) is no work on anything foreign.
 */
async function leastDelay<Value>(
  prepare: () => Promise<() => Promise<Value>>,
): Promise<{ readonly value: Value; readonly delayMs: number }> {
  let least: { readonly value: Value; readonly delayMs: number } | undefined;
  for (let time = 0; time < 5; time++) {
    const measured = await loopDelay(await prepare());
    if (least === undefined || measured.delayMs < least.delayMs) least = measured;
    if (least.delayMs < MAX_DELAY_MS) break;
  }
  return least!;
}

/** Waits for a warning; the matchers of a test would be work of this thread as well. */
async function told(catalogue: Catalogue, warning: RegExp): Promise<void> {
  while (!warning.test(catalogue.warnings.join("\n")))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

beforeAll(async () => {
  for (let time = 0; time < 3; time++) {
    const catalogue = await catalogueOf("some_refs");
    const discovery = new Discovery(catalogue);
    await discovery.getToolSpec("bad", "g");
    await discovery.searchTools("g");
  }
});

describe("lists", () => {
  test.each<[mode: string, tools: number, warning: RegExp | undefined]>([
    ["many", 20_000, undefined],
    ["too_many", 20_000, /its list of tools has more than 20000 entries; what came so far is used/],
    ["colliding", 15_000, /bad: and \d+ more problems like these/],
    ["long_names", 111, /left out: all names are too long together/],
    ["bad_tools", 0, /bad: and 19980 more problems like these/],
    ["one_name", 1, /a second tool named 'same' was left out/],
    ["small_items", 0, /does not list its tools: .*it has more than 600000 parts/],
    ["pages_10mb", 0, /does not list its tools: the result is larger than 8388608 bytes/],
    ["pages_1mb", 31, /its list of tools takes more than 33554432 bytes/],
    ["long_cursors", 0, /its list of tools takes more than 33554432 bytes/],
    ["endless", 1_000, /its list of tools has more than 1000 pages/],
    ["parts", 20, undefined],
    ["words", 700, undefined],
    ["honest", 10_000, undefined],
  ])("%s: the list has an end, in turns", async (mode, tools, warning) => {
    const { value: catalogue, delayMs } = await leastDelay(() => running(mode));
    expect(catalogue.servers[0]!.tools).toHaveLength(tools);
    if (warning === undefined) expect(catalogue.warnings).toEqual([]);
    else expect(catalogue.warnings.join("\n")).toMatch(warning);
    expect(catalogue.warnings.length).toBeLessThan(60);
    // Ten megabytes are put together before they are refused: a result may be as large.
    if (mode !== "pages_10mb") expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });

  test.each(["many", "colliding", "parts", "words"])(
    "%s: looking tools up goes in turns",
    async (mode) => {
      const catalogue = await catalogueOf(mode);
      const { value: found, delayMs } = await leastDelay(async () => {
        const discovery = new Discovery(catalogue);
        return async () => await discovery.searchTools("tool number g3 t3 a");
      });
      expect(found.length).toBeGreaterThan(0);
      expect(delayMs).toBeLessThan(MAX_DELAY_MS);
      const { value: listed, delayMs: listMs } = await leastDelay(async () => {
        const discovery = new Discovery(catalogue);
        return async () => await discovery.listTools("bad", { detail: "full", limit: 200 });
      });
      expect(listed.length).toBeGreaterThanOrEqual(20);
      expect(listMs).toBeLessThan(MAX_DELAY_MS);
    },
  );

  test("words that are all different: the index has an end, and a long word is looked up in turns", async () => {
    const discovery = new Discovery(await catalogueOf("titles"));
    await discovery.searchTools("x");
    const word = "abcdefghijklmnopqrstuvwxyz0123456789";
    const { delayMs } = await leastDelay(
      async () => async () => await discovery.searchTools(`${word} ${word.repeat(12)}`),
    );
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });

  test("many: the wrappers of all are made in turns", async () => {
    const catalogue = await catalogueOf("many");
    const { value: files, delayMs } = await leastDelay(async () => async () => {
      const { tree } = new Discovery(catalogue);
      let count = 0;
      for await (const [, text] of tree.files()) count += text.length > 0 ? 1 : 0;
      return count;
    });
    expect(files).toBe(20_000 + 3);
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });

  test.each<[mode: string, declaration: RegExp]>([
    ["required", /the schema cannot be used \(it has more than 2000 parts\)/],
    ["only_required", /the schema cannot be used \(it has more than 2000 parts\)/],
    ["some_required", /r1499: unknown/],
    ["refs", /the schema cannot be used \(it has more than 2000 parts\)/],
    ["some_refs", /p399\?: GX400/],
    ["ref_chain", /p999\?: GD/],
    ["anchors", /p899\?: GA899/],
    ["choices", /the schema cannot be used \(it has more than 2000 parts\)/],
    ["types", /declare function g\(/],
    ["any_of", /k899/],
    ["all_of", /declare function g\(/],
    ["parts", /declare function g0\(/],
    ["long_texts", /declare function g\(/],
  ])("%s: its types are made at once, or are unknown with a reason", async (mode, declaration) => {
    const catalogue = await catalogueOf(mode);
    const { value: spec, delayMs } = await leastDelay(async () => {
      const discovery = new Discovery(catalogue);
      return async () => await discovery.getToolSpec("bad", mode === "parts" ? "g0" : "g");
    });
    expect(spec.declaration).toMatch(declaration);
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
    const { delayMs: summaryMs } = await leastDelay(async () => {
      const discovery = new Discovery(catalogue);
      return async () => await discovery.listTools("bad", { detail: "parameters" });
    });
    expect(summaryMs).toBeLessThan(MAX_DELAY_MS);
  });

  test("progress without end does not keep a list from ending", async () => {
    const catalogue = await createCatalogue([sourceOf("no_list", { startTimeoutMs: 3_000 })]);
    expect(catalogue.servers[0]!.failure).toMatch(/bad did not answer within 3000 ms/);
  });

  test("what is shown of a parameter holds no raw control character, and is one line", async () => {
    const catalogue = await catalogueOf("odd_words");
    const [tool] = await new Discovery(catalogue).listTools("bad", { detail: "parameters" });
    expect(tool!.parameters).toMatch(/a\?: x\\u202e\\n.*b\?: y\\x1b\[2J/);
    expect(catalogue.warnings).toEqual([expect.stringContaining("a second tool named 'g\\u202e'")]);
    expect(() => catalogue.resolve("bad", "g\u202d")).toThrow("bad.g\\u202d is not a tool");
    const { declaration } = await new Discovery(catalogue).getToolSpec("bad", "g\u202e");
    expect(declaration.length).toBeLessThan(5_000); // its title is cut
  });

  test("a description of itself without end is cut", async () => {
    const catalogue = await catalogueOf("instructions");
    expect(catalogue.servers[0]!.instructions).toHaveLength(64_000);
  });

  test("what it lists besides tools is bounded together with them, and is its own", async () => {
    const runtime = await start("pages_1mb");
    const result = await runtime.run(
      "return [(await prompts.list()).length, (await resources.list())[0].server]",
    );
    expect(result).toMatchObject({ ok: true, value: [20_000, "bad"] });
  });
});

describe("changes", () => {
  test("a list that changes all the time is requested less and less often, named once each time", async () => {
    const { value: catalogue, delayMs } = await leastDelay(async () => {
      const list = await running("storm");
      return async () => {
        const made = await list();
        await told(made, /changes all the time/);
        return made;
      };
    });
    expect(catalogue.warnings.join("\n")).toMatch(/it is requested every \d+(\.\d)? s at most/);
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });

  test("a program that lists what changes all the time makes few lists", async () => {
    const runtime = await start("listings");
    const code = `
      for (let i = 0; i < 2_000; i++) await resources.list("bad");
      return await tools.bad.lists({})`;
    const result = await runtime.run(code);
    expect(result.ok).toBe(true);
    expect(Number(result.ok && result.value)).toBeLessThan(30);
  });

  test("a list that was the same keeps its names and its types", async () => {
    let changed = (): void => {};
    let lists = 0;
    const list = async (): Promise<{ name: string }[]> => {
      lists++;
      return [{ name: "one" }, { name: "two" }];
    };
    const catalogue = await createCatalogue([
      {
        name: "s",
        warnings: [],
        list,
        call: async () => 1,
        onChanged: (listener) => (changed = listener),
      },
    ]);
    open.push(() => catalogue[Symbol.asyncDispose]());
    const { names } = catalogue;
    const { info } = catalogue.resolve("s", "one");
    changed();
    await expect.poll(() => lists).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(catalogue.names).toBe(names);
    expect(catalogue.resolve("s", "one").info).toBe(info);
  });
});

describe("floods", () => {
  test.each(["logs", "changes", "progress", "requests", "answers", "garbage", "blank"])(
    "of %s: calls are answered, others are not held up, and it is told",
    async (mode) => {
      const { value: catalogue, delayMs } = await leastDelay(async () => {
        const list = await running(mode);
        return async () => {
          const made = await list();
          await told(made, /sends more messages than/);
          return made;
        };
      });
      // A server that answers its own list is believed.
      if (mode !== "answers") expect(catalogue.servers[0]!.tools.length).toBeGreaterThan(0);
      expect(delayMs).toBeLessThan(MAX_DELAY_MS);
    },
  );

  test.each(["large", "batches", "huge_batches", "stderr"])(
    "of %s: calls are answered, others are not held up",
    async (mode) => {
      const runtime = await start(mode);
      await runtime.run("return await tools.good.ping()");
      const { value: result, delayMs } = await leastDelay(
        async () => async () => await runtime.run("return await tools.good.ping()"),
      );
      expect(result).toMatchObject({ ok: true, value: "pong" });
      expect(delayMs).toBeLessThan(2 * MAX_DELAY_MS); // the engine is in this thread too
      expect(await runtime.run("return await tools.bad.lists({})")).toMatchObject({ ok: true });
    },
  );
});

describe("results", () => {
  test("a list in a text may be as long as any result", async () => {
    const runtime = await start("");
    const result = await runtime.run("return (await tools.bad.rows({})).length");
    expect(result).toMatchObject({ ok: true, value: 20_000 });
  });

  test("a server that reads nothing more is not written to without end", async () => {
    const source = sourceOf("");
    const context = (ms: number) => ({ signal: AbortSignal.timeout(ms), caller: {} });
    await source.call("deaf", {}, context(5_000));
    const text = "x".repeat(16_000_000);
    for (let at = 0; at < 8; at++)
      await source.call("echo", { text }, context(400)).catch(() => {});
    await expect(source.call("echo", { text }, context(10_000))).rejects.toThrow(
      "the server does not read its requests",
    );
  });

  test("nested too deeply are an error of their call, whichever way they come", async () => {
    const runtime = await start("");
    const code = `
      const failed = [];
      for (const name of ["deep_text", "deep_value", "long_error"])
        failed.push(await tools.bad[name]({}).catch((e) => [e.code, e.message.slice(0, 80), e.message.length]));
      return [failed, await tools.bad.echo({ a: 1 })]`;
    expect(await runtime.run(code)).toMatchObject({
      ok: true,
      value: [
        [
          [
            "tool_error",
            expect.stringContaining("it is nested more than 4000 levels deep"),
            expect.any(Number),
          ],
          [
            "tool_error",
            expect.stringContaining("it is nested more than 4000 levels deep"),
            expect.any(Number),
          ],
          ["tool_error", expect.stringMatching(/^no no no/), 64_000],
        ],
        { a: 1 },
      ],
    });
  });
});
