/** codecell with the core of LangChain, and its own fake model. */
import { AIMessage, HumanMessage, type ToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { isStructuredTool, StructuredTool } from "@langchain/core/tools";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LangChainTool, langchainTools } from "../../src/agent/langchain.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const PNG = "iVBORw0KGgo=";
let runtime: Runtime;
let tools: LangChainTool[];
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
  tools = langchainTools(runtime);
});
afterAll(() => runtime.close());

const named = (name: string, from = tools): LangChainTool =>
  from.find((each) => each.name === name)!;
const call = (name: string, args: Record<string, unknown>, id = "call-1") => ({
  type: "tool_call" as const,
  name,
  args,
  id,
});
const execute = async (code: string, from = tools): Promise<ToolMessage> =>
  (await named("execute_code", from).invoke(call("execute_code", { code }))) as ToolMessage;

test("they are tools of LangChain", () => {
  expect(tools.map(({ name }) => name)).toEqual([
    "search_tools",
    "get_tool_details",
    "execute_code",
  ]);
  for (const each of tools) {
    expect(each).toBeInstanceOf(StructuredTool);
    expect(isStructuredTool(each)).toBe(true);
  }
});

test("a loop with a model that is bound to them", async () => {
  const model = fakeModel()
    .respondWithTools([{ name: "search_tools", args: { query: "find" }, id: "a" }])
    .respondWithTools([
      {
        name: "execute_code",
        args: { code: "return (await tools.crm.find({ id: '7' })).name" },
        id: "b",
      },
      { name: "execute_code", args: { code: "throw new Error('oh')" }, id: "c" },
    ])
    .respond(new AIMessage("Ada."));
  const bound = model.bindTools(tools);
  const messages: (HumanMessage | AIMessage | ToolMessage)[] = [new HumanMessage("Who is 7?")];
  for (;;) {
    const answer = (await bound.invoke(messages)) as AIMessage;
    messages.push(answer);
    if (!answer.tool_calls?.length) break;
    for (const each of answer.tool_calls)
      messages.push((await named(each.name).invoke({ ...each, type: "tool_call" })) as ToolMessage);
  }
  expect(messages.at(-1)!.content).toBe("Ada.");
  const results = messages.filter((each): each is ToolMessage => each.getType() === "tool");
  expect(
    results.map(({ tool_call_id, status, content }) => [tool_call_id, status, content]),
  ).toEqual([
    ["a", "success", "tools.crm.find(args)"],
    ["b", "success", "Ada"],
    ["c", "error", expect.stringMatching(/^program_error: Error: oh/)],
  ]);
});

test("a message has the whole answer as its artifact", async () => {
  const message = await execute("console.log('seen'); return { n: 1 }");
  expect(message).toMatchObject({
    content: '{"n":1}\n\nLogs:\nseen',
    status: "success",
    artifact: { isError: false, structured: { ok: true, value: { n: 1 } } },
  });
  expect(await execute("null.x")).toMatchObject({
    status: "error",
    artifact: { isError: true, structured: { ok: false, error: { code: "program_error" } } },
  });
});

test("pictures are in the artifact, and in the content where the model takes them", async () => {
  const code = "return await tools.art.draw()";
  const picture = { type: "image", mimeType: "image/png", data: PNG };
  const message = await execute(code);
  expect(message.content).toMatch(/^\[image 1: image\/png/);
  expect(message.artifact).toMatchObject({ content: [{ type: "text" }, picture] });
  expect((await execute(code, langchainTools(runtime, { images: true }))).content).toMatchObject([
    { type: "text" },
    { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
  ]);
});

test("invoked with arguments alone, they return what a model reads", async () => {
  expect(await named("execute_code").invoke({ code: "6 * 7" })).toBe("42");
  expect(await named("execute_code").invoke({ code: "null.x" })).toMatch(/^program_error: /);
});

test("arguments that do not fit are refused by LangChain, which says which", async () => {
  for (const args of [{}, { code: 7 }, { code: "1", source: "x" }])
    await expect(named("execute_code").invoke(call("execute_code", args))).rejects.toThrow(
      /did not match expected schema\nDetails: /,
    );
});

test("schemas of strict mode take null for what is left out", async () => {
  const strict = langchainTools(runtime, { strict: true });
  const described = convertToOpenAITool(named("execute_code", strict), { strict: true });
  expect(described).toMatchObject({
    function: {
      strict: true,
      parameters: { required: ["code", "session"], additionalProperties: false },
    },
  });
  const args = { code: "6 * 7", session: null };
  expect(await named("execute_code", strict).invoke(args)).toBe("42");
  await expect(named("execute_code").invoke(args)).rejects.toThrow("did not match");
});

test("a signal of the config ends the program", async () => {
  started = Promise.withResolvers<void>();
  const controller = new AbortController();
  const { signal } = controller;
  const code = "await tools.crm.wait()";
  const message = named("execute_code").invoke(call("execute_code", { code }), { signal });
  await started.promise;
  controller.abort();
  expect(await message).toMatchObject({
    status: "error",
    content: expect.stringMatching(/^aborted: /),
  });
});

test("options that make no sense are refused", () => {
  for (const options of [{ strict: 1 }, { images: "yes" }, { maxResultChars: 1 }])
    expect(() => langchainTools(runtime, options as never)).toThrow(/must be/);
});
