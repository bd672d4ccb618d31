/** codecell with Anthropic's package: the Messages API and its tool runner. The API is played on loopback. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnthropicTools, anthropicTools } from "../../src/agent/anthropic.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { type ApiAnswer, ModelApi } from "../support/model-api.ts";
import { createRuntime } from "../support/patient.ts";

const PNG = "iVBORw0KGgo=";
const FIND = "return (await tools.crm.find({ id: '7' })).name";
const DRAW = "return await tools.art.draw()";

const api = new ModelApi();
let runtime: Runtime;
let client: Anthropic;
let codecell: AnthropicTools;
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
      art: {
        draw: () => ({ type: "image", data: PNG, mimeType: "image/png" }),
        vector: () => ({ type: "image", data: "PHN2Zy8+", mimeType: "image/svg+xml" }),
      },
    },
  });
  client = new Anthropic({ apiKey: "test", baseURL: await api.listen(), maxRetries: 0 });
  codecell = anthropicTools(runtime);
});
afterAll(async () => {
  await runtime.close();
  await api[Symbol.asyncDispose]();
});

type Call = readonly [name: string, input: unknown];

function messageOf(text: string | undefined, ...calls: readonly Call[]): Anthropic.Message {
  const uses = calls.map(([name, input], at) => ({
    type: "tool_use",
    id: `call-${at}`,
    name,
    input,
  }));
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: text === undefined ? uses : [...uses, { type: "text", text, citations: null }],
    stop_reason: calls.length === 0 ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  } as unknown as Anthropic.Message;
}

const message = (text: string | undefined, ...calls: readonly Call[]): ApiAnswer => ({
  json: messageOf(text, ...calls),
});

/** The same as events. */
function stream(text: string | undefined, ...calls: readonly Call[]): ApiAnswer {
  const { content, stop_reason, ...rest } = messageOf(text, ...calls);
  const blocks = content.flatMap((block, index) => {
    const [start, delta] =
      block.type === "tool_use"
        ? [
            { ...block, input: {} },
            { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
          ]
        : [
            { type: "text", text: "" },
            { type: "text_delta", text: text! },
          ];
    return [
      ["content_block_start", { type: "content_block_start", index, content_block: start }],
      ["content_block_delta", { type: "content_block_delta", index, delta }],
      ["content_block_stop", { type: "content_block_stop", index }],
    ] as const;
  });
  return {
    events: [
      [
        "message_start",
        { type: "message_start", message: { ...rest, content: [], stop_reason: null } },
      ],
      ...blocks,
      [
        "message_delta",
        {
          type: "message_delta",
          delta: { stop_reason, stop_sequence: null },
          usage: { output_tokens: 1 },
        },
      ],
      ["message_stop", { type: "message_stop" }],
    ],
  };
}

const asked = (at: number): Record<string, unknown> => api.requests[at]!.body;
const request = {
  model: "m",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Who is 7?" }],
};

const PICTURE = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };

describe("the tool runner", () => {
  test("runs programs, and the model reads what they return", async () => {
    api.answerWith(
      message(undefined, ["search_tools", { query: "find" }], ["execute_code", { code: FIND }]),
      message(
        undefined,
        ["execute_code", { code: DRAW }],
        ["execute_code", { code: "throw new Error('oh')" }],
      ),
      message(
        undefined,
        ["execute_code", { source: "1" }],
        ["execute_code", [1]],
        ["fetch_page", {}],
      ),
      message("Ada."),
    );
    const last = await client.beta.messages.toolRunner({ ...request, tools: codecell.tools });
    expect(last.content).toMatchObject([{ type: "text", text: "Ada." }]);
    const sent = [1, 2, 3].map((at) => (asked(at)["messages"] as unknown[]).at(-1));
    expect(sent).toMatchObject([
      { content: [{ content: "tools.crm.find(args)" }, { tool_use_id: "call-1", content: "Ada" }] },
      {
        content: [
          { content: [{ type: "text", text: expect.stringMatching(/^\[image 1/) }, PICTURE] },
          { is_error: true, content: expect.stringContaining("program_error: Error: oh") },
        ],
      },
      {
        content: [
          { is_error: true, content: expect.stringContaining("code is missing") },
          { is_error: true, content: expect.stringContaining("are not an object") },
          { is_error: true, content: expect.stringContaining("fetch_page") },
        ],
      },
    ]);
  });

  test("and streams", async () => {
    api.answerWith(stream(undefined, ["execute_code", { code: FIND }]), stream("It is Ada."));
    const runner = client.beta.messages.toolRunner({
      ...request,
      tools: codecell.tools,
      stream: true,
    });
    let streamed = "";
    for await (const part of runner)
      for await (const event of part)
        if (event.type === "content_block_delta" && event.delta.type === "text_delta")
          streamed += event.delta.text;
    expect(streamed).toBe("It is Ada.");
    expect((asked(1)["messages"] as unknown[]).at(-1)).toMatchObject({
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "call-0", content: "Ada" }],
    });
  });

  test("a signal ends its program", async () => {
    started = Promise.withResolvers<void>();
    api.answerWith(message(undefined, ["execute_code", { code: "await tools.crm.wait()" }]));
    const controller = new AbortController();
    const ended = new Promise((resolve) => {
      const stop = runtime.on("run_end", (end) => {
        stop();
        resolve(end);
      });
    });
    const runner = client.beta.messages.toolRunner(
      { ...request, tools: codecell.tools },
      { signal: controller.signal },
    );
    const running = runner.runUntilDone().catch((error: unknown) => error);
    await started.promise;
    controller.abort();
    expect(await ended).toMatchObject({ ok: false, code: "aborted" });
    expect(await running).toBeInstanceOf(Error);
  });
});

describe("the Messages API", () => {
  test("receives names, descriptions and schemas, and nothing else", async () => {
    api.answerWith(message("Hello."));
    await client.messages.create({ ...request, tools: codecell.tools });
    const tools = asked(0)["tools"] as Record<string, unknown>[];
    expect(tools.map(({ name }) => name)).toEqual([
      "search_tools",
      "get_tool_details",
      "execute_code",
    ]);
    for (const one of tools) {
      expect(Object.keys(one).toSorted()).toEqual(["description", "input_schema", "name", "type"]);
      expect(one["input_schema"]).toMatchObject({ type: "object", additionalProperties: false });
    }
  });

  test("a loop of one's own: every call is answered, whatever the model wrote", async () => {
    api.answerWith(
      message(
        "Let me see.",
        ["execute_code", { code: FIND, session: null }],
        ["execute_code", { code: DRAW }],
        ["execute_code", { code: "return await tools.art.vector()" }],
        ["execute_code", "{ code"],
        ["execute_code", 7],
        ["fetch_page", {}],
      ),
      message("Ada."),
    );
    const first = await client.messages.create({ ...request, tools: codecell.tools });
    const results = await codecell.runToolCalls(first);
    expect(results).toMatchObject({
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "call-0", content: "Ada", is_error: false },
        { content: [{ type: "text" }, PICTURE], is_error: false },
        { content: expect.stringMatching(/^\[image 1: image\/svg\+xml/), is_error: false },
        { content: expect.stringMatching(/^invalid_arguments: /), is_error: true },
        { content: expect.stringMatching(/^invalid_arguments: /), is_error: true },
        { content: expect.stringMatching(/^unknown_tool: fetch_page/), is_error: true },
      ],
    });
    const last = await client.messages.create({
      ...request,
      messages: [...request.messages, { role: "assistant", content: first.content }, results!],
      tools: codecell.tools,
    });
    expect((asked(1)["messages"] as unknown[])[2]).toEqual(results);
    expect(await codecell.runToolCalls(last)).toBeUndefined();
  });

  test("a signal, tools of one's own, and what is no message", async () => {
    const signal = AbortSignal.abort();
    const calls = messageOf(undefined, ["execute_code", { code: "1" }], ["now", { zone: "UTC" }]);
    const onOther = async ({ arguments: args }: { arguments: unknown }): Promise<string> =>
      JSON.stringify(args);
    expect(await codecell.runToolCalls(calls, { signal, onOther })).toMatchObject({
      content: [
        { content: expect.stringMatching(/^aborted: /), is_error: true },
        { content: '{"zone":"UTC"}', is_error: false },
      ],
    });
    for (const wrong of [undefined, "x", [], { choices: [] }])
      await expect(codecell.runToolCalls(wrong as never)).rejects.toMatchObject({
        code: "config_error",
      });
    await expect(codecell.runToolCalls(calls, { onOther: () => 7 as never })).rejects.toMatchObject(
      { message: "onOther must return a string" },
    );
  });
});
