/** The messages between host and worker: what is sent arrives, and nothing else passes. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/index.ts";
import type { SavedVm } from "../../src/engine/engine.ts";
import { ProtocolError } from "../../src/placement/channel/fields.ts";
import { readToHost, readToWorker } from "../../src/placement/channel/read-message.ts";
import { bytesOf, writeToHost, writeToWorker } from "../../src/placement/channel/write-message.ts";
import type { ToHost, ToWorker } from "../../src/placement/channel/protocol.ts";
import { END, fakeWorker, FORGED, HEADS_TO_HOST, isSane, runIn } from "../support/fake-worker.ts";

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
  {
    type: "outcome",
    outcome: { ok: true, value: '"\n"', usage, clean: true, declares: ["a"], givenUp: [1, 7] },
  },
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
  expect(readToWorker(writeToWorker(message), bytesOf(message))).toEqual(message);
});

test.each(TO_HOST)("$type arrives at a host as it was sent: %#", (message) => {
  expect(readToHost(writeToHost(message), bytesOf(message))).toEqual(message);
});

test.each([...TO_WORKER, ...TO_HOST].filter((message) => bytesOf(message) === undefined))(
  "bytes that come with $type are refused: %#",
  (message) => {
    const bytes = Buffer.from("bytes");
    const isToWorker = (TO_WORKER as readonly unknown[]).includes(message);
    const read = (): unknown =>
      isToWorker
        ? readToWorker(writeToWorker(message as ToWorker), bytes)
        : readToHost(writeToHost(message as ToHost), bytes);
    // A new VM is opened without an image.
    if (message.type === "open") expect(read()).toEqual(message);
    else expect(read).toThrow(`it sent bytes with a message '${message.type}', which has none`);
  },
);

test("names arrive whatever characters they have", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "\t", "\n", "\\", "t", "n", "😀", "\r", " "),
  });
  const tool = fc.record({ name: text, alias: text, flat: text });
  const server = fc.record({ name: text, alias: text, className: text, tools: fc.array(tool) });
  fc.assert(
    fc.property(fc.array(server), (servers) => {
      const message = { type: "names", names: { version: "v", servers } } as const;
      expect(readToWorker(writeToWorker(message))).toEqual(message);
    }),
  );
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

describe("a run in a worker that has been taken over", () => {
  test.each(HEADS_TO_HOST)("ends with an outcome, whatever is forged in %s", async (head) => {
    for (const forged of FORGED) {
      const { client, send } = await fakeWorker();
      const running = runIn(client);
      send(`${head.replaceAll("_", forged)}\n"body"`);
      send(END);
      const outcome = await running;
      expect(isSane(outcome)).toBe(true);
      client.kill();
    }
  });

  test("ends with worker_crashed where the host of the run throws", async () => {
    const { client, send } = await fakeWorker();
    const log = (): never => {
      throw new TypeError("a bug of ours");
    };
    const running = runIn(client, { host: { log } });
    send('["log","info"]\ntext');
    expect(await running).toMatchObject({ ok: false, error: { code: "worker_crashed" } });
    expect(client.dead).toBe(true);
  });

  test("gets an answer for a call that the host of the run cannot make", async () => {
    const { client, send, received } = await fakeWorker();
    const call = (): never => {
      throw new TypeError("a bug of ours");
    };
    const running = runIn(client, { host: { call } });
    send('["call",1,"demo","echo"]\n1');
    await expect.poll(() => received.at(-1)).toContain('["answer",1]\n!{"code":"internal"');
    send(END);
    expect(await running).toMatchObject({ ok: true });
  });

  test.each(["opened", "saved"])("a reply of the wrong kind to a question: %s", async (type) => {
    const { client, send } = await fakeWorker();
    const asked = type === "opened" ? client.save() : client.open(limits, {});
    send(type === "opened" ? '["opened"]\n' : writeToHost({ type: "saved", vm }));
    await expect(asked).rejects.toMatchObject({ code: "worker_crashed" });
    expect(client.dead).toBe(true);
  });
});
