/** The messages between host and worker: what is sent arrives, and nothing else passes. */
import { duplexPair } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { DEFAULT_LIMITS } from "../../src/index.ts";
import type { Outcome, SavedVm } from "../../src/engine/engine.ts";
import { ProtocolError } from "../../src/placement/channel/fields.ts";
import { readToHost, readToWorker } from "../../src/placement/channel/read-message.ts";
import { writeToHost, writeToWorker } from "../../src/placement/channel/write-message.ts";
import { WorkerClient } from "../../src/placement/pool/worker-client.ts";
import type { ToHost, ToWorker } from "../../src/placement/channel/protocol.ts";

const limits = DEFAULT_LIMITS;
const usage = { cpuMs: 1.5, peakBytes: 1_000, compileMs: 0.25 };
const vm: SavedVm = {
  engine: "quickjs 1",
  image: Buffer.from([1, 2, 255]),
  runs: 3,
  running: true,
  drawn: 7,
  timers: [[1, 20]],
  calls: [{ id: 2, kind: "call", server: "demo", tool: "echo", args: '"\n"' }],
  answers: [[3, "text"]],
};
const names = {
  version: "v1",
  servers: [
    {
      name: "my server",
      alias: "myServer",
      className: "MyServerTools",
      folder: "my-server",
      remote: true,
      tools: [{ name: "a/b", alias: "aB", flat: "my_server_a_b", file: "a-b" }],
    },
  ],
  fetch: true,
};

const TO_WORKER: readonly ToWorker[] = [
  { type: "engine", engine: { name: "v8", module: "file:///v8.mjs", options: { a: [1] } } },
  { type: "names", names },
  { type: "run", limits, source: "return 1\n\n// two lines" },
  { type: "open", limits, keep: {} },
  { type: "open", limits, keep: { seed: "s", now: -1, saved: vm } },
  { type: "runKept", limits, resume: true, source: "" },
  { type: "save" },
  { type: "end" },
  { type: "abort" },
  { type: "answer", call: 7, answer: '{"a":"\n"}' },
];

const TO_HOST: readonly ToHost[] = [
  { type: "ready" },
  { type: "unavailable", message: "no such addon", hint: "install it" },
  { type: "unavailable", message: "no such addon" },
  { type: "opened" },
  { type: "saved", vm },
  { type: "refused", error: { code: "config_error", message: "no", hint: "yes" } },
  { type: "call", call: 1, server: "demo", tool: "echo", id: 2, again: true, args: "1\n2" },
  { type: "called", record: { tool: "a.b", ok: false, ms: 1.5, bytes: 3, error: "no" } },
  { type: "log", level: "warn", text: "one\ntwo" },
  { type: "dropped", bytes: 12 },
  { type: "idle" },
  { type: "busy" },
  { type: "outcome", outcome: { ok: true, value: '"\n"', usage, clean: true, declares: ["a"] } },
  { type: "outcome", outcome: { ok: true, usage, clean: false } },
  {
    type: "outcome",
    outcome: {
      ok: false,
      error: {
        code: "tool_error",
        name: "ToolError",
        message: "no",
        line: 1,
        column: 2,
        hint: "yes",
        tool: "a.b",
      },
      usage,
      clean: true,
    },
  },
];

test.each(TO_WORKER)("$type arrives at a worker as it was sent: %#", (message) => {
  expect(readToWorker(writeToWorker(message))).toEqual(message);
});

test.each(TO_HOST)("$type arrives at a host as it was sent: %#", (message) => {
  expect(readToHost(writeToHost(message))).toEqual(message);
});

test("a large text is sent as it is, behind the head", () => {
  const args = '"'.repeat(1_000);
  const text = writeToHost({ ...(TO_HOST[6] as ToHost & { type: "call" }), args });
  expect(text).toBe(`["call",1,"demo","echo",2,true]\n${args}`);
});

test("what a program or a tool makes long is cut by a sound worker, and accepted", () => {
  const long = "\u0001".repeat(1_000_000);
  const declares = Array.from({ length: 20_000 }, (_, at) => `name${at}`);
  const error = { code: "tool_error", name: long, message: long, hint: long, tool: long } as const;
  const outcome = { ok: false, error, usage, clean: true, declares } as const;
  const call = { type: "call", call: 1, server: long, tool: long, id: 1, again: false } as const;
  const record = { tool: long, ok: false, ms: 1, bytes: 1, error: long };
  for (const message of [
    { type: "outcome", outcome },
    { ...call, args: "1" },
    { type: "called", record },
    { type: "refused", error: { code: "internal", message: long, hint: long } },
    { type: "unavailable", message: long, hint: long },
  ] satisfies ToHost[])
    expect(JSON.stringify(readToHost(writeToHost(message))).length).toBeLessThan(500_000);
});

const DEEP = "[".repeat(200_000) + "]".repeat(200_000);
/** What a forged field can be, as JSON. */
const FORGED = [
  '{"toString":1}',
  '{"toString":null,"valueOf":null}',
  '{"__proto__":{"polluted":true},"length":1e9}',
  "1e300",
  "1e999",
  "-1",
  "0.5",
  "null",
  "true",
  "[]",
  '"__proto__"',
  `"${"x".repeat(100_000)}"`,
  DEEP,
];
/** Heads of messages to a host, with a hole for a forged field. */
const HEADS_TO_HOST = [
  "_",
  "[_]",
  '["ready",_]',
  '["unavailable",_,_]',
  '["opened",_]',
  '["saved",_]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[[1,_]],"calls":[],"answers":[]}]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[],"calls":[_],"answers":[]}]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[],"calls":[],"answers":[_]}]',
  '["refused",_,_,_]',
  '["call",_,"s","t",1,false]',
  '["call",1,_,"t",1,false]',
  '["call",1,"s",_,1,false]',
  '["call",1,"s","t",_,_]',
  '["called",_]',
  '["called",{"tool":_,"ok":_,"ms":_,"bytes":_,"error":_}]',
  '["log",_]',
  '["dropped",_]',
  '["idle",_]',
  '["outcome",_,_]',
  '["outcome",{"ok":_},true]',
  '["outcome",{"ok":true,"usage":_,"clean":_},true]',
  '["outcome",{"ok":true,"usage":{"cpuMs":_,"peakBytes":_,"compileMs":_}},false]',
  '["outcome",{"ok":true,"declares":_},false]',
  '["outcome",{"ok":true,"declares":[_]},false]',
  '["outcome",{"ok":false,"error":_},false]',
  '["outcome",{"ok":false,"error":{"code":_,"name":"n","message":"m"}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":_,"message":"m"}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":"n","message":_}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":"n","message":"m","line":_,"column":_,"hint":_,"tool":_}},false]',
];
const HEADS_TO_WORKER = [
  "_",
  "[_]",
  '["engine",_]',
  '["engine",{"name":_,"module":_}]',
  '["names",_]',
  '["run",_]',
  '["run",{"memoryMb":_,"cpuMs":_}]',
  '["open",_,_]',
  '["open",{},{"seed":_}]',
  '["open",{},{"now":_}]',
  '["open",{},{"saved":_}]',
  '["runKept",{},_]',
  '["answer",_]',
  '["abort",_]',
];

/** Whether all of it is as small and plain as a checked message is. */
function isSane(value: unknown, depth = 0): boolean {
  if (depth > 8) return false;
  if (typeof value === "string") return value.length <= 100_000;
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((part) => isSane(part, depth + 1));
}

function readOrRefuse<Message>(read: (text: string) => Message, text: string): Message | undefined {
  try {
    return read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message.length).toBeLessThan(200);
    return undefined;
  }
}

test.each(HEADS_TO_HOST)(
  "whatever is forged in %s to a host is refused or made harmless",
  (head) => {
    for (const forged of FORGED)
      expect(isSane(readOrRefuse(readToHost, `${head.replaceAll("_", forged)}\n"body"`))).toBe(
        true,
      );
  },
);

test.each(HEADS_TO_WORKER)("whatever is forged in %s to a worker is refused", (head) => {
  for (const forged of FORGED)
    readOrRefuse(readToWorker, `${head.replaceAll("_", forged)}\n${forged}`);
});

const types = [...new Set([...TO_HOST, ...TO_WORKER].map(({ type }) => type))];
const anyHead = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom<unknown>(...types) }, fc.jsonValue()),
    fc.array(fc.jsonValue(), { maxLength: 6 }),
  )
  .map(([type, fields]) => JSON.stringify([type, ...fields]));

test("any head with any body is refused or made harmless", () => {
  fc.assert(
    fc.property(anyHead, fc.string({ unit: "binary" }), (head, body) => {
      const text = `${head}\n${body}`;
      readOrRefuse(readToWorker, text);
      expect(isSane(readOrRefuse(readToHost, text))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each(["log", "call", "shutdown"])("a head of megabytes is refused unread: %s", (type) => {
  const text = `["${type}",[${"[],".repeat(1_000_000)}[]]]\n`;
  expect(() => readToHost(text)).toThrow("it sent a message with a head of 30000");
});

/** A host's side of a worker that is played by hand. */
function fakeWorker(): {
  client: WorkerClient;
  send: (text: string) => void;
  received: readonly string[];
} {
  const [near, far] = duplexPair();
  const exit = Promise.withResolvers<{ outOfMemory: boolean; detail: string; lastWords: string }>();
  const kill = (): void => {
    far.destroy();
    exit.resolve({ outOfMemory: false, detail: "killed", lastWords: "" });
  };
  const handle = {
    channel: new FramedChannel(near, 1_000_000),
    kill,
    exited: exit.promise,
    usage: () => undefined,
    hold: () => {},
  };
  const client = new WorkerClient(handle, { name: "fake", module: "" });
  const worker = new FramedChannel(far, 1_000_000);
  const received: string[] = [];
  worker.onMessage((message) => received.push(message));
  const send = (text: string): void => void worker.send(text);
  send('["ready"]\n');
  return { client, send, received };
}

const request = { source: "1", limits, names: { version: "", servers: [] } };
const END = '["outcome",{"ok":true,"clean":true},false]\n';

function runIn(client: WorkerClient, host: object = {}): Promise<Outcome> {
  const noHost = { call: async () => "1", log: () => {}, dropped: () => {} };
  return client.run(request, { ...noHost, ...host }, new AbortController().signal);
}

describe("a run in a worker that has been taken over", () => {
  test.each(HEADS_TO_HOST)("ends with an outcome, whatever is forged in %s", async (head) => {
    for (const forged of FORGED) {
      const { client, send } = fakeWorker();
      await client.booted;
      const running = runIn(client);
      send(`${head.replaceAll("_", forged)}\n"body"`);
      send(END);
      const outcome = await running;
      expect(isSane(outcome)).toBe(true);
      client.kill();
    }
  });

  test("ends with worker_crashed where the host of the run throws", async () => {
    const { client, send } = fakeWorker();
    await client.booted;
    const running = runIn(client, {
      log: () => {
        throw new TypeError("a bug of ours");
      },
    });
    send('["log","info"]\ntext');
    expect(await running).toMatchObject({ ok: false, error: { code: "worker_crashed" } });
    expect(client.dead).toBe(true);
  });

  test("gets an answer for a call that the host of the run cannot make", async () => {
    const { client, send, received } = fakeWorker();
    await client.booted;
    const running = runIn(client, {
      call: () => {
        throw new TypeError("a bug of ours");
      },
    });
    send('["call",1,"demo","echo"]\n1');
    await expect.poll(() => received.at(-1)).toContain('["answer",1]\n!{"code":"internal"');
    send(END);
    expect(await running).toMatchObject({ ok: true });
  });

  test.each(["opened", "saved"])("a reply of the wrong kind to a question: %s", async (type) => {
    const { client, send } = fakeWorker();
    await client.booted;
    const asked = type === "opened" ? client.save() : client.open(limits, {});
    send(type === "opened" ? '["opened"]\n' : writeToHost({ type: "saved", vm }));
    await expect(asked).rejects.toMatchObject({ code: "worker_crashed" });
    expect(client.dead).toBe(true);
  });
});
