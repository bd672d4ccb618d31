/** Details by name, and what a model is told of servers that failed. */
import { expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { type Runtime, type RuntimeOptions, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const start = (options: RuntimeOptions): Promise<Runtime> =>
  createRuntime({ engine: "quickjs", placement: "inline", ...options });

const named = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, tool({ description: name, run: () => 1 })]));

const TOOLS = {
  filesystem: named("read_text_file", "write_file"),
  desktop: named("write_file", "get-config"),
  "with.dot": named("a.b"),
};

async function details(runtime: Runtime, ...tools: unknown[]) {
  return await agentTools(runtime)[1]!.execute({ tools });
}

test("a tool is found by its name alone, in any spelling, with and without what is around it", async () => {
  await using runtime = await start({ tools: TOOLS });
  for (const name of [
    "read_text_file",
    "readTextFile",
    "Read-Text-File",
    "filesystem.read_text_file",
    "filesystem/readTextFile",
    "tools.filesystem.readTextFile",
    "tools.filesystem.readTextFile(args)",
    " await tools.filesystem.readTextFile({ path }) ",
    "mcp__filesystem__read_text_file",
    "filesystem_read_text_file",
  ]) {
    const { text, isError } = await details(runtime, name);
    expect(isError, name).toBe(false);
    expect(text, name).toContain("// tools.filesystem.readTextFile(args)\n");
  }
  expect((await details(runtime, "with.dot.a.b")).text).toContain("declare function aB(");
  expect((await details(runtime, "get_config")).text).toContain("tools.desktop.getConfig(args)");
  const inside = await runtime.run("return (await getToolSpec('readTextFile')).name");
  expect(inside).toMatchObject({ ok: true, value: "read_text_file" });
});

test("a name that several have lists them; one that none has, the nearest", async () => {
  await using runtime = await start({ tools: TOOLS });
  expect(await details(runtime, "write_file")).toMatchObject({
    isError: true,
    text: "unknown_tool: 'write_file' can be one of filesystem.write_file, desktop.write_file; name one with its server",
  });
  expect(await details(runtime, "read_txt_file")).toMatchObject({
    isError: true,
    text: "unknown_tool: there is no tool 'read_txt_file'; did you mean read_text_file?",
  });
  expect((await details(runtime, "desktop.nothing")).text).toContain(
    "desktop.nothing is not a tool",
  );
  for (const name of ["", ".", "x".repeat(10_000), "\u202e", "tools.", "a\nb", "__proto__"]) {
    const { text, isError } = await details(runtime, name);
    expect(isError).toBe(true);
    expect(text).toMatch(/^unknown_tool: .{1,400}$/);
  }
});

test("of several, those that exist are described, and the others say why not", async () => {
  await using runtime = await start({ tools: TOOLS });
  const { text, isError } = await details(runtime, "read_text_file", "write_file", "nothing");
  expect(isError).toBe(false);
  expect(text).toContain("declare function readTextFile(");
  expect(text).toContain("\n// unknown_tool: 'write_file' can be one of");
  expect(text).toContain("\n// unknown_tool: there is no tool 'nothing'");
  const many = await details(runtime, ...Array<string>(25).fill("read_text_file"));
  expect(many.text).toContain("// 5 more were named; ask for them in a further call");
});

test("where none is found, each says why, and a server's name is told from a tool's", async () => {
  await using runtime = await start({ tools: { ...TOOLS, long: named("y".repeat(5_000)) } });
  expect(await details(runtime, "nothing", "write_file")).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^unknown_tool: there is no tool 'nothing'.*; 'write_file' can be/),
  });
  expect((await details(runtime, "desktop")).text).toBe(
    "unknown_tool: 'desktop' is a category; name one of its tools, as desktop.write_file",
  );
  expect((await details(runtime, "y".repeat(4_999))).text.length).toBeLessThan(1_100);
});

test("a server that failed says why where a model looks for its tools", async () => {
  await using runtime = await start({
    tools: { crm: named("find") },
    mcpServers: { github: { command: "/no/such/command", args: ["--key", "sk-live-123456"] } },
  });
  const line = "github: not available: did not start: its command cannot be run";
  const [search] = agentTools(runtime);
  const text = async (args: object): Promise<string> => (await search!.execute(args)).text;
  expect(await text({})).toMatch(`crm (1 tool)`);
  expect(await text({})).toContain(line);
  expect(await text({ query: "zzqqxx" })).toContain(`No tool matches.`);
  expect(await text({ query: "zzqqxx" })).toContain(`\n${line}`);
  expect(await text({ category: "github" })).toContain(`\n${line}`);
  expect(await text({ query: "find" })).not.toContain("github");
  for (const form of [true, false]) {
    expect(await runtime.startContext({ form })).toContain(`\n${line}`);
    expect(await runtime.startContext({ form, chars: 0 })).toContain(`\n${line}`);
  }
  const inside = await runtime.run("return await listToolCategories()");
  expect(inside).toMatchObject({
    ok: true,
    value: [
      { name: "crm", tools: 1 },
      { name: "github", tools: 0, outage: line.split(": not available: ")[1] },
    ],
  });
});

test("the start context lists all tools up to its budget", async () => {
  await using runtime = await start({ tools: TOOLS, startContextChars: 0 });
  expect(await runtime.startContext({ form: false })).toBe(
    "Servers: filesystem, desktop, with.dot\n",
  );
  const all = await runtime.startContext({ form: false, chars: 400 });
  expect(all.split("\n")).toEqual(["Tools:", ...all.match(/^tools\..*$/gm)!, ""]);
  expect(all.match(/^tools\./gm)).toHaveLength(5);
  expect(await runtime.startContext({ chars: undefined as never, form: false })).toMatch(
    /^Servers: /,
  );
  for (const bad of [{ chars: -1 }, { chars: NaN }, { chars: "9" }, { form: "no" }, 9, { char: 1 }])
    await expect(runtime.startContext(bad as never), JSON.stringify(bad)).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining("startContext"),
    });
  await expect(start({ startContextChars: -1 })).rejects.toThrow("startContextChars");
  await expect(start({ startContextChars: "many" as never })).rejects.toThrow("startContextChars");
});
