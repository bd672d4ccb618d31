/** `ask`: a question of a program to the host's model, on both engines: metered and capped like a call of a tool. */
import { afterEach, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import type { ModelHandler, Runtime, RuntimeOptions } from "../../src/index.ts";
import { callChain } from "../../src/run/call-chain.ts";
import type { JournalEntry } from "../../src/run/call-journal.ts";
import { parseCall } from "../../src/run/parse-call.ts";
import { RecordedCalls } from "../../src/run/recorded-calls.ts";
import { createCatalogue } from "../../src/tools/live-catalogue.ts";
import type { CallingRun } from "../../src/tools/tool-call.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";
import { value } from "../support/value.ts";

const NUMBER = `{ schema: { type: "object", properties: { n: { type: "number" } }, required: ["n"] } }`;
const COMBINATIONS = [
  { engine: "quickjs", placement: "inline" },
  { engine: "v8", placement: "inline" },
  { engine: "v8", placement: "process" },
] as const;

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  let runtime: Runtime;
  const start = async (onModel?: ModelHandler, options: RuntimeOptions = {}): Promise<Runtime> => {
    const model = onModel === undefined ? {} : { onModel };
    runtime = await createRuntime({ ...combination, ...model, ...options });
    return runtime;
  };
  afterEach(async () => {
    await runtime.close();
  });

  test("a text, with who asks and for which run", async () => {
    const asked: unknown[] = [];
    await start(({ prompt, user, runId, signal }) => {
      asked.push({ prompt, user, runId, isAborted: signal.aborted });
      return "a text";
    });
    const result = await runtime.run("return await ask('What?')", { user: "ann" });
    expect(result).toMatchObject({ ok: true, value: "a text", usage: { toolCalls: 1 } });
    expect(result.calls).toMatchObject([{ tool: "ask", ok: true }]);
    expect(asked).toEqual([
      { prompt: "What?", user: "ann", runId: result.runId, isAborted: false },
    ]);
  });

  test("rows in parallel, and in a session", async () => {
    await start(({ prompt }) => JSON.stringify({ n: Number(prompt) }));
    const code = `return (await Promise.all(Array.from({ length: 50 }, (_, at) => ask(\`\${at}\`, ${NUMBER})))).map(({ n }) => n)`;
    const all = Array.from({ length: 50 }, (_, at) => at);
    expect(await value(runtime.run(code))).toEqual(all);
    const session = await runtime.session("rows");
    expect(await value(session.run(code))).toEqual(all);
  });

  test("an answer that does not fit is asked for once more", async () => {
    const answers = ['{"n":"one"}', '```json\n{"n":1}\n```'];
    const prompts: string[] = [];
    await start(({ prompt }) => {
      prompts.push(prompt);
      return answers[prompts.length - 1];
    });
    expect(await value(runtime.run(`return await ask('How many?', ${NUMBER})`))).toEqual({ n: 1 });
    expect(prompts[0]).toBe("How many?");
    expect(prompts[1]).toContain("n must be number");
  });

  test.each<[string, () => unknown]>([
    ["no JSON", () => "none"],
    ["a huge text", () => "x".repeat(3_000_000)],
    ["a deep text", () => "[".repeat(100_000) + "]".repeat(100_000)],
    ["no data", () => ({ n: () => 1 })],
    ["another shape", () => ({ m: 1 })],
    ["a failure", () => Promise.reject(new Error("out of service"))],
    ["nothing that throws", () => Promise.reject(null)],
  ])("%s is a ToolError, and the runtime goes on", async (_, answer) => {
    await start(answer, { limits: { callBytes: 1_000_000 } });
    const code = `try { return await ask('How many?', ${NUMBER}) } catch (error) { return [error.name, error.code] }`;
    expect(await value(runtime.run(code))).toEqual(["ToolError", "tool_error"]);
    expect(await value(runtime.run("return 1"))).toBe(1);
  });

  test.each([
    "ask()",
    "ask(1)",
    "ask({ prompt: 'a' })",
    "ask('a', 1)",
    "ask('a', null)",
    "ask('a', { schemas: {} })",
    "ask('a', { schema: 1 })",
    "ask('a', { schema: { type: 'string', default: new Date() } })",
    "ask('a', {}, 1)",
    "ask('a', [])",
    "ask('a', 'schema')",
    "ask('a', { schema: null })",
    "ask('a', { schema: [] })",
    "ask('a', { schema: 'string' })",
    "ask('a', { schema: { enum: Array(9_000).fill(1) } })",
    "ask('a', { schema: { description: 'x'.repeat(70_000) } })",
    "ask(Symbol.iterator.description, { schema: { pattern: /a/ } })",
  ])("nonsense is invalid_arguments: %s", async (call) => {
    await start(() => "never");
    const code = `try { return await ${call} } catch (error) { return error.code }`;
    expect(await value(runtime.run(code))).toBe("invalid_arguments");
  });

  test("a host without a model says so, and what to do", async () => {
    await start();
    const result = await runtime.run("return await ask('What?')");
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "tool_error",
        message: expect.stringContaining("no model"),
        hint: expect.stringContaining("Return the rows"),
      },
    });
    expect(await value(runtime.run("const ask = 4; return ask"))).toBe(4);
  });

  test("the model of a run answers where the runtime has none", async () => {
    await start();
    const onModel: ModelHandler = ({ prompt }) => `run: ${prompt}`;
    expect(await value(runtime.run("await ask('a')", { onModel }))).toBe("run: a");
    const session = await runtime.session("own");
    expect(await value(session.run("await ask('b')", { onModel }))).toBe("run: b");
    expect(await session.run("await ask('c')")).toMatchObject({ ok: false });
    for (const wrong of [1, null, {}]) {
      const options = { onModel: wrong as never };
      const refusal = { code: "config_error", message: expect.stringContaining("onModel") };
      await expect(runtime.run("1", options)).rejects.toMatchObject(refusal);
      await expect(session.run("1", options)).rejects.toMatchObject(refusal);
      await expect(session.resume(options)).rejects.toMatchObject(refusal);
    }
    await runtime.close();
    await start(() => "the runtime's");
    expect(await value(runtime.run("await ask('a')", { onModel }))).toBe("the runtime's");
  });

  test("it is in the events of calls, and in their records", async () => {
    await start(() => "yes");
    const calls: unknown[] = [];
    runtime.on("call", ({ tool, ok }) => calls.push([tool, ok]));
    const heard: unknown[] = [];
    const code = "await ask('a');\nawait ask(1).catch(() => {});";
    const result = await runtime.run(code, { onCall: ({ tool, ok }) => heard.push([tool, ok]) });
    expect(calls).toEqual([
      ["ask", true],
      ["ask", false],
    ]);
    expect(heard).toEqual(calls);
    expect(result.usage).toMatchObject({ toolCalls: 2, bytesIn: 5 });
    expect(result.calls[1]!.error).toContain("the prompt must be a string");
  });

  test("a saved run does not ask again: what was answered is kept, what was open is answered by its resumer", async () => {
    let asked = 0;
    await start(({ prompt }) => {
      asked++;
      return prompt === "open" ? new Promise(() => {}) : `${prompt} ${asked}`;
    });
    const session = await runtime.session("saved");
    const stop = new AbortController();
    const code =
      "const first = await ask('first');\nconst second = await ask('open');\n[first, second]";
    const running = session.run(code, { signal: stop.signal });
    expect(await until(() => asked === 2)).toBe(true);
    const snapshot = await session.snapshot();
    stop.abort();
    await running;
    const restored = await runtime.restore(snapshot, { id: "told" });
    const pending = await restored.pending();
    expect(pending).toEqual([{ id: expect.any(Number), tool: "ask", args: ["open"] }]);
    const answers = { [pending[0]!.id]: "told" };
    expect(await value(restored.resume({ answers }))).toEqual(["first 1", "told"]);
    const doubtful = await runtime.restore(snapshot, { id: "doubtful" });
    expect(await doubtful.resume()).toMatchObject({
      ok: false,
      error: { code: "aborted", message: expect.stringContaining("whether it was carried out") },
    });
    expect(asked).toBe(2);
  });

  test("its limits are those of calls", async () => {
    await start(({ prompt }) => (prompt === "never" ? new Promise(() => {}) : "yes"));
    const many = "for (let at = 0; at < 9; at++) await ask('a')";
    expect(await runtime.run(many, { limits: { toolCalls: 3 } })).toMatchObject({
      ok: false,
      error: { code: "call_limit" },
    });
    expect(await runtime.run("await ask('never')", { limits: { wallMs: 300 } })).toMatchObject({
      ok: false,
      error: { code: "timeout" },
    });
    const long = "await ask('x'.repeat(50_000))";
    expect(await runtime.run(long, { limits: { callBytes: 10_000 } })).toMatchObject({
      ok: false,
      error: { code: "output_limit" },
    });
    const stop = new AbortController();
    const run = runtime.run("await ask('never')", { signal: stop.signal });
    stop.abort();
    expect(await run).toMatchObject({ ok: false, error: { code: "aborted" } });
  });
});

describe("a journal", () => {
  /** Sends one question through the chain, with what the journal has of it. */
  async function ask(entry: JournalEntry, model: ModelHandler): Promise<unknown> {
    const catalogue = await createCatalogue([]);
    const recorded = new RecordedCalls();
    const chain = callChain({
      catalogueOf: () => catalogue,
      sources: [],
      shapes: undefined,
      holdResults: (call, next) => next(call),
      recordedCalls: recorded.link,
    });
    const run: CallingRun = {
      id: "run-1",
      session: "s",
      caller: {},
      limits: DEFAULT_LIMITS,
      model,
      emit: () => {},
    };
    recorded.attach(run, { journal: { begin: async () => entry }, resumed: undefined });
    const { signal } = new AbortController();
    const asked = { server: "", tool: "ask", args: '["What?"]', id: 1 };
    return (await chain(parseCall(asked, catalogue, run, signal))).value;
  }
  const never: ModelHandler = () => expect.fail("it was asked again");

  test("returns the answer that it has, and the failure", async () => {
    expect(await ask({ answer: '"kept"' }, never)).toBe("kept");
    const failure = { code: "tool_error", message: "out of service" };
    await expect(ask({ answer: `!${JSON.stringify(failure)}` }, never)).rejects.toMatchObject({
      ...failure,
    });
    await expect(ask({ inDoubt: true }, never)).rejects.toMatchObject({ code: "aborted" });
  });

  test("records a new one", async () => {
    const ended: string[] = [];
    const end = async (answer: string): Promise<void> => void ended.push(answer);
    expect(await ask({ end }, () => "new")).toBe("new");
    expect(ended).toEqual(['"new"']);
  });
});
