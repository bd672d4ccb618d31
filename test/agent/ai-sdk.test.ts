/** The tools in the loop of the Vercel AI SDK: steps, approval, preliminary results, aborting. */
import { convertToModelMessages, generateText, isStepCount, streamText, type UIMessage } from "ai";
import { convertArrayToReadableStream, MockLanguageModelV4 } from "ai/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentAnswer } from "../../src/agent/agent-tools.ts";
import { codecellTools } from "../../src/agent/ai-sdk.ts";
import type { Runtime } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";
import { Gate } from "../support/gate.ts";

type Turn = { readonly tool?: string; readonly input?: object; readonly text?: string };

const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0, text: 1, reasoning: 0 };
const usage = { inputTokens: tokens, outputTokens: tokens };

/** A model that says what it is told to, turn by turn. */
function model(...turns: Turn[]): MockLanguageModelV4 {
  let at = 0;
  const next = (): { readonly content: object; readonly finishReason: object } => {
    const { tool, input, text = "" } = turns[at++]!;
    return tool === undefined
      ? { content: { type: "text", text }, finishReason: { unified: "stop", raw: undefined } }
      : {
          content: {
            type: "tool-call",
            toolCallId: `call-${at}`,
            toolName: tool,
            input: JSON.stringify(input),
          },
          finishReason: { unified: "tool-calls", raw: undefined },
        };
  };
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const { content, finishReason } = next();
      return { content: [content], finishReason, usage, warnings: [] } as never;
    },
    doStream: async () => {
      const { content, finishReason } = next();
      const { text } = content as { text?: string };
      const parts =
        text === undefined
          ? [content]
          : [
              { type: "text-start", id: "t" },
              { type: "text-delta", id: "t", delta: text },
              { type: "text-end", id: "t" },
            ];
      const all = [
        { type: "stream-start", warnings: [] },
        ...parts,
        { type: "finish", finishReason, usage },
      ];
      return { stream: convertArrayToReadableStream(all) } as never;
    },
  });
}

let runtime: Runtime;
let turns = new Gate();
beforeAll(async () => {
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    limits: { wallMs: 100_000 },
    tools: {
      crm: { find: ({ id }: { id: string }) => ({ id, name: "Ada" }), wait: () => turns.wait(1) },
    },
  });
});
afterAll(() => runtime.close());

test("streamText runs programs in several steps of one session", async () => {
  const tools = codecellTools(runtime, { session: "stream", user: "ann" });
  const { steps, text } = streamText({
    model: model(
      {
        tool: "execute_code",
        input: { code: "const { name } = await tools.crm.find({ id: '7' }); name.length" },
      },
      { tool: "execute_code", input: { code: "name" } },
      { text: "Ada" },
    ),
    tools,
    prompt: "Who is 7?",
    stopWhen: isStepCount(9),
  });
  expect(await text).toBe("Ada");
  const results = (await steps).flatMap(({ toolResults }) => toolResults);
  expect(results.map(({ output }) => (output as AgentAnswer).text)).toEqual(["3", "Ada"]);
  expect((await runtime.findSession("stream", { user: "ann" }))?.declared).toEqual(["name"]);
});

test("what a program says and does comes as preliminary results, the last of which is followed by the result", async () => {
  turns = new Gate();
  const told: string[] = [];
  const result = streamText({
    model: model(
      {
        tool: "execute_code",
        input: { code: "console.log('begun'); await tools.crm.wait(); 'end'" },
      },
      { text: "done" },
    ),
    tools: codecellTools(runtime, { onProgress: (message) => told.push(message) }),
    prompt: "x",
    stopWhen: isStepCount(3),
  });
  const outputs: [boolean, AgentAnswer][] = [];
  for await (const part of result.stream) {
    if (part.type !== "tool-result") continue;
    outputs.push([part.preliminary === true, part.output as AgentAnswer]);
    turns.open(); // the program cannot end before its first line has come
  }
  const preliminary = outputs.filter(([is]) => is).map(([, { text }]) => text);
  expect(preliminary[0]).toBe("begun");
  expect(preliminary.at(-1)).toBe("end\n\nLogs:\nbegun");
  expect(outputs.at(-1)).toMatchObject([false, { isError: false, structured: { value: "end" } }]);
  expect(told).toEqual(["begun", expect.stringMatching(/^crm\.wait answered after \d+ ms$/)]);
});

test("a flood of lines is a few small items", async () => {
  const code = "for (let i = 0; i < 20_000; i++) console.log('line ' + i + 'x'.repeat(600)); 'end'";
  const items: AgentAnswer[] = [];
  const started = performance.now();
  for await (const item of codecellTools(runtime).execute_code.execute({ code })) items.push(item);
  expect(items.at(-1)!.structured).toMatchObject({ ok: true, value: "end" });
  // At most one in 100 ms.
  expect(items.length).toBeLessThanOrEqual((performance.now() - started) / 100 + 2);
  for (const { text } of items.slice(0, -1)) expect(text.length).toBeLessThanOrEqual(2_000);
});

test("who stops iterating ends the program", async () => {
  turns = new Gate();
  const answer = codecellTools(runtime).execute_code.execute({
    code: "console.log('begun'); await tools.crm.wait(); 'end'",
  });
  for await (const { text } of answer) {
    expect(text).toBe("begun");
    break;
  }
  expect(await answer).toMatchObject({ isError: true, text: expect.stringMatching(/^aborted: /) });
});

test("aborting the SDK's call ends the program", async () => {
  turns = new Gate();
  const aborting = new AbortController();
  const answer = codecellTools(runtime).execute_code.execute(
    { code: "await tools.crm.wait(); 'end'" },
    { abortSignal: aborting.signal, toolCallId: "1", messages: [], context: undefined },
  );
  aborting.abort();
  expect(await answer).toMatchObject({ isError: true, text: expect.stringMatching(/^aborted: /) });
});

test("an error of the host reaches who awaits, and who iterates", async () => {
  const closed = await createRuntime({ engine: "quickjs", placement: "inline" });
  const { execute } = codecellTools(closed).execute_code;
  await closed.close();
  await expect(execute({ code: "1" })).rejects.toThrow("the runtime is closed");
  const iterate = async (): Promise<void> => {
    for await (const _ of execute({ code: "1" }));
  };
  await expect(iterate()).rejects.toThrow("the runtime is closed");
});

describe("approval of the SDK", () => {
  const code = "return (await tools.crm.find({ id: '7' })).name";
  const asking = async (): Promise<Awaited<ReturnType<typeof generateText>>> =>
    (await generateText({
      model: model({ tool: "execute_code", input: { code } }),
      tools: codecellTools(runtime),
      toolApproval: { execute_code: "user-approval" },
      prompt: "Who is 7?",
      stopWhen: isStepCount(5),
    })) as never;

  test.each([
    [true, "Ada"],
    [false, undefined],
  ])("a program that waits for it runs when it is given: %s", async (approved, expected) => {
    const first = await asking();
    const request = first.content.find(({ type }) => type === "tool-approval-request") as never as {
      approvalId: string;
    };
    expect(first.toolResults).toEqual([]);
    const mock = model({ text: "done" });
    const { text } = await generateText({
      model: mock,
      tools: codecellTools(runtime),
      toolApproval: { execute_code: "user-approval" },
      messages: [
        { role: "user", content: "Who is 7?" },
        ...first.responseMessages,
        {
          role: "tool",
          content: [{ type: "tool-approval-response", approvalId: request.approvalId, approved }],
        },
      ],
    });
    expect(text).toBe("done");
    const sent = JSON.stringify(mock.doGenerateCalls[0]!.prompt);
    expect(sent.includes('"Ada"')).toBe(expected !== undefined);
    expect(sent.includes("execution-denied")).toBe(expected === undefined);
  });
});

test("stored results of a chat become messages again", async () => {
  const tools = codecellTools(runtime);
  const output = await tools.execute_code.execute({ code: "6 * 7" });
  const part = {
    type: "tool-execute_code",
    toolCallId: "1",
    state: "output-available",
    input: { code: "6 * 7" },
  };
  for (const stored of [output, { text: "42" }, "42", null]) {
    const message = {
      id: "1",
      role: "assistant",
      parts: [{ ...part, output: JSON.parse(JSON.stringify(stored)) as unknown }],
    };
    const messages = await convertToModelMessages([message as UIMessage], { tools });
    expect(JSON.stringify(messages)).toContain('"tool-result"');
  }
});
