/** The channel to a worker, and a host whose worker has been taken over. */
import { duplexPair } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { createRuntime } from "../support/patient.ts";

function receiver(maxBytes = 1_000_000): {
  raw: ReturnType<typeof duplexPair>[0];
  channel: FramedChannel;
  received: string[];
} {
  const [raw, far] = duplexPair();
  const channel = new FramedChannel(far, maxBytes);
  const received: string[] = [];
  channel.onMessage((message) => received.push(message));
  return { raw, channel, received };
}

function frame(text: string): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([header, Buffer.from(text)]);
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe("framed messages", () => {
  const messages = ["", "a", "ä😀\n\u0000", "x".repeat(70_000), "end"];

  test.each([1, 3, 5, 1_000_000])("arrive whole from pieces of %i bytes", async (size) => {
    const { raw, received } = receiver();
    const bytes = Buffer.concat(messages.map(frame));
    for (let at = 0; at < bytes.length; at += size) raw.write(bytes.subarray(at, at + size));
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(messages.length);
    expect(received).toEqual(messages);
  });

  test("go both ways in order", async () => {
    const [near, far] = duplexPair();
    const sender = new FramedChannel(near, 1_000_000);
    const { received } = { received: [] as string[] };
    new FramedChannel(far, 1_000_000).onMessage((message) => received.push(message));
    for (const message of messages) void sender.send(message);
    await expect.poll(() => received).toEqual(messages);
  });

  test("over the cap close the channel with the reason, before their body is read", async () => {
    const { raw, channel, received } = receiver(100);
    raw.write(frame("fine"));
    raw.write(Buffer.from([0, 0, 1, 0]));
    expect((await channel.closed)?.message).toContain("256");
    expect(received).toEqual(["fine"]);
  });

  test("a sender that waits is held back until the peer reads", async () => {
    const [near, far] = duplexPair();
    const channel = new FramedChannel(near, 10_000_000);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await channel.send("x".repeat(50_000));
    })();
    await settle();
    expect(sent).toBeLessThan(10);
    far.resume();
    await sending;
    expect(sent).toBe(100);
  });

  test("a flood that does not wait leaks no listeners, and a close lets everybody go", async () => {
    const [near] = duplexPair();
    const channel = new FramedChannel(near, 10_000_000);
    const sends = Array.from({ length: 50 }, () => channel.send("x".repeat(50_000)));
    expect(near.listenerCount("drain")).toBeLessThan(5);
    channel.close();
    await Promise.all(sends);
    await channel.send("into the void");
    expect(await channel.closed).toBeUndefined();
  });
});

describe("a worker that has been taken over", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    const engine = {
      name: "evil",
      module: new URL("../support/evil-engine.ts", import.meta.url).href,
    };
    runtime = await createRuntime({
      engine,
      tools: { demo: { echo: async (value: unknown) => value } },
      limits: { wallMs: 1_500, toolCalls: 100, logBytes: 2_000 },
      workers: { spare: 1, max: 2 },
    });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each<[attack: string, outcome: object]>([
    ["garbage", { ok: false, error: { code: "worker_crashed" } }],
    ["array", { ok: false, error: { code: "worker_crashed" } }],
    ["unknown", { ok: false, error: { code: "worker_crashed" } }],
    ["huge", { ok: false, error: { code: "worker_crashed" } }],
    ["large", { ok: false, error: { code: "worker_crashed" } }],
    [
      "code",
      { ok: false, error: { code: "internal", name: "undefined", message: "[object Object]" } },
    ],
    [
      "value",
      { ok: false, error: { code: "not_serializable" }, usage: { cpuMs: 0, peakBytes: 0 } },
    ],
    ["calls", { ok: false, error: { code: "call_limit" } }],
    [
      "arguments",
      { ok: false, error: { code: "timeout" }, calls: [{ tool: "demo.echo", ok: false }] },
    ],
    ["logs", { ok: true }],
  ])("%s: the host believes nothing and goes on", async (attack, outcome) => {
    const result = await runtime.run(`return '${attack}'`);
    expect(result).toMatchObject(outcome);
    expect(result.ok ? undefined : result.error.frame).toBeUndefined();
    for (const { text } of result.logs) expect(text).not.toContain("\u001b");
    expect(JSON.stringify(result.logs).length).toBeLessThan(10_000);
  });

  test("a prototype in its value pollutes nothing", async () => {
    const result = await runtime.run("return 'prototype'");
    expect(result.ok).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
