/** What a server writes is what a program receives, and the reverse: on every transport, through every engine and place. */
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAILURES, RESULTS } from "../../fixtures/results/results.ts";
import { exactOverHttp } from "../../fixtures/servers/exact.ts";
import { ToolError } from "../../src/core/tool-error.ts";
import type { Runtime } from "../../src/index.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { clientSource, configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";
import { COMBINATIONS } from "../support/combinations.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const context = { signal: new AbortController().signal, caller: {} };
const stdio = {
  command: process.execPath,
  args: [fileURLToPath(new URL("../../fixtures/servers/exact.ts", import.meta.url))],
};

describe.each(["stdio", "json", "events", "sse"] as const)("a server on %s", (kind) => {
  let source: McpSource;
  const open = new AsyncDisposableStack();
  beforeAll(async () => {
    let entry: object = stdio;
    if (kind !== "stdio") {
      const { url } = open.use(await exactOverHttp(kind));
      entry = { url, type: kind === "sse" ? "sse" : "http" };
    }
    source = configuredSource("fix", checkServers({ fix: entry }, "mcpServers", {})["fix"]!, {});
    open.use(source);
  });
  afterAll(() => open.disposeAsync());

  test.each(RESULTS)("$name", async ({ result, value: wanted }) => {
    expect(await source.call("give", { result }, context)).toStrictEqual(wanted);
  });

  test.each(FAILURES)("a failure: $name", async ({ result, message, data }) => {
    const error: unknown = await source.call("give", { result }, context).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ message, code: "tool_error" });
    expect((error as ToolError).data).toStrictEqual(data);
  });

  test("large whole numbers in the data of an error of JSON-RPC", async () => {
    const error: unknown = await source
      .call("refuse", { data: '{"existing":12345678901234567890,"of":[1]}' }, context)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ data: { existing: 12345678901234567890n, of: [1] } });
  });

  test("BigInts arrive as whole numbers with all their digits", async () => {
    const args = {
      id: 12345678901234567890n,
      of: [{ small: -5n }, null],
      text: "1",
      __proto__: null,
    };
    expect(await source.call("received", args, context)).toContain(
      '"arguments":{"id":12345678901234567890,"of":[{"small":-5},null],"text":"1"}',
    );
    expect(await source.call("received", { list: new BigInt64Array([1n]) }, context)).toContain(
      '"list":{"0":1}',
    );
  });

  test("whatever is sent comes back", async () => {
    const integer = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });
    const { sent } = fc.letrec<{ sent: unknown }>((tie) => ({
      sent: fc.oneof(
        { maxDepth: 3 },
        integer,
        fc.string({ unit: "grapheme" }),
        integer.map(String),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        fc.constantFrom(null, true),
        fc.array(tie("sent"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("sent"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const property = fc.asyncProperty(sent, async (given) => {
      const { back } = (await source.call("echo", { back: given }, context)) as { back: unknown };
      expect(back).toStrictEqual(asReceived(given));
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

test.each([
  ["in memory", InMemoryTransport.createLinkedPair(), [5, { big: 2n ** 60n }]],
  ["of JSON", jsonPair(), JSON.stringify([5, { big: 1 }]).replace("1", `${2n ** 60n}`)],
] as const)("a client of the caller %s: its server receives numbers", async (_, pair, wanted) => {
  const [near, far] = pair;
  let received: unknown;
  /* oxlint-disable unicorn/prefer-add-event-listener -- a Transport is no EventTarget */
  far.onmessage = (message) => {
    if (!("method" in message) || !("id" in message)) return;
    received = message.params?.["arguments"];
    const serverInfo = { name: "x", version: "1" };
    const opening = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo };
    const result = message.method === "initialize" ? opening : { content: [] };
    void far.send({ jsonrpc: "2.0", id: message.id, result });
  };
  /* oxlint-enable unicorn/prefer-add-event-listener */
  const client = new Client({ name: "test", version: "1" });
  await client.connect(near);
  await clientSource("mine", client as never).call("a", { of: [5n, { big: 2n ** 60n }] }, context);
  const { of } = received as { of: unknown };
  expect(typeof wanted === "string" ? JSON.stringify(of) : of).toEqual(wanted);
  await client.close();
});

/** A pair in memory whose name says nothing: it stands for transports that write JSON. */
function jsonPair(): readonly [InMemoryTransport, InMemoryTransport] {
  const [near, far] = InMemoryTransport.createLinkedPair();
  Object.defineProperty(near, "constructor", { value: { name: "JsonTransport" } });
  return [near, far];
}

/** A whole number that a double holds is a number, whatever it was sent as. */
function asReceived(sent: unknown): unknown {
  if (typeof sent === "bigint") return Number.isSafeInteger(Number(sent)) ? Number(sent) : sent;
  if (Object.is(sent, -0)) return 0; // as JSON has it
  if (Array.isArray(sent)) return sent.map(asReceived);
  if (typeof sent !== "object" || sent === null) return sent;
  return Object.fromEntries(Object.entries(sent).map(([name, item]) => [name, asReceived(item)]));
}

describe.each(COMBINATIONS)("a program on $engine in $placement", (combination) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      ...combination,
      mcpServers: { exact: stdio },
      network: { allow: ["example.com"] },
      tools: {
        local: {
          id: () => ({ id: 12345678901234567890n, text: '{"id":12345678901234567890}' }),
          kind: (given: unknown) => `${typeof given} ${given as bigint}`,
          size: (given: unknown) => (given as string).length,
          hangul: (length: unknown) => "가".repeat(length as number),
          fail: () => {
            throw new ToolError("denied", "no", { data: new Map([["left", 1n]]) });
          },
          heavy: () => {
            throw new ToolError("tool_error", "no", { data: "x".repeat(100_000) });
          },
        },
      },
    });
  });
  afterAll(() => runtime.close());

  test("gets results as they were written, and passes numbers on as they are", async () => {
    const code = `
      const kinds = async (result) => {
        const got = await tools.exact.give({ result: JSON.stringify({ content: [{ type: "text", text: result }] }) });
        return [typeof got, typeof got === "object" ? Object.values(got).map((item) => typeof item) : got];
      };
      const { id, text } = await tools.local.id();
      const fetched = await new Response(text).json();
      return [
        await kinds("7e45821"), await kinds("02134"), await kinds("null"), await kinds('{"a":12345678901234567890,"b":1}'),
        typeof text, fetched, await tools.local.kind(fetched.id),
        (await tools.exact.received({ id, small: 5n })).match(/"arguments":(\\{.*?\\})/)[1],
        await tools.exact.echo({ id }),
      ];
    `;
    expect(await value(runtime.run(code))).toEqual([
      ["string", "7e45821"],
      ["string", "02134"],
      ["string", "null"],
      ["object", ["bigint", "number"]],
      "string",
      { id: "12345678901234567890" },
      "bigint 12345678901234567890",
      '{"id":12345678901234567890,"small":5}',
      { id: "12345678901234567890" },
    ]);
  });

  test("gets the message and the data of a failure", async () => {
    const code = `
      const failed = async (call) => await call.catch((e) => [e.name, e.code, e.message, e.data, e.hint]);
      return [
        await failed(tools.exact.give({ result: '{"isError":true,"content":[{"type":"text","text":"full"}],"structuredContent":{"left":0,"id":9007199254740993}}' })),
        await failed(tools.local.fail()),
        await failed(tools.local.heavy()),
        await failed(tools.exact.give({ result: '{"isError":true,"content":[]}' })),
      ];
    `;
    expect(await value(runtime.run(code))).toEqual([
      ["ToolError", "tool_error", "full", { left: 0, id: "9007199254740993" }, null],
      ["ToolError", "denied", "no", { left: "1" }, null],
      [
        "ToolError",
        "tool_error",
        "no",
        null,
        expect.stringMatching(/no data.*larger than 65536 bytes/),
      ],
      ["ToolError", "tool_error", "the tool failed without a message", null, null],
    ]);
  });

  test.each([
    ["the value", "return hangul"],
    ["arguments", "await tools.local.size(hangul)"],
    ["a result", "await tools.local.hangul(N)"],
  ])("has a cap of bytes of UTF-8 for %s", async (_, code) => {
    const outcome = async (length: number): Promise<string> => {
      const program = `const hangul = "가".repeat(${length}); ${code.replace("N", `${length}`)}`;
      const result = await runtime.run(program, { limits: { callBytes: 3_002 } });
      return result.ok ? "fits" : result.error.code;
    };
    expect(await outcome(1_000)).toBe("fits");
    expect(await outcome(1_001)).toBe("output_limit");
  });
});
