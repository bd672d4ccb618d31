/** The token benchmark: every part recounted by hand, on servers of which every byte is known. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeData } from "../../bench/tokens/data.ts";
import { openTier } from "../../bench/tokens/tiers.ts";
import { loadWorkloads } from "../../bench/tokens/workloads.ts";
import { agentTools } from "../../src/agent/agent-tools.ts";
import {
  benchTokens,
  configWorld,
  loadModel,
  type ModelAdapter,
  type ModelRequest,
  type TokenResults,
  type Tokens,
  tokenSections,
  type Workload,
  type World,
} from "../../src/bench/index.ts";
import { createRuntime, type McpClient } from "../../src/index.ts";

/** Each character is a token, so that anyone can count. */
const letters: Tokens = { name: "letters", exactFor: "letters", count: (text) => text.length };

const PRICE = {
  name: "price",
  description: "The price of an item",
  inputSchema: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
};
const DEFINITION =
  '{"name":"shop__price","description":"The price of an item","input_schema":{"type":"object","properties":{"item":{"type":"string"}},"required":["item"]}}';

/** A shop where everything costs its name's length, which is told twice: as text, and as data that no model is shown. */
function shop(): McpClient {
  return {
    async request({ method, params = {} }) {
      if (method === "tools/list") return { tools: [PRICE] };
      if (method !== "tools/call") throw Object.assign(new Error("no"), { code: -32_601 });
      const { item } = params["arguments"] as { item?: string };
      if (item === undefined || params["name"] !== "price")
        return { isError: true, content: [{ type: "text", text: "wrong" }] };
      await new Promise((resolve) => setTimeout(resolve, 30));
      return {
        content: [{ type: "text", text: `price ${item.length}` }],
        structuredContent: { price: item.length },
      };
    },
  };
}

function shopWorld(...workloads: Workload[]): World {
  return { id: "shop", title: "A shop", options: { mcpServers: { shop: shop() } }, workloads };
}

const bench = (world: World, model?: ModelAdapter): Promise<TokenResults> =>
  benchTokens({
    worlds: [world],
    tokenizers: [letters],
    ...(model === undefined ? {} : { model }),
  });

const lengths = (texts: readonly string[]): number => texts.join("").length;
const use = (name: string, input: unknown): string => JSON.stringify({ name, input });

/** What a model is shown of the shop. */
async function shown(
  startContextChars: number,
): Promise<{ definitions: string; start: string; search: string }> {
  await using runtime = await createRuntime({ mcpServers: { shop: shop() }, startContextChars });
  const tools = agentTools(runtime);
  const definitions = tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    input_schema: inputSchema,
  }));
  return {
    definitions: JSON.stringify(definitions),
    start: await runtime.startContext({ form: false }),
    search: (await tools[0]!.execute({ query: "price" })).text,
  };
}

const AT_ONCE = `const all = await Promise.all(["pen", "table"].map((item) => tools.shop.price({ item })));
return all[0].price + all[1].price;`;
const atOnce: Workload = {
  id: "at-once",
  title: "Two at once",
  task: "What do a pen and a table cost?",
  programs: [AT_ONCE],
  searches: ["price"],
  check: ({ text }) => text === "8",
};

describe("a job whose every message is known", () => {
  let results: TokenResults;
  const ways = (): TokenResults["workloads"][number]["counts"][string] =>
    results.workloads[0]!.counts["letters"]!;

  beforeAll(async () => {
    results = await bench(shopWorld(atOnce));
  });

  test("direct calling: all definitions, calls at once in one turn, texts of the results", () => {
    expect(results.problems).toEqual([]);
    expect(results.workloads[0]).toMatchObject({ calls: 2, turns: 1, media: 0 });
    const calls = `${use("shop__price", { item: "pen" })}\n${use("shop__price", { item: "table" })}`;
    const { parts, requests, output, input } = ways().direct.plain;
    const once = {
      catalogue: `[${DEFINITION}]`.length,
      task: atOnce.task.length,
      program: calls.length,
      results: "price 3\nprice 5".length,
    };
    expect(requests).toBe(2);
    expect(parts.catalogue).toEqual({ once: once.catalogue, everyTurn: 2 * once.catalogue });
    expect(parts.task).toEqual({ once: once.task, everyTurn: 2 * once.task });
    expect(parts.program).toEqual({ once: once.program, everyTurn: once.program });
    expect(parts.results).toEqual({ once: once.results, everyTurn: once.results });
    expect(parts.disclosure.once + parts.value.once + parts.failure.once).toBe(0);
    expect(output).toBe(calls.length);
    expect(input.everyTurn).toBe(2 * once.catalogue + 2 * once.task + once.program + once.results);
  });

  test("a host's search brings the definition into the conversation, and only its own is in every request", () => {
    const { parts, requests } = ways().search.plain;
    const query = use("tool_search", { query: "price" });
    expect(requests).toBe(3);
    expect(parts.disclosure.once).toBe(lengths([query, `[${DEFINITION}]`]));
    expect(parts.disclosure.everyTurn).toBe(2 * parts.disclosure.once);
    expect(parts.catalogue.once).toBe(results.catalogues[0]!.counts["letters"]!.ways.search);
    expect(parts.results).toEqual(ways().direct.plain.parts.results);
  });

  test("code execution: three definitions, the few tools beside them, the program, its value", async () => {
    const { definitions, start } = await shown(1_500);
    const catalogue = `${definitions}\n${start}`;
    expect(start).toBe("Tools:\ntools.shop.price({ item: string }) // The price of an item\n");
    const { parts, requests, output } = ways().code.plain;
    expect(requests).toBe(2);
    expect(parts.catalogue).toEqual({ once: catalogue.length, everyTurn: 2 * catalogue.length });
    expect(parts.disclosure.once).toBe(0);
    expect(parts.program.once).toBe(use("execute_code", { code: AT_ONCE }).length);
    expect(parts.value).toEqual({ once: 1, everyTurn: 1 });
    expect(parts.results.once).toBe(0);
    expect(output).toBe(parts.program.once);
  });

  test("code execution with many tools: a search, whose lines are enough for the program", async () => {
    const world = shopWorld(atOnce);
    const many = await bench({ ...world, options: { ...world.options, startContextChars: 0 } });
    const { definitions, start, search } = await shown(0);
    expect(start).toBe("Servers: shop\n");
    const { parts, requests } = many.workloads[0]!.counts["letters"]!.code.plain;
    expect(requests).toBe(3);
    expect(parts.catalogue.once).toBe(`${definitions}\n${start}`.length);
    // The search is read by two requests.
    const told = lengths([use("search_tools", { query: "price" }), search]);
    expect(parts.disclosure).toEqual({ once: told, everyTurn: 2 * told });
  });

  test("the failed attempt is the wrong message and what really came back, and the right one follows", () => {
    // The tool misspelt. In a program the runtime refuses it, directly the shop does.
    const { direct, code } = ways();
    const wrong = lengths([use("shop__pric", { item: "pen" }), "wrong"]);
    expect(direct.repaired!.parts.failure).toEqual({ once: wrong, everyTurn: 2 * wrong });
    expect(direct.repaired!.requests).toBe(direct.plain.requests + 1);
    expect(direct.repaired!.parts.catalogue.everyTurn).toBe(3 * `[${DEFINITION}]`.length);
    const program = use("execute_code", { code: AT_ONCE.replace("shop.price", "shop.pric") });
    expect(code.repaired!.output).toBe(code.plain.output + program.length);
    expect(code.repaired!.parts.failure.once).toBeGreaterThan(program.length);
    expect(code.repaired!.parts.program.once).toBe(code.plain.parts.program.once);
  });

  test("what is told of it is complete: every job, every way, every server", () => {
    const sections = tokenSections(results);
    expect(sections.map(({ id }) => id)).toEqual([
      "tokens-catalogue",
      "tokens-workloads",
      "tokens-break-even",
      "tokens-parts",
      "tokens-failure",
      "tokens-method",
    ]);
    for (const table of sections.flatMap(({ tables }) => tables))
      for (const row of table.rows) expect(row, table.title).toHaveLength(table.columns.length);
    expect(sections.at(-1)!.text.join("\n")).toContain("Accuracy is not measured");
    expect(JSON.parse(JSON.stringify(results))).toEqual(results);
  });
});

const inTurn: Workload = {
  id: "in-turn",
  title: "Six in turn",
  task: "What do six things cost?",
  programs: [
    `let sum = 0;
for (const item of ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"]) sum += (await tools.shop.price({ item })).price;
return sum;`,
  ],
  searches: ["price"],
};

test("calls in turn take a turn each, and each further one costs the context so far", async () => {
  const { workloads } = await bench(shopWorld(inTurn));
  const [{ turns, counts, walk }] = workloads as [(typeof workloads)[number]];
  const { requests, parts } = counts["letters"]!.direct.plain;
  expect([turns, requests]).toEqual([6, 7]);
  // Six results of 7 letters; the first is read six times, the last once.
  expect(parts.results).toEqual({ once: 42, everyTurn: 7 * (6 + 5 + 4 + 3 + 2 + 1) });
  expect(walk.direct).toHaveLength(7);
  const steps = walk.direct.slice(1).map((tokens, k) => tokens - walk.direct[k]!);
  for (const [k, step] of steps.entries()) if (k > 0) expect(step).toBeGreaterThan(steps[k - 1]!);
});

test("break-even is where the other way's cost passes the programs'", async () => {
  const { workloads, breakEven } = await bench(shopWorld(inTurn));
  const { counts, resultBytes } = workloads[0]!;
  const { direct, code } = counts["letters"]!;
  const ours = code.plain.input.everyTurn + code.plain.output;
  const theirs = direct.plain.input.everyTurn + direct.plain.output;
  const point = breakEven.find(
    ({ against, bill }) => against === "direct" && bill === "everyTurn",
  )!;
  expect(point).toMatchObject({ ours, theirs });
  expect(theirs).toBeLessThan(ours); // one tool, tiny results: direct calling wins
  expect(point.calls).toBeNull();
  // With one more definition of the same size than needed it does not.
  const definitions = direct.plain.parts.catalogue.everyTurn;
  const others = theirs - definitions;
  expect(others + point.tools! * definitions).toBeGreaterThanOrEqual(ours);
  expect(others + (point.tools! - 1) * definitions).toBeLessThan(ours);
  const results = direct.plain.parts.results.everyTurn;
  const perByte = results / resultBytes;
  expect(theirs - results + point.resultBytes! * perByte).toBeGreaterThanOrEqual(ours);
  expect(theirs - results + (point.resultBytes! - 1) * perByte).toBeLessThan(ours);
  expect(tokenSections({ ...(await bench(shopWorld(inTurn))) })[2]!.text.join(" ")).toContain(
    "direct, all definitions: Six in turn",
  );
});

test("a server that does not start is named with its reason, and the rest goes on", async () => {
  const file = fileURLToPath(new URL("../../fixtures/servers/basic.ts", import.meta.url));
  const broken = { command: process.execPath, args: [file], env: { MODE: "exit" } };
  const world: World = {
    ...shopWorld(atOnce, { ...atOnce, id: "elsewhere", servers: ["broken"] }),
    options: { mcpServers: { broken, shop: shop() } },
  };
  const { catalogues, workloads, problems } = await bench(world);
  expect(catalogues[0]!.servers.find(({ name }) => name === "broken")).toMatchObject({
    tools: 0,
    failure: expect.stringContaining("cannot open the database"),
  });
  expect(problems).toEqual([expect.stringContaining('server "broken" did not start')]);
  expect(workloads.map(({ id }) => id)).toEqual(["at-once"]);
});

test("a program that fails, or does not do its job, is a problem and no figure", async () => {
  const { workloads, problems } = await bench(
    shopWorld(
      { ...atOnce, id: "throws", programs: ["throw new Error('no luck')"] },
      { ...atOnce, id: "idle", programs: ["return 7"] },
      atOnce,
    ),
  );
  expect(workloads.map(({ id }) => id)).toEqual(["at-once"]);
  expect(problems).toEqual([
    expect.stringContaining("no luck"),
    expect.stringContaining("did not do the job"),
  ]);
});

test("a program that goes on after a mistake does not do its job a second time for the failed attempt", async () => {
  let calls = 0;
  const client = shop();
  const counting: McpClient = {
    request: async (request, ...rest) => {
      if (request.method === "tools/call") calls++;
      return await client.request(request, ...rest);
    },
  };
  const program = `await tools.shop.price({ item: "pen" }).catch(() => {});
return (await tools.shop.price({ item: "table" })).price;`;
  const world = shopWorld({ ...atOnce, programs: [program], check: () => true });
  const { workloads } = await bench({ ...world, options: { mcpServers: { shop: counting } } });
  expect(calls).toBe(2);
  expect(workloads[0]!.noFailure).toBe("the program went on after the mistake");
  expect(workloads[0]!.counts["letters"]!.code.repaired).toBeUndefined();
});

test("a server's own words of an error, not ours, are what direct calling reads", async () => {
  const failing = "try { await tools.shop.price({ item: 'x', more: 1 }); } catch {}\nreturn 1;";
  const client = shop();
  const world = shopWorld({ ...atOnce, programs: [failing], check: () => true });
  const angry: McpClient = {
    request: async (request, ...rest) => {
      if (request.method === "tools/call") throw new Error("MCP error -32603: the shop is closed");
      return await client.request(request, ...rest);
    },
  };
  const { workloads } = await bench({ ...world, options: { mcpServers: { shop: angry } } });
  const { results } = workloads[0]!.counts["letters"]!.direct.plain.parts;
  expect(results.once).toBe("MCP error -32603: the shop is closed".length);
});

/** Writes what a script says, in the way it is asked for. */
function scripted(seen: ModelRequest[]): ModelAdapter {
  return {
    async complete(request) {
      seen.push(request);
      const isCode = request.tools.some(({ name }) => name === "execute_code");
      const last = request.messages.at(-1)!.content[0]!;
      const usage = { inputTokens: 100, outputTokens: 10 };
      if (last.type === "tool_result")
        return { content: [{ type: "text", text: isCode ? last.content : "no idea" }], usage };
      const call = isCode
        ? { name: "execute_code", input: { code: AT_ONCE } }
        : { name: "shop__price", input: { item: "pen" } };
      return { content: [{ type: "tool_use", id: "a", ...call }], usage };
    },
  };
}

test("a model of one's own does the jobs itself; its tokens and whether it solved them are told", async () => {
  const seen: ModelRequest[] = [];
  const { models } = await bench(shopWorld(atOnce), scripted(seen));
  expect(models).toMatchObject([
    {
      way: "direct",
      solved: false,
      reason: "the check did not accept what it answered",
      usage: { inputTokens: 200, outputTokens: 20 },
    },
    { way: "code", solved: true },
  ]);
  expect(seen[1]!.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(seen[1]!.messages.at(-1)!.content).toEqual([
    { type: "tool_result", tool_use_id: "a", content: "price 3" },
  ]);
  const { parts, requests } = models[1]!.counts["letters"]!;
  expect(requests).toBe(2);
  expect(parts.program.once).toBe(use("execute_code", { code: AT_ONCE }).length);
  expect(parts.value.once).toBe(1);
});

test("a model that throws has not solved it; a module without complete is a config error", async () => {
  const complete = async (): Promise<never> => {
    throw new Error("rate limit");
  };
  const { models } = await bench(shopWorld(atOnce), { complete });
  expect(models.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining("rate limit")),
  );
  await expect(loadModel("test/set-up-that-is-not-there.ts")).rejects.toMatchObject({
    code: "config_error",
  });
});

describe("real servers", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "codecell-bench-tokens-"));
    await writeData(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("the small tier really runs, with both tokenizers", async () => {
    const { mcpServers, versions } = await openTier("small", folder);
    const workloads = (await loadWorkloads(folder)).filter(({ id }) => id === "three-calls");
    const world = { id: "small", title: "Small", options: { mcpServers }, versions, workloads };
    const {
      catalogues,
      workloads: found,
      problems,
      tokenizers,
    } = await benchTokens({ worlds: [world] });
    expect(problems).toEqual([]);
    expect(tokenizers.map(({ name }) => name)).toEqual(["o200k_base", "claude"]);
    expect(catalogues[0]!.servers.map(({ name }) => name)).toEqual([
      "filesystem",
      "memory",
      "everything",
    ]);
    expect(catalogues[0]!.tools).toBeGreaterThan(30);
    expect(found[0]).toMatchObject({ calls: 3, turns: 3 });
    for (const name of ["o200k_base", "claude"]) {
      const { direct, code } = found[0]!.counts[name]!;
      expect(direct.plain.parts.results.once).toBeGreaterThan(1_000);
      expect(code.plain.parts.value.once).toBeLessThan(100);
      expect(direct.repaired!.parts.failure.once).toBeGreaterThan(10);
    }
  });

  test("servers of a config file are counted one by one, with the user's own programs", async () => {
    const { mcpServers } = await openTier("one", folder);
    const config = join(folder, "mcp.json");
    const program = join(folder, "list.ts");
    await writeFile(config, JSON.stringify({ mcpServers }));
    await writeFile(
      program,
      "// What is there?\nreturn (await tools.filesystem.listDirectory({ path: '.' })).content;",
    );
    const world = await configWorld({ config }, [program]);
    const { catalogues, workloads, problems } = await benchTokens({
      worlds: [world],
      tokenizers: [letters],
    });
    expect(problems).toEqual([]);
    const { servers, ways } = catalogues[0]!.counts["letters"]!;
    expect(servers["filesystem"]).toBe(ways.direct);
    expect(workloads[0]).toMatchObject({ id: "list.ts", calls: 1 });
    expect(workloads[0]!.counts["letters"]!.code.plain.parts.task.once).toBe(
      "What is there?".length,
    );
  });
});
