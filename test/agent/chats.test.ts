/** Sessions of chats: two never meet, unless they are told to. */
import { createMcpServer, McpHttpHandler } from "../../src/serve/mcp/index.ts";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentTools, type AgentToolsOptions } from "../../src/agent/agent-tools.ts";
import { codecellTools } from "../../src/agent/ai-sdk.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

type Options = Omit<AgentToolsOptions, "names">;
type Execute = (args: { code: string; session?: string }) => Promise<string>;

/** The ways to the same tools; each call is one chat. */
const WAYS: Readonly<Record<string, (runtime: Runtime, options?: Options) => Execute>> = {
  agentTools: (runtime, options) => {
    const { execute } = agentTools(runtime, options).at(-1)!;
    return async (args) => (await execute(args)).text;
  },
  codecellTools: (runtime, options) => {
    const { execute } = codecellTools(runtime, options).execute_code;
    return async (args) => (await execute(args)).text;
  },
};

const PUT = "const secret = 41; 'put'";
const GET = "typeof secret";

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine,
      placement: "process",
      workers: { spare: 1, max: 4 },
      tools: { demo: { who: tool({ run: (_args, { user }) => user ?? "nobody" }) } },
    });
  });
  afterAll(() => runtime.close());

  describe.each(Object.entries(WAYS))("%s", (way, chat) => {
    test("a name means another session in each chat, whoever the user is", async () => {
      for (const options of [{}, { user: "ann" }]) {
        const [one, two] = [chat(runtime, options), chat(runtime, options)];
        expect(await one({ code: PUT, session: "s" })).toBe("put");
        expect(await one({ code: GET, session: "s" })).toBe("number");
        expect(await two({ code: GET, session: "s" })).toBe("undefined");
      }
    });

    test("a chat with a session goes on in it, with tools that are made anew", async () => {
      const id = `${way}-chat`;
      expect(await chat(runtime, { session: id })({ code: PUT })).toBe("put");
      expect(await chat(runtime, { session: id })({ code: GET })).toBe("number");
      // It is the session of the runtime: the host can look at it and end it.
      const session = await runtime.findSession(id);
      expect(session?.declared).toEqual(["secret"]);
      expect(await chat(runtime, { session: `${id}-2` })({ code: GET })).toBe("undefined");
      for (const user of ["ann", "bob"])
        expect(await chat(runtime, { session: id, user })({ code: GET })).toBe("undefined");
    });

    test("a name beside the session of a chat is another session of that chat, for as long as it lasts", async () => {
      const id = `${way}:a`;
      const first = chat(runtime, { session: id });
      await first({ code: PUT, session: "b" });
      expect(await first({ code: GET })).toBe("undefined");
      expect(await chat(runtime, { session: id })({ code: GET, session: "b" })).toBe("number");
      // No name leads to the session of another chat, however the names are put together.
      await chat(runtime, { session: `${id}:c` })({ code: PUT });
      for (const session of ["c", ":c", id, `${id}:c`])
        expect(await first({ code: GET, session })).toBe("undefined");
      expect(await chat(runtime, { session: `${way}` })({ code: GET, session: "a:b" })).toBe(
        "undefined",
      );
    });

    test("a scope is shared by those that have it, and `false` is that of the runtime", async () => {
      const scope = `${way}-scope`;
      await chat(runtime, { scope })({ code: PUT, session: "s" });
      expect(await chat(runtime, { scope })({ code: GET, session: "s" })).toBe("number");
      expect(await chat(runtime, { scope, user: "ann" })({ code: GET, session: "s" })).toBe(
        "undefined",
      );
      expect(await runtime.findSession("s")).toBe(undefined);
      await chat(runtime, { scope: false })({ code: PUT, session: way });
      expect((await runtime.findSession(way))?.declared).toEqual(["secret"]);
    });

    test("tools get the user, and nothing of sessions and scopes", async () => {
      const code = "await tools.demo.who({})";
      expect(await chat(runtime, { user: "ann", session: "w" })({ code })).toBe("ann");
      expect(await chat(runtime, { user: "ann" })({ code, session: "w" })).toBe("ann");
      expect(await chat(runtime)({ code, session: "w" })).toBe("nobody");
    });
  });
});

describe("with one runtime", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    const tools = { demo: { ping: () => "pong" } };
    runtime = await createRuntime({ engine: "quickjs", placement: "inline", tools });
  });
  afterAll(() => runtime.close());

  test("two connections to an MCP server over HTTP do not meet", async () => {
    await using handler = new McpHttpHandler({ createServer: () => createMcpServer(runtime) });
    const fetch = async (url: string | URL, init?: RequestInit): Promise<Response> =>
      await handler.fetch(new Request(url, init));
    const connect = async (): Promise<Client> => {
      const client = new Client({ name: "t", version: "1" });
      const url = new URL("http://localhost/mcp");
      await client.connect(new StreamableHTTPClientTransport(url, { fetch }) as never);
      return client;
    };
    const [one, two] = [await connect(), await connect()];
    const run = async (client: Client, code: string): Promise<unknown> => {
      const params = { name: "execute_code", arguments: { code, session: "s" } };
      const { content } = await client.callTool(params);
      return (content as { text: string }[])[0]!.text;
    };
    expect(await run(one, PUT)).toBe("put");
    expect(await run(one, GET)).toBe("number");
    expect(await run(two, GET)).toBe("undefined");
    await Promise.all([one.close(), two.close()]);
  });

  test("limits hold for each program, in a session and without one", async () => {
    const limits = { toolCalls: 0, wallMs: 60_000, memoryMb: 32 };
    const { execute } = agentTools(runtime, { limits }).at(-1)!;
    for (const session of [undefined, "l"]) {
      const { structured } = await execute({ code: "await tools.demo.ping()", session });
      expect(structured).toMatchObject({ ok: false, error: { code: "call_limit" } });
    }
    const small = agentTools(runtime, { limits: { resultBytes: 256 } }).at(-1)!;
    const { structured } = await small.execute({ code: "'x'.repeat(2_000)" });
    expect(structured).toMatchObject({ truncated: { value: expect.any(Number) } });
  });

  test("without a user each chat has a share of its own; all together have the cap of the process", async () => {
    await using small = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      sessions: { maxPerUser: 2, max: 6 },
    });
    const run = async (options: Options, session?: string): Promise<string> => {
      const { execute } = agentTools(small, options).at(-1)!;
      return (await execute({ code: "'ran'", session })).text;
    };
    // Neither those without a chat nor those of another one count.
    for (const id of ["1", "2"]) await small.session(id);
    await expect(small.session("3")).rejects.toThrow("no user has 2 sessions");
    expect(await run({ session: "a" })).toBe("ran");
    expect(await run({ session: "a" }, "more")).toBe("ran");
    expect(await run({ session: "a" }, "most")).toMatch(/^quota_exceeded: this chat has 2/);
    expect(await run({ session: "b" })).toBe("ran");
    expect(await run({ session: "a" })).toBe("ran");
    expect(await run({ scope: "c" }, "s")).toBe("ran");
    expect(await run({ scope: "d" }, "s")).toMatch(/^quota_exceeded: there are 6 sessions/);
    for (const id of ["1", "2", "a"]) await (await small.session(id)).close();
    // Those of one user count together.
    expect(await run({ user: "ann", scope: "c" }, "s")).toBe("ran");
    expect(await run({ user: "ann", scope: "d" }, "s")).toBe("ran");
    expect(await run({ user: "ann", scope: "e" }, "s")).toMatch(
      /^quota_exceeded: user 'ann' has 2/,
    );
  });

  test("a session that the model names oddly is refused, and does no harm", async () => {
    const { execute } = agentTools(runtime).at(-1)!;
    const named = async (session: unknown): Promise<string> =>
      (await execute({ code: "typeof x", session })).text;
    for (const session of ["__proto__", "constructor", "toString"])
      expect(await named(session)).toBe("undefined");
    for (const session of ["", "a/b", "a b", "x".repeat(10_000), "\ud800"]) {
      const text = await named(session);
      expect(text).toMatch(/^config_error: the session's id must be 1 to 200 letters/);
      expect(text.length).toBeLessThan(500);
    }
    for (const session of [7, {}, ["a"]])
      expect(await named(session)).toMatch(/^invalid_arguments: session must be a name/);
  });

  test("options that make no sense are refused, each with what it must be", () => {
    const refused: [unknown, RegExp][] = [
      [{ session: "a b" }, /^session is "a b"; it must be 1 to 200 letters/],
      [{ session: 7 }, /^session is 7; it must be 1 to 200/],
      [{ session: "" }, /^session is ""/],
      [{ scope: true }, /^scope is true/],
      [{ scope: "../x" }, /^scope is/],
      [{ user: "" }, /^user must be a text/],
      [{ user: 1 }, /^user must be a text/],
      [{ limits: { wallMS: 1 } }, /wallMS is not a limit/],
      [{ limits: 7 }, /^limits must be an object/],
      [{ typeCheck: "on" }, /^typeCheck is "on"; it must be "auto" or false/],
      [{ onProgress: "x" }, /^onProgress must be a function, not a string/],
      [{ sesion: "a" }, /^sesion is not a setting; did you mean session\?/],
      [{ names: { run: "x" } }, /^names.run is not a setting/],
      [null, /^the options of agentTools must be an object, not null/],
    ];
    for (const [options, message] of refused)
      for (const make of [agentTools, codecellTools])
        expect(() => make(runtime, options as never), String(message)).toThrow(message);
    for (const none of [undefined, null, "x", {}, { runtime }])
      for (const make of [agentTools, codecellTools])
        expect(() => make(none as never)).toThrow(/^the tools of agents are those of a runtime/);
  });
});
