/** `ask` of programs that an MCP client sends: answered by the client's model, where it offers one. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  type CreateMessageRequest,
  CreateMessageRequestSchema,
  type CreateMessageResult,
} from "@modelcontextprotocol/sdk/types.js";
import { afterEach, describe, expect, test } from "vitest";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { createMcpServer, McpHttpHandler } from "../../src/serve/mcp/index.ts";
import { createRuntime } from "../support/patient.ts";

type Sampled = CreateMessageRequest["params"];
type Sampling = (
  params: Sampled,
  signal: AbortSignal,
) => CreateMessageResult["content"] | Promise<CreateMessageResult["content"]>;

const text = (answer: string): CreateMessageResult["content"] => ({ type: "text", text: answer });
const promptOf = ({ messages }: Sampled): string =>
  (messages[0]!.content as { readonly text: string }).text;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A client of its own over a transport, which offers sampling where `sampling` answers. */
async function connect(transport: Transport, sampling?: Sampling): Promise<Client> {
  const capabilities = sampling === undefined ? {} : { sampling: {} };
  const client = new Client({ name: "test", version: "1" }, { capabilities });
  if (sampling !== undefined)
    client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { signal }) => ({
      role: "assistant",
      model: "test",
      content: await sampling(params, signal),
    }));
  await client.connect(transport);
  open.push(() => client.close());
  return client;
}

async function run(client: Client, code: string, session?: string): Promise<ExecutionResult> {
  const args = { code, ...(session === undefined ? {} : { session }) };
  const { structuredContent } = await client.callTool({ name: "execute_code", arguments: args });
  return structuredContent as unknown as ExecutionResult;
}

async function start(options: Parameters<typeof createRuntime>[0] = {}): Promise<Runtime> {
  const runtime = await createRuntime({ engine: "quickjs", placement: "inline", ...options });
  open.push(() => runtime.close());
  return runtime;
}

async function inMemory(runtime: Runtime, sampling?: Sampling): Promise<Client> {
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  await createMcpServer(runtime).connect(theirs);
  return await connect(mine, sampling);
}

async function overHttp(
  runtime: Runtime,
  stateless: boolean,
  sampling?: Sampling,
): Promise<Client> {
  const handler = new McpHttpHandler({ createServer: () => createMcpServer(runtime), stateless });
  open.push(async () => await handler[Symbol.asyncDispose]());
  const fetch = async (url: string | URL, init?: RequestInit): Promise<Response> =>
    await handler.fetch(new Request(url, init));
  const url = new URL("http://localhost/mcp");
  return await connect(new StreamableHTTPClientTransport(url, { fetch }) as Transport, sampling);
}

const SCHEMA = `{ schema: { type: "object", properties: { n: { type: "number" } }, required: ["n"] } }`;

describe.each([
  ["in memory", inMemory],
  ["over HTTP", (runtime: Runtime, sampling?: Sampling) => overHttp(runtime, false, sampling)],
] as const)("%s", (_, client) => {
  test("the client's model answers, with and without a schema, and in a session", async () => {
    const asked: string[] = [];
    const sampling: Sampling = (params) => {
      asked.push(promptOf(params));
      return text(promptOf(params).includes("JSON Schema") ? '{"n":2}' : "a text");
    };
    const agent = await client(await start(), sampling);
    expect(await run(agent, "return await ask('What?')")).toMatchObject({
      ok: true,
      value: "a text",
      calls: [{ tool: "ask", ok: true }],
    });
    expect(await run(agent, `return await ask('How many?', ${SCHEMA})`, "s")).toMatchObject({
      ok: true,
      value: { n: 2 },
    });
    expect(asked[0]).toBe("What?");
    expect(asked[1]).toMatch(/^How many\?\n\nAnswer with JSON alone.*"required":\["n"\]/s);
  });

  test("rows in parallel", async () => {
    const agent = await client(await start(), (params) => text(`${Number(promptOf(params)) * 2}`));
    const code = "return await Promise.all([1, 2, 3].map((n) => ask(`${n}`)))";
    expect(await run(agent, code)).toMatchObject({ ok: true, value: ["2", "4", "6"] });
  });

  test("a client without sampling: the error says that there is no model", async () => {
    const agent = await client(await start());
    expect(await run(agent, "return await ask('What?')")).toMatchObject({
      ok: false,
      error: { code: "tool_error", message: expect.stringContaining("no model") },
    });
  });

  test.each<[string, Sampling, string]>([
    ["a refusal", () => Promise.reject(new Error("the user said no")), "the user said no"],
    ["a picture", () => ({ type: "image", data: "AA==", mimeType: "image/png" }), "image"],
    ["an answer of another form", () => ({ type: "nonsense" }) as never, ""],
  ])("%s is a ToolError, and the server goes on", async (_name, sampling, message) => {
    const agent = await client(await start(), sampling);
    const code =
      "try { return await ask('What?') } catch (error) { return [error.code, error.message] }";
    expect(await run(agent, code)).toMatchObject({
      ok: true,
      value: ["tool_error", expect.stringContaining(message)],
    });
    expect(await run(agent, "return 1")).toMatchObject({ ok: true, value: 1 });
  });

  test("the end of the run ends the question", async () => {
    let ended: Promise<unknown> | undefined;
    const sampling: Sampling = (params, signal) => {
      if (promptOf(params) === "first") return text("");
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => resolve(), { once: true });
      ended = promise;
      return promise.then(() => text("late"));
    };
    const agent = await client(await start({ limits: { wallMs: 500 } }), sampling);
    // The SDK ignores that the request of number 0 is cancelled.
    await run(agent, "await ask('first')");
    expect(await run(agent, "await ask('What?')")).toMatchObject({
      ok: false,
      error: { code: "timeout" },
    });
    await ended;
  });
});

test("the runtime's own model comes first", async () => {
  const runtime = await start({ onModel: () => "the runtime's" });
  const agent = await inMemory(runtime, () => expect.fail("the client was asked"));
  expect(await run(agent, "return await ask('What?')")).toMatchObject({ value: "the runtime's" });
});

test("each client's programs ask its own model", async () => {
  const runtime = await start();
  const one = await inMemory(runtime, () => text("one"));
  const two = await inMemory(runtime, () => text("two"));
  const none = await inMemory(runtime);
  const code = "return await ask('Who?')";
  const [a, b, c] = await Promise.all([run(one, code), run(two, code), run(none, code)]);
  expect([a, b, c]).toMatchObject([{ value: "one" }, { value: "two" }, { ok: false }]);
});

test("without sessions a client cannot be asked, which is said", async () => {
  const agent = await overHttp(await start(), true, () => text("never"));
  expect(await run(agent, "return await ask('What?')")).toMatchObject({
    ok: false,
    error: { code: "tool_error", message: expect.stringContaining("no model") },
  });
});
