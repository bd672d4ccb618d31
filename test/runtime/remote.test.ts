/** Placement `{ remote }`: programs run at a service, tools may live on either side. */
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebSocketStream, WebSocket } from "ws";
import { DEFAULT_LIMITS, type Runtime, tool as localTool } from "../../src/index.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { type RunningService, startService } from "../../src/serve/index.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";
import { value } from "../support/value.ts";

const KEY = "a-key-of-ann-0123456789";

describe.each(["quickjs", "v8"] as const)("%s", (engine) => {
  let service: RunningService;
  let runtime: Runtime;
  const seen: string[] = [];
  let whoAsked = 0;
  const ended: string[] = [];
  class Named {
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
    }
    name(): string {
      return this.#name;
    }
    [Symbol.dispose](): void {
      ended.push(this.#name);
    }
  }
  const open = (name: unknown): Named => new Named(String(name));
  const there = {
    open,
    nameOf: (it: unknown) => (it as Named).name(),
    both: async () => "theirs",
    whoami: localTool({
      run: (_args, { user }) => {
        whoAsked++;
        return user;
      },
    }),
  };
  const here = {
    open,
    echo: async (v: unknown) => v,
    slow: async (ms: unknown) => {
      seen.push("slow");
      await new Promise((resolve) => setTimeout(resolve, Number(ms)));
      return "slept";
    },
  };
  beforeAll(async () => {
    const host = await createRuntime({
      engine,
      placement: "process",
      tools: { there, shared: there },
    });
    service = await startService(host, { port: 0, auth: { apiKeys: [{ key: KEY, user: "ann" }] } });
    runtime = await createRuntime({
      engine,
      placement: { remote: service.url, token: KEY },
      tools: { here, shared: { both: async () => "ours" } },
    });
  });
  afterAll(async () => {
    await runtime.close();
    await service.stop();
  });

  test("runs there, with tools of both sides, and reports all of it", async () => {
    const result = await runtime.run(
      `
        console.log('hello');
        [
          await tools.here.echo({ a: new Date(0) }),
          await tools.there.whoami(),
          await tools.shared.both(),
        ]
      `,
    );
    expect(result).toMatchObject({
      ok: true,
      value: [{ a: "1970-01-01T00:00:00.000Z" }, "ann", "ours"],
      logs: [{ text: "hello" }],
      usage: { engine, placement: "remote", toolCalls: 3 },
    });
    expect(result.calls.map(({ tool, ok }) => [tool, ok])).toEqual([
      ["here.echo", true],
      ["there.whoami", true],
      ["shared.both", true],
    ]);
  });

  test("objects with methods of both sides, also from run to run", async () => {
    ended.length = 0;
    const code = "[await mine.name(), await theirs.name()]";
    const opened = await runtime.run(
      `
        const mine = await tools.here.open('here');
        const theirs = await tools.there.open('there');
        const mixed = await tools.there.nameOf(mine).catch((error) => error.code);
        return [...${code}, await tools.there.nameOf(theirs), mixed]
      `,
    );
    expect(opened).toMatchObject({ value: ["here", "there", "there", "invalid_arguments"] });
    expect(ended.toSorted()).toEqual(["here", "there"]);
    const session = await runtime.session("handles");
    await value(
      session.run(
        "const mine = await tools.here.open('h'); const theirs = await tools.there.open('t'); 1",
      ),
    );
    expect(await value(session.run(code))).toEqual(["h", "t"]);
    await value(session.run("await mine.close(); 1"));
    await expect(session.snapshot()).rejects.toMatchObject({
      code: "not_serializable",
      message: expect.stringContaining("there.open (Named)"),
    });
    expect(await value(session.run("await theirs.name()"))).toBe("t");
    await session.close();
    await expect.poll(() => ended.toSorted()).toEqual(["h", "here", "t", "there"]);
  });

  test("tools of both sides can be found", async () => {
    const categories = (await runtime.listToolCategories()).map(({ name }) => name);
    expect(categories.toSorted()).toEqual(["here", "shared", "there"]);
    expect(await value(runtime.run("(await searchTools('whoami'))[0].call"))).toBe(
      "tools.there.whoami(args)",
    );
    expect(await value(runtime.run("import { both } from './tools/there'; both()"))).toBe("theirs");
  });

  test.each([
    "tools.There.Who_Am_I()",
    "there.whoAmI()",
    "there__whoami()",
    "tools['there.whoAmI']()",
    "callTool('There', 'who_am_i')",
    "new THERETools(mcpClient).whoami()",
    "(await import('./mcp-tools/There/who-am-i')).me()",
  ])("%s is the tool of the service", async (call) => {
    const result = await runtime.run(`return await ${call}`);
    expect(result).toMatchObject({ ok: true, value: "ann", calls: [{ tool: "there.whoami" }] });
    expect(
      await value(
        runtime.run("return [await callTool('Here.Echo', 1), await tools.Shared.Both()]"),
      ),
    ).toEqual([1, "ours"]);
  });

  test("failures, limits and aborts are as everywhere", async () => {
    expect(await runtime.run("const a = 1;\n  nothing.here")).toMatchObject({
      error: { code: "program_error", line: 2, column: 3 },
    });
    expect(await runtime.run("for (;;) {}", { limits: { cpuMs: 100 } })).toMatchObject({
      error: { code: "cpu_limit" },
    });
    expect(await runtime.run("for (;;) {}", { limits: { wallMs: 200 } })).toMatchObject({
      ok: false,
    });
    const signal = AbortSignal.timeout(100);
    expect(await runtime.run("await tools.here.slow(5_000)", { signal })).toMatchObject({
      error: { code: "aborted" },
    });
    expect(await value(runtime.run("'goes on'"))).toBe("goes on");
  });

  test("a limit of no calls is one of the tools there too", async () => {
    const before = whoAsked;
    expect(
      await runtime.run("await tools.there.whoami()", { limits: { toolCalls: 0 } }),
    ).toMatchObject({ ok: false, error: { code: "call_limit" } });
    expect(whoAsked).toBe(before);
  });

  test("sessions live there, and can be saved here", async () => {
    const session = await runtime.session("s");
    await session.run("let n = 1; const up = () => ++n");
    expect(await value(session.run("up()"))).toBe(2);
    const copy = await runtime.restore(await session.snapshot(), { id: "copy" });
    expect(await value(copy.run("up()"))).toBe(3);
    expect(await value(session.run("n"))).toBe(2);
    await session.close();
    await copy.close();
  });
});

/** A way to the service that can be cut. */
async function wire(target: string): Promise<{ url: string; cut(): void; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () => server.close(),
  };
}

test("a connection that is lost fails its run, calls nothing twice, and is made again", async () => {
  let calls = 0;
  let hanging = 0;
  let ended = 0;
  const far = {
    hang: localTool({
      run: (_args, { signal }) =>
        new Promise((resolve) => {
          hanging++;
          signal.addEventListener("abort", () => resolve(ended++));
        }),
    }),
  };
  const host = await createRuntime({ engine: "quickjs", placement: "inline", tools: { far } });
  await using service = await startService(host, { port: 0 });
  const line = await wire(service.url);
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: { remote: line.url },
    tools: { near: { pay: async () => ++calls } },
  });
  const running = runtime.run("await tools.near.pay(); await tools.far.hang()");
  expect(await until(() => calls === 1 && hanging === 1)).toBe(true);
  line.cut();
  const result = await running;
  expect(result).toMatchObject({
    ok: false,
    error: {
      code: "worker_crashed",
      message: expect.stringContaining("the connection to the service"),
    },
    calls: [{ tool: "near.pay", ok: true }],
  });
  expect(await until(() => ended === 1)).toBe(true); // nothing of the run goes on there
  expect(await value(runtime.run("await tools.near.pay()"))).toBe(2);
  line.close();
});

test.each([
  [
    async () => ({ remote: "http://127.0.0.1:9" }),
    "engine_unavailable",
    /the service at http:\/\/127\.0\.0\.1:9/,
  ],
  [
    async (url: string) => ({ remote: url, token: "wrong-key-0123456789" }),
    "engine_unavailable",
    /401/,
  ],
  [async () => ({ remote: "ftp://x" }), "config_error", /http or https/],
  [async () => ({ remote: "http://x", tocken: "x" }), "config_error", /placement\.token/],
])("a service that cannot be used is told of: %#", async (placement, code, message) => {
  const host = await createRuntime({ engine: "quickjs", placement: "inline" });
  await using service = await startService(host, { port: 0, auth: { apiKeys: [{ key: KEY }] } });
  const given = (await placement(service.url)) as { remote: string };
  await expect(createRuntime({ engine: "quickjs", placement: given })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test("runs from elsewhere count at the service as all others do", async () => {
  const host = await createRuntime({ engine: "quickjs", placement: "inline" });
  const events: unknown[] = [];
  host.on("run_end", ({ ok, user }) => events.push([ok, user]));
  await using service = await startService(host, {
    port: 0,
    auth: { apiKeys: [{ key: KEY, user: "ann" }] },
    rateLimit: { runs: 2, perSeconds: 60 },
  });
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: { remote: service.url, token: KEY },
  });
  expect(await value(runtime.run("1"))).toBe(1);
  expect(await runtime.run("nope")).toMatchObject({ error: { code: "program_error" } });
  expect(await runtime.run("1")).toMatchObject({ ok: false, error: { code: "rate_limited" } });
  expect(events).toEqual([
    [true, "ann"],
    [false, "ann"],
  ]);
});

test("and share it with the others there: what is too much is refused with a time to come back", async () => {
  const host = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    sharing: { maxPerUser: 1 },
  });
  const gate = new Gate();
  await using service = await startService(host, {
    port: 0,
    auth: { apiKeys: [{ key: KEY, user: "ann" }] },
  });
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: { remote: service.url, token: KEY },
    tools: { gate: { wait: gate.wait } },
  });
  const first = runtime.run("await tools.gate.wait('first')");
  expect(await until(() => gate.arrived === 1)).toBe(true);
  expect(await runtime.run("1")).toMatchObject({
    ok: false,
    error: { code: "rate_limited", hint: expect.stringContaining("Try again in 1 s") },
  });
  gate.open();
  expect(await value(first)).toBe("first");
});

test("another engine than the service's is refused by its name", async () => {
  const host = await createRuntime({ engine: "quickjs", placement: "inline" });
  await using service = await startService(host, { port: 0 });
  await expect(
    createRuntime({ engine: "v8", placement: { remote: service.url } }),
  ).rejects.toMatchObject({
    code: "engine_unavailable",
    message: expect.stringContaining("'quickjs'"),
  });
});

describe("what a client of the service cannot do", () => {
  let service: RunningService;
  let host: Runtime;
  beforeAll(async () => {
    host = await createRuntime({
      engine: "quickjs",
      placement: "process",
      workers: { max: 1, spare: 0 },
    });
    service = await startService(host, { port: 0 });
  });
  afterAll(() => service.stop());

  /** The protocol, spoken by hand. */
  async function dial(): Promise<{
    say(head: unknown[], body?: string): void;
    heard: string[];
    closed: Promise<unknown>;
    end(): void;
  }> {
    const webSocket = new WebSocket(`${service.url.replace("http", "ws")}/remote`);
    await new Promise((resolve) => webSocket.once("open", resolve));
    const channel = new FramedChannel(createWebSocketStream(webSocket), 1e7);
    const heard: string[] = [];
    channel.onMessage((message) => heard.push(message));
    return {
      heard,
      closed: channel.closed,
      say: (head, body = "") => void channel.send(`${JSON.stringify(head)}\n${body}`),
      end: () => webSocket.terminate(),
    };
  }
  const order = (message: string): number =>
    ['["ready"', '["refused"', '["outcome"'].findIndex((start) => message.startsWith(start));
  const goesOn = async (): Promise<void> => {
    expect(await value(host.run("'goes on'"))).toBe("goes on");
  };

  test.each(["a@b", "[", "a b", ""])("end it with a request of the host %j", async (name) => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    socket.write(
      `GET /remote HTTP/1.1\r\nHost: ${name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    let answer = "";
    socket.on("data", (data) => (answer += String(data))).on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    await goesOn();
  });

  test.each(["1\n", "1\ntool\ta", "1\nserver\ta\nnull", "[]", "{"])(
    "end it with names that are none: %s",
    async (names) => {
      const client = await dial();
      client.say(["engine", { name: "quickjs" }]);
      client.say(["names"], "1");
      client.say(
        ["run", DEFAULT_LIMITS],
        "await new Promise((r) => setTimeout(r, 100)); await fs.readdir('/')",
      );
      client.say(["names"], names);
      await new Promise((resolve) => setTimeout(resolve, 300));
      client.end();
      await goesOn();
    },
  );

  const nested = JSON.parse("[".repeat(1_000) + "]".repeat(1_000)) as unknown;
  test.each<[what: string, head: unknown[], body?: string]>([
    ["a type that is none", ["shutdown"]],
    ["a type that is no text", [{ toString: 1 }]],
    ["an engine that is no text", ["engine", { name: { toString: 1 } }]],
    ["an engine that is a nest", ["engine", { name: nested }]],
    ["no limits", ["run"], "1"],
    ["limits that are no numbers", ["run", { ...DEFAULT_LIMITS, memoryMb: { valueOf: 1 } }], "1"],
    ["limits out of range", ["run", { ...DEFAULT_LIMITS, wallMs: -1 }], "1"],
    ["an answer to no call", ["answer", nested], "1"],
    ["a VM that is none", ["open", DEFAULT_LIMITS, { saved: { engine: { toString: 1 } } }]],
    ["answers that are none", ["open", DEFAULT_LIMITS, { saved: { answers: nested } }]],
    ["names that are no list", ["names"], '{"version":"1","servers":{"length":1e9}}'],
    ["names without a server", ["names"], "1\ntool\ta\ta\ta"],
  ])("end it with %s: its connection is closed", async (_what, head, body) => {
    const client = await dial();
    client.say(["engine", { name: "quickjs" }]);
    client.say(head, body);
    await client.closed;
    await goesOn();
  });

  test("have two runs at a time", async () => {
    const client = await dial();
    client.say(["engine", { name: "quickjs" }]);
    for (let run = 0; run < 2; run++)
      client.say(["run", DEFAULT_LIMITS], "await new Promise((r) => setTimeout(r, 20_000))");
    await client.closed;
    await goesOn();
  });

  test("use a VM that it has not opened", async () => {
    const client = await dial();
    client.say(["engine", { name: "quickjs" }]);
    client.say(["save"]);
    client.say(["runKept", DEFAULT_LIMITS, false], "1");
    expect(await until(() => client.heard.length === 3)).toBe(true);
    const [, refused, outcome] = client.heard.toSorted((a, b) => order(a) - order(b));
    expect(refused).toBe('["refused","config_error","this connection has no VM",null]\n');
    expect(outcome).toContain("this connection has no VM");
    client.end();
  });

  test("keep a worker by going away while it is being leased, or by asking twice", async () => {
    const hasty = await dial();
    hasty.say(["engine", { name: "quickjs" }]);
    hasty.say(["open", DEFAULT_LIMITS, {}]);
    hasty.end();
    const greedy = await dial();
    greedy.say(["engine", { name: "quickjs" }]);
    greedy.say(["open", DEFAULT_LIMITS, {}]);
    greedy.say(["open", DEFAULT_LIMITS, {}]);
    expect(
      await until(() => greedy.heard.some((message) => message.startsWith('["refused"'))),
    ).toBe(true);
    // It holds the only worker and does nothing with it: whoever needs one gets it.
    await goesOn();
    greedy.end();
  });
});

describe.each(["quickjs", "v8"] as const)("%s: a service that is short of workers", (engine) => {
  test("takes that of a session whose objects are with its client: they are disposed of, and the loss is told", async () => {
    const ended: string[] = [];
    const open = (): object => ({ ping: () => "pong", close: () => void ended.push("closed") });
    const workers = { max: 1, spare: 0 };
    await using host = await createRuntime({ engine, placement: "process", workers });
    const apiKeys = [{ key: KEY, user: "ann" }];
    const service = await startService(host, { port: 0, auth: { apiKeys } });
    try {
      await using runtime = await createRuntime({
        engine,
        placement: { remote: service.url, token: KEY },
        tools: { here: { open } },
      });
      const session = await runtime.session("s");
      await value(session.run("const it = await tools.here.open(); 1"));
      expect(await value(session.run("await it.ping()"))).toBe("pong");
      expect(await value(runtime.run("'goes on'"))).toBe("goes on");
      await expect.poll(() => ended).toEqual(["closed"]);
      const lost = await session.run("await it.ping()");
      expect(lost).toMatchObject({ ok: false, error: { code: "worker_crashed" } });
      expect(JSON.stringify(lost)).toContain("(it)");
      expect(await value(session.run("typeof it"))).toBe("undefined");
    } finally {
      await service.stop();
    }
    expect(ended).toEqual(["closed"]);
  });
});
