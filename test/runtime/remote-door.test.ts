/** The door of a service for the runtimes whose placement it is: no request passes it that `run` would not pass. */
import { once } from "node:events";
import { connect } from "node:net";
import * as fc from "fast-check";
import { afterAll, beforeAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_LIMITS, type Limits, type Runtime } from "../../src/index.ts";
import type { SavedVm } from "../../src/engine/engine.ts";
import { readToHost } from "../../src/placement/channel/read-message.ts";
import { writeToWorker } from "../../src/placement/channel/write-message.ts";
import { ConnectionClock } from "../../src/runtime/connection-clock.ts";
import { type RunningService, type ServeSettings, startService } from "../../src/serve/index.ts";
import { type Client, dial } from "../support/dial.ts";
import { frame } from "../support/fake-worker.ts";
import { loopDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const KEY = "a-key-of-ann-0123456789";
const OTHER = "a-key-of-bob-0123456789";
const auth = {
  apiKeys: [
    { key: KEY, user: "ann" },
    { key: OTHER, user: "bob" },
  ],
};
const FOR_EVER = "for (;;) {}";

interface Door {
  readonly host: Runtime;
  readonly service: RunningService;
}

async function open(
  engine: "v8" | "quickjs",
  settings: ServeSettings = {},
  limits: Partial<Limits> = {},
): Promise<Door> {
  const workers = { max: 2, spare: 1 };
  const host = await createRuntime({ engine, placement: "process", workers, limits });
  return { host, service: await startService(host, { port: 0, auth, ...settings }) };
}

async function greeted(service: RunningService, engine: string, key = KEY): Promise<Client> {
  const client = await dial(service.url, key);
  client.say(["engine", { name: engine }]);
  await client.hear("ready");
  return client;
}

async function goesOn({ host }: Door): Promise<void> {
  expect(await value(host.run("'goes on'"))).toBe("goes on");
}

function restore(client: Client, saved: SavedVm, limits: Limits = DEFAULT_LIMITS): void {
  const text = writeToWorker({ type: "open", limits, keep: { saved } });
  const end = text.indexOf("\n");
  client.say(JSON.parse(text.slice(0, end)) as unknown[], text.slice(end + 1), saved.image);
}

/** A VM of the service's engine, saved after one program. */
async function savedVm(service: RunningService, engine: string, key = KEY): Promise<SavedVm> {
  const client = await greeted(service, engine, key);
  client.say(["open", DEFAULT_LIMITS, {}]);
  await client.hear("opened");
  client.say(["runKept", DEFAULT_LIMITS, false], "let n = 1");
  await client.hear("outcome");
  client.say(["save"]);
  const saved = readToHost(await client.hear("saved"), client.heardBytes.at(-1));
  client.end();
  if (saved.type !== "saved") throw new Error("not saved");
  return saved.vm;
}

/** The same VM with a journal of the attacker's making. */
function forged(vm: SavedVm, program: string): SavedVm {
  const journal = JSON.parse(Buffer.from(vm.image).toString()) as unknown[][];
  const begin = journal.find(([kind]) => kind === "start")!;
  return { ...vm, image: Buffer.from(JSON.stringify([["start", program, begin[2]], ...journal])) };
}

describe("a saved VM of a forged journal", () => {
  let door: Door;
  let vm: SavedVm;
  beforeAll(async () => {
    door = await open("v8", {}, { cpuMs: 500, memoryMb: 32 });
    vm = await savedVm(door.service, "v8");
  });
  afterAll(() => door.service.stop());

  test.each([
    ["computes without end", `(async () => { ${FOR_EVER} })`],
    ["computes without end before its function", `(() => { ${FOR_EVER} })()`],
    [
      "computes again and again",
      `(async () => { const t = Date.now(); while (Date.now() - t < 300); })`,
    ],
    [
      "fills the memory",
      "(async () => { const all = []; for (;;) all.push('x'.repeat(2 ** 20) + all.length) })",
    ],
    [
      "cannot be interrupted",
      "(async () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1))",
    ],
  ])("that %s is refused, and costs what a run costs", async (_, program) => {
    const client = await greeted(door.service, "v8");
    // What it asks for is more than it gets.
    restore(client, forged({ ...vm, runs: 1_000_000 }, program), {
      ...DEFAULT_LIMITS,
      cpuMs: 3_600_000,
      memoryMb: 4_096,
    });
    const refused = await client.hear("refused");
    expect(refused).toMatch(/^\["refused","(config_error|cpu_limit|memory|worker_crashed)"/);
    client.end();
    await goesOn(door);
  });

  test("a sound one is restored", async () => {
    const client = await greeted(door.service, "v8");
    restore(client, vm);
    await client.hear("opened");
    client.say(["runKept", DEFAULT_LIMITS, false], "n + 1");
    expect(await client.hear("outcome")).toMatch(/\n2$/);
    client.end();
  });
});

describe.each(["quickjs", "v8"] as const)("%s: admission", (engine) => {
  let door: Door;
  beforeAll(async () => {
    const rateLimit = { runs: 3, perSeconds: 3_600 };
    door = await open(engine, { rateLimit });
  });
  afterAll(() => door.service.stop());

  test("is asked for by open, restore, run and a run of a session alike, also where they are large", async () => {
    const vm = await savedVm(door.service, engine); // two of three
    const client = await greeted(door.service, engine);
    client.say(["open", DEFAULT_LIMITS, {}]);
    await client.hear("opened");
    client.say(["runKept", DEFAULT_LIMITS, false], "1");
    expect(await client.hear("outcome")).toContain('"code":"rate_limited"');
    client.say(["runKept", DEFAULT_LIMITS, true], "1");
    expect(await client.hear("outcome")).toContain('"code":"rate_limited"');
    client.say(["run", DEFAULT_LIMITS], `/* ${"x".repeat(200_000)} */ 1`);
    expect(await client.hear("outcome")).toContain('"code":"rate_limited"');
    await client.hear("ready");
    client.say(["end"]);
    await client.hear("ready");
    client.say(["open", DEFAULT_LIMITS, {}]);
    expect(await client.hear("refused")).toContain('["refused","rate_limited"');
    restore(client, vm);
    expect(await client.hear("refused")).toContain('["refused","rate_limited"');
    client.end();
    // It was the rate of one user.
    const other = await greeted(door.service, engine, OTHER);
    other.say(["run", DEFAULT_LIMITS], "1");
    expect(await other.hear("outcome")).toContain('"ok":true');
    other.end();
  });

  test("a refused run costs its client no connection, and reports why", async () => {
    await using runtime = await createRuntime({
      engine,
      placement: { remote: door.service.url, token: KEY },
      workers: { max: 1, spare: 0 },
    });
    for (let run = 0; run < 3; run++)
      expect(await runtime.run("1")).toMatchObject({ ok: false, error: { code: "rate_limited" } });
    const session = await runtime.session("s");
    expect(await session.run("1")).toMatchObject({ ok: false, error: { code: "rate_limited" } });
  });

  test("a message of names that is not admitted ends its client's requests", async () => {
    const client = await greeted(door.service, engine);
    client.say(["names"], `2\n${"server\ta\ta\tA\n".repeat(20_000)}server\tb\tb\tB`);
    client.say(["run", DEFAULT_LIMITS], "1");
    const outcome = await client.hear("outcome");
    expect(outcome).toContain('"code":"rate_limited"');
    expect(outcome).toContain('"clean":false');
    client.end();
  });
});

describe("limits", () => {
  let door: Door;
  beforeAll(async () => {
    door = await open("quickjs", {}, { cpuMs: 300, sourceBytes: 100_000, toolCalls: 3 });
  });
  afterAll(() => door.service.stop());

  test("of a run, a session's run and a resumed one are never above the service's own", async () => {
    const most = { ...DEFAULT_LIMITS, cpuMs: 3_600_000, toolCalls: 1_000_000, wallMs: 86_400_000 };
    const client = await greeted(door.service, "quickjs");
    client.say(["run", most], FOR_EVER);
    expect(await client.hear("outcome")).toContain('"code":"cpu_limit"');
    client.end();
    for (const resume of [false, true]) {
      const other = await greeted(door.service, "quickjs");
      other.say(["open", most, {}]);
      await other.hear("opened");
      other.say(["runKept", most, resume], FOR_EVER);
      expect(await other.hear("outcome")).toMatch(/"code":"(cpu_limit|timeout)"/); // nothing is there to resume
      other.end();
    }
    await goesOn(door);
  });

  test("of all bytes hold for the answers of a client too, while the program reads none", async () => {
    const patient = await open("quickjs", {}, { cpuMs: 60_000 });
    const client = await greeted(patient.service, "quickjs");
    client.say(["names"], "1\nserver\tdemo\tdemo\tDemo\ntool\techo\techo\tdemoEcho");
    const calls = "for (let at = 0; at < 3; at++) tools.demo.echo(at).catch(() => {});";
    const limits = { ...DEFAULT_LIMITS, cpuMs: 60_000, bridgeBytes: 10_000 };
    const begun = "await new Promise((done) => setTimeout(done, 10));";
    client.say(["run", limits], `${calls} ${begun} ${FOR_EVER}`);
    for (let at = 0; at < 3; at++) await client.hear("call");
    for (let call = 1; call <= 3; call++)
      client.say(["answer", call], JSON.stringify("x".repeat(5_000)));
    expect(await client.hear("outcome")).toContain('"code":"output_limit"');
    client.end();
    await goesOn(patient);
    await patient.service.stop();
  });

  test("a program over the size is refused before it is received, and the next one is not", async () => {
    const client = await greeted(door.service, "quickjs");
    client.say(["run", DEFAULT_LIMITS], `/* ${"x".repeat(250_000)} */ 1`);
    expect(await client.hear("outcome")).toContain('"code":"source_too_large"');
    await client.hear("ready");
    client.say(["run", DEFAULT_LIMITS], "1");
    expect(await client.hear("outcome")).toContain('"ok":true');
    client.end();
  });
});

describe("a connection", () => {
  let door: Door;
  beforeAll(async () => {
    door = await open("quickjs", { requestMs: 500 });
  });
  afterAll(() => door.service.stop());
  afterEach(async () => {
    await goesOn(door);
  });

  const run = ["run", DEFAULT_LIMITS] as const;
  const wait = "await new Promise((done) => setTimeout(done, 20_000))";

  test.each<
    [what: string, messages: readonly (readonly [head: readonly unknown[], body?: string])[]]
  >([
    ["names its engine twice", [[["engine", { name: "quickjs" }]]]],
    [
      "sends names again and again",
      [
        [["names"], "1"],
        [["names"], "2"],
      ],
    ],
    ["answers what nobody asked", [[["answer", 1], "1"]]],
    ["answers what nobody asked, at length", [[["answer", 1], "x".repeat(8_000_000)]]],
    ["aborts what does not run", [[["abort"]]]],
    ["aborts twice", [[run, wait], [["abort"]], [["abort"]]]],
    ["ends what it has not opened", [[["end"]]]],
    [
      "runs two programs at once",
      [
        [run, wait],
        [run, "1"],
      ],
    ],
    [
      "runs a large program beside another one",
      [
        [run, wait],
        [run, `/* ${"x".repeat(100_000)} */`],
      ],
    ],
    ["sends names of 3 MB", [[["names"], "\n".repeat(3_000_000)]]],
    ["sends a head of 3 MB", [[["save", "x".repeat(3_000_000)]]]],
    ["sends a head of 100 KB", [[["run", "x".repeat(100_000)], "1"]]],
    ["saves a hundred times at once", Array.from({ length: 100 }, () => [["save"]] as const)],
    [
      "opens a hundred times at once",
      Array.from({ length: 100 }, () => [["open", DEFAULT_LIMITS, {}]] as const),
    ],
  ])("that %s is closed", async (_, messages) => {
    const client = await greeted(door.service, "quickjs");
    for (const [head, body] of messages) client.say(head, body);
    await client.closed;
  });

  test("that does not begin with its engine is closed", async () => {
    const client = await dial(door.service.url, KEY);
    client.say(run, "1");
    await client.closed;
  });

  const header = (bytes: number): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes);
    return length;
  };
  /** The beginning of a request to open a VM with an image of 50 MB. */
  const largeOpen = (): Buffer =>
    frame('["open",{},{}]\n', Buffer.alloc(50_000_000)).subarray(0, 60_000);

  test("that announces 400 MB is closed at once", async () => {
    const client = await greeted(door.service, "quickjs");
    client.stream.write(Buffer.concat([header(400_000_000), Buffer.from('["open"')]));
    await client.closed;
  });

  test.each<[what: string, bytes: Buffer]>([
    ["a header", Buffer.from([0])],
    ["a small message", Buffer.concat([header(100), Buffer.from('["run"')])],
    ["a large message", largeOpen()],
  ])("that does not end %s in time is closed", async (_, bytes) => {
    const client = await greeted(door.service, "quickjs");
    client.stream.write(bytes);
    await client.closed;
  });

  test("that sends one WebSocket message of many megabytes is closed before it is held", async () => {
    const client = await greeted(door.service, "quickjs");
    client.webSocket.send(Buffer.alloc(5_000_000));
    await client.closed;
  });

  test("that is refused is ended, though its client does not end it", async () => {
    const { port } = new URL(door.service.url);
    const socket = connect({ port: Number(port), allowHalfOpen: true });
    socket.write(
      [
        "GET /remote HTTP/1.1",
        `Host: localhost:${port}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "\r\n",
      ].join("\r\n"),
    );
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    await once(socket, "end");
    expect(answer).toContain("401");
    // What is written to a connection that has ended is answered by a reset.
    const reset = once(socket, "close").catch(() => {});
    socket.on("error", () => {});
    const writing = setInterval(() => socket.write("x"), 20);
    await reset;
    clearInterval(writing);
  });

  test("one large message of a user at a time is held", async () => {
    const first = await greeted(door.service, "quickjs");
    const second = await greeted(door.service, "quickjs");
    first.stream.write(largeOpen());
    let closed = 0;
    void first.closed.then(() => (closed ||= 1));
    void second.closed.then(() => (closed ||= 2));
    second.stream.write(largeOpen());
    await first.closed;
    expect(closed).toBe(1); // the time of the second begins now
    await second.closed;
  });

  test("whatever is sent in whatever order, the service goes on for others", async () => {
    const body = fc.constantFrom("", "1", wait, "{}", "1\nserver\ta\ntool\tb", "x".repeat(70_000));
    const limits = fc.constantFrom<unknown>(DEFAULT_LIMITS, {}, { memoryMb: 16 }, { toString: 1 }, [
      [],
    ]);
    const message = fc.oneof(
      fc.tuple(
        fc.tuple(
          fc.constantFrom("run", "open", "runKept"),
          limits,
          fc.constantFrom<unknown>({}, true, null),
        ),
        body,
      ),
      fc.tuple(
        fc.tuple(fc.constantFrom("save", "end", "abort", "engine", "names"), fc.jsonValue()),
        body,
      ),
      fc.tuple(fc.tuple(fc.constant("answer"), fc.nat(3)), body),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const client = await greeted(door.service, "quickjs");
        for (const [head, text] of messages) client.say(head, text);
        await new Promise((resolve) => setTimeout(resolve, 5));
        client.end();
        await client.closed;
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test.each([
    ["lines", "\n".repeat(2_000_000)],
    ["fields", "\t".repeat(2_000_000)],
    ["escapes", `1\nserver\t${"\\n".repeat(990_000)}`],
    ["servers", `1\n${"server\n".repeat(24_000)}server`],
    ["lists", `[${"[],".repeat(690_000)}[]]`],
  ])("names as large as they may be delay nobody: %s", async (_, names) => {
    const client = await greeted(door.service, "quickjs");
    const { delayMs } = await loopDelay(async () => {
      client.say(["names"], names);
      client.say(["save"]);
      await Promise.race([client.closed, client.hear("refused")]);
    });
    client.end();
    expect(delayMs).toBeLessThan(2 * MAX_DELAY_MS); // the client is in this process too
  });
});

describe("the clock of a connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function clocked(isUsed: () => boolean): { clock: ConnectionClock; ended: () => boolean } {
    let isOpen = true;
    const channel = {
      closed: new Promise<undefined>(() => {}),
      close: () => void (isOpen = false),
      send: async () => {},
      onMessage: () => {},
      limit: () => {},
    };
    const clock = new ConnectionClock(channel, { idleMs: 60_000, isUsed });
    return { clock, ended: () => !isOpen };
  }

  test("ends one that does not name its engine", () => {
    const { ended } = clocked(() => false);
    vi.advanceTimersByTime(9_999);
    expect(ended()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(ended()).toBe(true);
  });

  test("ends one that is not used, and no other", () => {
    let isUsed = true;
    const { clock, ended } = clocked(() => isUsed);
    clock.greeted();
    vi.advanceTimersByTime(600_000);
    expect(ended()).toBe(false);
    isUsed = false;
    vi.advanceTimersByTime(59_000);
    clock.heard();
    vi.advanceTimersByTime(59_000);
    expect(ended()).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(ended()).toBe(true);
  });
});

test("a connection that holds an admission and asks for nothing is closed", async () => {
  const door = await open("quickjs", { remoteIdleMs: 300, parallelRuns: 1 });
  const silent = await greeted(door.service, "quickjs");
  silent.say(["names"], `2\n${"server\ta\ta\tA\n".repeat(20_000)}server\tb\tb\tB`);
  await silent.closed;
  const next = await greeted(door.service, "quickjs");
  next.say(["run", DEFAULT_LIMITS], "1");
  expect(await next.hear("outcome")).toContain('"ok":true');
  next.end();
  await door.service.stop();
});

test("each user has a few connections", async () => {
  const door = await open("quickjs", { remoteConnections: 4 });
  const { url } = door.service;
  const clients = await Promise.all(Array.from({ length: 4 }, () => dial(url, KEY)));
  await expect(dial(url, KEY)).rejects.toThrow("status 429");
  (await dial(url, OTHER)).end();
  for (const client of clients) client.end();
  const again = await vi.waitFor(() => dial(url, KEY), 10_000);
  again.end();
  await door.service.stop();
});

test("a runtime whose idle connections were ended opens others, and its sessions go on", async () => {
  const door = await open("quickjs", { remoteIdleMs: 2_000 });
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: { remote: door.service.url, token: KEY },
  });
  const session = await runtime.session("s");
  await session.run("let n = 1");
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(await value(runtime.run("1"))).toBe(1);
  expect(await value(session.run("n + 1"))).toBe(2);
  await door.service.stop();
});
