/** `ask`: a question of a program to the host's model, on both engines: metered and capped like a call of a tool. */
import { afterEach, describe, expect, test } from "vitest";
import type { ModelHandler, Runtime, RuntimeOptions } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";
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
