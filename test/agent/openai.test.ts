/** codecell with the packages of OpenAI: Chat Completions, Responses, the Agents SDK. The API is played on loopback. */
import {
  Agent,
  run,
  setDefaultOpenAIClient,
  setOpenAIAPI,
  setTracingDisabled,
  tool as agentsTool,
} from "@openai/agents";
import OpenAI from "openai";
import { toStrictJsonSchema } from "openai/lib/transform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenAiTools, openaiTools } from "../../src/agent/openai.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { type ApiAnswer, ModelApi } from "../support/model-api.ts";
import { createRuntime } from "../support/patient.ts";

const PNG = "iVBORw0KGgo=";
const FIND = "return (await tools.crm.find({ id: '7' })).name";
const DRAW = "return await tools.art.draw()";

const api = new ModelApi();
let runtime: Runtime;
let client: OpenAI;
let codecell: OpenAiTools;
let started = Promise.withResolvers<void>();
beforeAll(async () => {
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: {
      crm: {
        find: ({ id }: { id: string }) => ({ id, name: "Ada" }),
        wait: tool({
          run: (_args, { signal }) => {
            started.resolve();
            return new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
        }),
      },
      art: { draw: () => ({ type: "image", data: PNG, mimeType: "image/png" }) },
    },
  });
  client = new OpenAI({ apiKey: "test", baseURL: await api.listen(), maxRetries: 0 });
  codecell = openaiTools(runtime);
});
afterAll(async () => {
  await runtime.close();
  await api[Symbol.asyncDispose]();
});

/** A call: the name of a tool, and its arguments as an object or as the text that a model wrote. */
type Call = readonly [name: string, args: unknown];

const textOf = (args: unknown): string => (typeof args === "string" ? args : JSON.stringify(args));

function completion(content: string | null, ...calls: readonly Call[]): OpenAI.ChatCompletion {
  const tool_calls = calls.map(([name, args], at) => ({
    id: `call-${at}`,
    type: "function" as const,
    function: { name, arguments: textOf(args) },
  }));
  const message = { role: "assistant" as const, content, refusal: null };
  return {
    id: "c",
    object: "chat.completion",
    created: 0,
    model: "m",
    choices: [
      {
        index: 0,
        finish_reason: calls.length === 0 ? "stop" : "tool_calls",
        logprobs: null,
        message: calls.length === 0 ? message : { ...message, tool_calls },
      },
    ],
  };
}

/** The same in chunks. */
function chunks(content: string | null, ...calls: readonly Call[]): ApiAnswer {
  const { choices, ...rest } = completion(content, ...calls);
  const { message, finish_reason } = choices[0]!;
  const tool_calls = message.tool_calls?.map((call, index) => ({ index, ...call }));
  const chunk = (delta: object, finish: string | null): unknown => ({
    ...rest,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return {
    events: [
      [undefined, chunk({ ...message, ...(tool_calls ? { tool_calls } : {}) }, null)],
      [undefined, chunk({}, finish_reason)],
      [undefined, "[DONE]"],
    ],
  };
}

const chat = (content: string | null, ...calls: readonly Call[]): ApiAnswer => ({
  json: completion(content, ...calls),
});

function response(text: string | undefined, ...calls: readonly Call[]): ApiAnswer {
  const output = calls.map(([name, args], at) => ({
    type: "function_call",
    id: `fc_${at}`,
    call_id: `call-${at}`,
    name,
    arguments: textOf(args),
    status: "completed",
  }));
  const message = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
  return {
    json: {
      id: "resp_1",
      object: "response",
      created_at: 0,
      model: "m",
      status: "completed",
      output: text === undefined ? output : [...output, message],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    },
  };
}

const asked = (at: number): Record<string, unknown> => api.requests[at]!.body;

const messages = [{ role: "user" as const, content: "Who is 7?" }];

describe("Chat Completions", () => {
  test("runTools runs programs, and the model reads what they return", async () => {
    api.answerWith(
      chat(null, ["search_tools", { query: "find", category: null, limit: null, offset: null }]),
      chat(null, ["execute_code", { code: FIND, session: null }]),
      chat(null, ["execute_code", { code: "throw new Error('oh')", session: null }]),
      chat("Ada."),
    );
    const runner = client.chat.completions.runTools({ model: "m", messages, tools: codecell.chat });
    expect(await runner.finalContent()).toBe("Ada.");
    const sent = asked(3)["messages"] as { role: string; content: string; tool_call_id: string }[];
    expect(sent.filter(({ role }) => role === "tool")).toEqual([
      { role: "tool", tool_call_id: "call-0", content: "tools.crm.find(args)" },
      { role: "tool", tool_call_id: "call-0", content: "Ada" },
      expect.objectContaining({ content: expect.stringMatching(/^program_error: Error: oh/) }),
    ]);
  });

  test("and streams", async () => {
    api.answerWith(
      chunks(null, ["execute_code", { code: FIND, session: null }]),
      chunks("It is Ada."),
    );
    const runner = client.chat.completions.runTools({
      model: "m",
      messages,
      tools: codecell.chat,
      stream: true,
    });
    let streamed = "";
    runner.on("content", (delta) => (streamed += delta));
    expect(await runner.finalContent()).toBe("It is Ada.");
    expect(streamed).toBe("It is Ada.");
    expect(asked(1)).toMatchObject({
      stream: true,
      messages: [{ role: "user" }, { role: "assistant" }, { role: "tool", content: "Ada" }],
    });
  });

  test("what the API receives is strict by the SDK's own rules, and nothing but the description", async () => {
    api.answerWith(chat("Hello."));
    await client.chat.completions.create({ model: "m", messages, tools: codecell.chat });
    const tools = asked(0)["tools"] as { type: string; function: Record<string, unknown> }[];
    expect(tools.map(({ type, function: { name } }) => [type, name])).toEqual([
      ["function", "search_tools"],
      ["function", "get_tool_details"],
      ["function", "execute_code"],
    ]);
    for (const { function: described } of tools) {
      expect(Object.keys(described).toSorted()).toEqual([
        "description",
        "name",
        "parameters",
        "strict",
      ]);
      expect(described["strict"]).toBe(true);
      const { parameters } = described;
      expect(toStrictJsonSchema(parameters as object)).toEqual(parameters);
      expect(JSON.stringify(parameters)).not.toContain('"default"');
    }
    expect(tools[2]!.function["parameters"]).toEqual({
      type: "object",
      properties: {
        code: { type: "string" },
        session: { type: ["string", "null"], description: expect.any(String) },
      },
      required: ["code", "session"],
      additionalProperties: false,
    });
  });

  test("without strict mode the schemas say what may be left out", () => {
    const { chat: loose } = openaiTools(runtime, { strict: false });
    const { strict, parameters } = loose[2]!.function;
    expect(strict).toBe(false);
    expect(parameters).toMatchObject({ required: ["code"], additionalProperties: false });
  });

  test("a loop of one's own: every call is answered, whatever the model wrote", async () => {
    const calls: Call[] = [
      ["execute_code", { code: FIND, session: null }],
      ["execute_code", { code: DRAW }],
      ["execute_code", "{ code: "],
      ["execute_code", "[1]"],
      ["execute_code", ""],
      ["execute_code", { code: 7 }],
      ["search_tools", "null"],
      ["fetch_page", {}],
    ];
    const answers = await codecell.runChatCalls(completion(null, ...calls).choices[0]!.message);
    expect(answers.map(({ tool_call_id }) => tool_call_id)).toEqual(
      calls.map((_, at) => `call-${at}`),
    );
    expect(answers.map(({ content }) => content)).toEqual([
      "Ada",
      expect.stringMatching(/^\[image 1: image\/png, \d+ bytes\]$/),
      expect.stringMatching(
        /^invalid_arguments: the arguments of execute_code are not JSON \(.*\); send one JSON object/,
      ),
      expect.stringContaining("the arguments of execute_code are not an object"),
      expect.stringContaining("code is missing"),
      expect.stringContaining("code is missing"),
      expect.stringContaining("not an object"),
      "unknown_tool: fetch_page is not a tool; the tools are search_tools, get_tool_details, execute_code",
    ]);
    api.answerWith(chat("Ada."));
    const [assistant] = completion(null, ...calls).choices;
    await client.chat.completions.create({
      model: "m",
      messages: [...messages, assistant!.message, ...answers],
      tools: codecell.chat,
    });
    expect((asked(0)["messages"] as unknown[]).slice(2)).toEqual(answers);
  });

  test("tools of one's own are answered beside ours", async () => {
    const { message } = completion(null, ["now", { zone: "UTC" }], ["execute_code", { code: "1" }])
      .choices[0]!;
    const onOther = ({ name, arguments: args }: { name: string; arguments: unknown }): string =>
      `${name} ${String(args)}`;
    expect(await codecell.runChatCalls(message, { onOther })).toMatchObject([
      { content: 'now {"zone":"UTC"}' },
      { content: "1" },
    ]);
  });

  test("a message without calls, and what is none", async () => {
    expect(await codecell.runChatCalls(completion("Hello.").choices[0]!.message)).toEqual([]);
    expect(await codecell.runChatCalls({ tool_calls: [null, 7, {}] as never })).toEqual([]);
    await expect(codecell.runChatCalls(completion("Hello.") as never)).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining("completion.choices[0].message"),
    });
  });

  test("aborting the runner ends its program", async () => {
    started = Promise.withResolvers<void>();
    api.answerWith(chat(null, ["execute_code", { code: "await tools.crm.wait()", session: null }]));
    const ended = new Promise((resolve) => {
      const stop = runtime.on("run_end", (end) => {
        stop();
        resolve(end);
      });
    });
    const runner = client.chat.completions.runTools({ model: "m", messages, tools: codecell.chat });
    runner.done().catch(() => {});
    await started.promise;
    runner.abort();
    expect(await ended).toMatchObject({ ok: false, code: "aborted" });
  });
});

describe("Responses", () => {
  test("a loop: calls are answered by items, pictures are pictures", async () => {
    api.answerWith(
      response(
        undefined,
        ["execute_code", { code: FIND, session: null }],
        ["execute_code", { code: DRAW, session: null }],
        ["execute_code", "nonsense"],
        ["fetch_page", {}],
      ),
      response("Ada."),
    );
    const { responses: tools } = codecell;
    const first = await client.responses.create({ model: "m", input: "Who is 7?", tools });
    const input = await codecell.runResponseCalls(first);
    const last = await client.responses.create({
      model: "m",
      previous_response_id: first.id,
      input,
      tools,
    });
    expect(last.output_text).toBe("Ada.");
    expect(asked(0)["tools"]).toMatchObject([
      { type: "function", name: "search_tools", strict: true },
      { type: "function", name: "get_tool_details", strict: true },
      { type: "function", name: "execute_code", strict: true, parameters: { type: "object" } },
    ]);
    const outputs = asked(1)["input"] as { type: string; call_id: string; output: unknown }[];
    expect(outputs.map(({ type, call_id }) => [type, call_id])).toEqual(
      [0, 1, 2, 3].map((at) => ["function_call_output", `call-${at}`]),
    );
    expect(outputs.map(({ output }) => output)).toEqual([
      "Ada",
      [
        { type: "input_text", text: expect.stringMatching(/^\[image 1/) },
        { type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" },
      ],
      expect.stringMatching(/^invalid_arguments: /),
      expect.stringMatching(/^unknown_tool: /),
    ]);
    expect(await codecell.runResponseCalls(last)).toEqual([]);
  });

  test("what is no response is refused", async () => {
    for (const wrong of [undefined, "x", [], { output: "x" }])
      await expect(codecell.runResponseCalls(wrong as never)).rejects.toMatchObject({
        code: "config_error",
      });
  });

  test("a signal ends the programs", async () => {
    started = Promise.withResolvers<void>();
    const controller = new AbortController();
    const call = { type: "function_call", call_id: "a", name: "execute_code" };
    const output = [{ ...call, arguments: '{"code":"await tools.crm.wait()"}' }];
    const answers = codecell.runResponseCalls({ output }, { signal: controller.signal });
    await started.promise;
    controller.abort();
    expect(await answers).toMatchObject([{ output: expect.stringMatching(/^aborted: /) }]);
  });
});

describe("the Agents SDK", () => {
  beforeAll(() => {
    setTracingDisabled(true);
    setDefaultOpenAIClient(client as never);
    setOpenAIAPI("responses");
  });

  test("an agent runs programs until it knows the answer", async () => {
    api.answerWith(
      response(
        undefined,
        ["execute_code", { code: FIND, session: null }],
        ["execute_code", { code: DRAW, session: null }],
        ["execute_code", "nonsense"],
      ),
      response("Ada."),
    );
    const agent = new Agent({
      name: "a",
      model: "m",
      tools: codecell.agents.map((each) => agentsTool(each)),
    });
    const result = await run(agent, "Who is 7?");
    expect(result.finalOutput).toBe("Ada.");
    expect(asked(0)["tools"]).toMatchObject([
      { name: "search_tools", strict: true },
      { name: "get_tool_details", strict: true },
      { name: "execute_code", strict: true },
    ]);
    const outputs = (asked(1)["input"] as { type: string; output: unknown }[]).filter(
      ({ type }) => type === "function_call_output",
    );
    expect(outputs.map(({ output }) => output)).toEqual([
      "Ada",
      [
        { type: "input_text", text: expect.stringMatching(/^\[image 1/) },
        expect.objectContaining({
          type: "input_image",
          image_url: `data:image/png;base64,${PNG}`,
        }),
      ],
      expect.stringMatching(/error/i), // the SDK's own words
    ]);
  });

  test("a signal of the run ends the program", async () => {
    started = Promise.withResolvers<void>();
    api.answerWith(
      response(undefined, ["execute_code", { code: "await tools.crm.wait()", session: null }]),
    );
    const controller = new AbortController();
    const ended = new Promise((resolve) => {
      const stop = runtime.on("run_end", (end) => {
        stop();
        resolve(end);
      });
    });
    const agent = new Agent({
      name: "a",
      model: "m",
      tools: codecell.agents.map((each) => agentsTool(each)),
    });
    const running = run(agent, "x", { signal: controller.signal }).catch((error: unknown) => error);
    await started.promise;
    controller.abort();
    expect(await ended).toMatchObject({ ok: false, code: "aborted" });
    expect(await running).toBeInstanceOf(Error);
  });
});

test("options that make no sense are refused", () => {
  expect(() => openaiTools(runtime, { strict: "yes" as never })).toThrow("strict must be true");
  expect(() => openaiTools(runtime, { maxResultChars: 1 })).toThrow("maxResultChars");
});
