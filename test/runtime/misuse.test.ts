/** Options and forms that other libraries have, or that slip in: each error says what to write. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createRuntime, type Runtime, tool, type ToolOptions } from "../../src/index.ts";

/** Calls what types forbid. */
const untyped = <T>(value: unknown): T => value as T;
const fn = (): number => 1;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
});
afterAll(() => runtime.close());

async function refusal(work: () => unknown): Promise<{ code: string; text: string }> {
  try {
    await work();
  } catch (error) {
    const {
      code,
      message,
      hint = "",
    } = untyped<{ code: string; message: string; hint?: string }>(error);
    return { code, text: `${message}\n${hint}` };
  }
  return expect.fail("it was taken");
}

describe("run", () => {
  test.each<[name: string, args: unknown[], says: string]>([
    ["a misspelled option", ["1", { singal: 1 }], "singal is not an option; did you mean signal?"],
    ["a flat limit", ["1", { wallMs: 5 }], "write limits: { wallMs: … }"],
    ["a timeout", ["1", { timeout: 5 }], "timeout is not an option; write limits: { wallMs: … }"],
    ["an unknown limit", ["1", { limits: { wallms: 5 } }], "did you mean limits.wallMs?"],
    ["limits as a number", ["1", { limits: 5 }], "limits must be an object of numbers"],
    ["a session", ["1", { session: "a" }], "write (await runtime.session(name)).run(code)"],
    [
      "options of the runtime",
      ["1", { tools: {} }],
      "tools is not an option; it is an option of createRuntime",
    ],
    ["something else", ["1", { zzzz: 1 }], "the options are signal, user,"],
    ["a signal as the options", ["1", new AbortController().signal], "write { signal }"],
    [
      "a controller as the signal",
      ["1", { signal: new AbortController() }],
      "write controller.signal",
    ],
    ["options as a text", ["1", "quickjs"], "the options are a string; they must be an object"],
    ["options as null", ["1", null], "the options are null"],
    ["a listener that is none", ["1", { onLog: true }], "onLog must be a function, not boolean"],
    ["a model that is none", ["1", { onModel: {} }], "onModel must be a function, not object"],
    ["a function as the program", [fn], "the program must be a string, not function"],
    ["bytes as the program", [Buffer.from("1")], 'readFile(path, "utf8")'],
    ["a promise as the program", [Promise.resolve("1")], "Await the promise"],
    ["nothing as the program", [], "the program must be a string, not undefined"],
    [
      "output as a text",
      ["1", { output: "number" }],
      "output is a string; it must be a Standard Schema",
    ],
    ["output as a shape", ["1", { output: { a: z.string() } }], "wrap it: z.object({ … })"],
    ["output as an example", ["1", { output: { name: "Ada" } }], "no keyword of JSON Schema"],
    [
      "output that checks nothing",
      ["1", { output: { "~standard": {} } }],
      "no keyword of JSON Schema",
    ],
    ["output of an old zod", ["1", { output: { _def: {}, parse: fn } }], "update the library"],
    [
      "output that refers to nothing",
      ["1", { output: { $ref: "#/$defs/no" } }],
      "output cannot be used",
    ],
  ])("%s", async (_name, args, says) => {
    const { run } = untyped<{ run: (...all: unknown[]) => unknown }>(runtime);
    const { code, text } = await refusal(() => run.apply(runtime, args));
    expect(text).toContain(says);
    expect(code).toBe("config_error");
  });

  test("of a session: its user is the session's", async () => {
    const session = await runtime.session("a", { user: "ann" });
    const { text } = await refusal(() => session.run("1", untyped({ user: "bob" })));
    expect(text).toContain("runtime.session(name, { user })");
    const { text: misspelled } = await refusal(() => session.run("1", untyped({ onLogs: fn })));
    expect(misspelled).toContain("session.run: onLogs is not an option; did you mean onLog?");
    const { text: resumed } = await refusal(() => session.resume(untyped({ anwsers: {} })));
    expect(resumed).toContain("session.resume: anwsers is not an option");
    expect(await session.run("1 + 1")).toMatchObject({ ok: true, value: 2 });
  });
});

describe("session", () => {
  test.each<[name: string, args: unknown[], says: string]>([
    ["without a name", [], 'runtime.session("chat-7")'],
    ["with options alone", [{ user: "ann" }], 'runtime.session("chat-7")'],
    ["with an unknown option", ["a", { ttl: 1 }], "session: ttl is not an option"],
    ["with a user as a text", ["a", "ann"], "write session(id, { user })"],
  ])("%s", async (_name, args, says) => {
    const { session } = untyped<{ session: (...all: unknown[]) => unknown }>(runtime);
    const { code, text } = await refusal(() => session.apply(runtime, args));
    expect(text).toContain(says);
    expect(code).toBe("config_error");
  });
});

describe("createRuntime", () => {
  test.each<[name: string, options: unknown, says: string]>([
    ["a text", ".mcp.json", "createRuntime takes an object of options, not a string"],
    ["null", null, "createRuntime takes an object of options, not null"],
    ["a list", [], "not an array"],
    ["a misspelled option", { mcpServer: {} }, "did you mean mcpServers?"],
    ["servers as a list", { mcpServers: [] }, "mcpServers is an array; it must be an object"],
    [
      "servers as a path",
      { mcpServers: ".mcp.json" },
      "path of a config file is the option config",
    ],
    [
      "a config as an object",
      { config: { mcpServers: {} } },
      "createRuntime({ mcpServers: { … } })",
    ],
    ["a flat function", { tools: { f: fn } }, "write tools: { local: { f: … } }"],
    ["a flat tool", { tools: { f: tool({ run: fn }) } }, "tools.f is a tool"],
    [
      "a flat tool of another library",
      { tools: { f: { inputSchema: {}, execute: fn } } },
      "fromAiSdk of codecell/ai-sdk",
    ],
    ["tools as a list", { tools: [fn] }, "tools is an array"],
    ["a namespace as a list", { tools: { crm: [fn] } }, "tools.crm is an array"],
    [
      "a list of tools of another library",
      { tools: { docs: [{ name: "find", schema: {}, invoke: fn }] } },
      "fromLangChain of codecell/langchain",
    ],
    ["a namespace of nothing", { tools: { crm: null } }, "tools.crm is null"],
    [
      "a text as a tool",
      { tools: { crm: { find: "x" } } },
      "tools.crm.find is no tool; write a function",
    ],
    [
      "a tool of another library",
      { tools: { crm: { find: { parameters: {}, execute: fn } } } },
      "execute, handler, func or invoke is run",
    ],
  ])("%s", async (_name, options, says) => {
    const { code, text } = await refusal(() => createRuntime(untyped(options)));
    expect(text).toContain(says);
    expect(code).toBe("config_error");
  });

  test("without await", async () => {
    const promise = createRuntime({ engine: "quickjs", placement: "inline" });
    const { text } = await refusal(() => untyped<Runtime>(promise).run("1"));
    expect(text).toContain(".run of a promise: write (await createRuntime(…)).run");
    await (await promise).close();
  });

  test("a namespace may have functions of any name", async () => {
    const tools = { crm: { execute: fn, handler: fn, schema: tool({ run: fn }) } };
    await using other = await createRuntime({ engine: "quickjs", placement: "inline", tools });
    expect(await other.run("tools.crm.execute()")).toMatchObject({ ok: true, value: 1 });
  });
});

describe("tool", () => {
  test.each<[name: string, options: unknown, says: string]>([
    [
      "schema",
      { schema: z.object({}), run: fn },
      "tool(): schema is not an option; here it is called input",
    ],
    ["parameters", { parameters: {}, run: fn }, "here it is called input"],
    ["inputSchema", { inputSchema: {}, run: fn }, "here it is called input"],
    ["execute", { execute: fn }, "tool(): execute is not an option; here it is called run"],
    ["handler", { handler: fn }, "here it is called run"],
    ["outputSchema", { outputSchema: {}, run: fn }, "here it is called output"],
    ["name", { name: "find", run: fn }, "has the name of its key"],
    ["a misspelled option", { descripton: "x", run: fn }, "did you mean description?"],
    ["no run", { description: "x" }, "run is undefined; it must be a function"],
    ["a function", fn, "tool() takes an object"],
    ["nothing", undefined, "not undefined"],
    ["a shape as the input", { input: { id: z.string() }, run: fn }, "wrap it: z.object({ … })"],
    ["a text as the input", { input: "id", run: fn }, "tool(): input is a string"],
    ["an old zod", { input: { _def: {}, parse: fn }, run: fn }, "update the library"],
    ["a text as the output", { output: 5, run: fn }, "tool(): output is a number"],
  ])("%s", async (_name, options, says) => {
    const { code, text } = await refusal(() => tool(untyped<ToolOptions<undefined>>(options)));
    expect(text).toContain(says);
    expect(code).toBe("config_error");
  });
});
