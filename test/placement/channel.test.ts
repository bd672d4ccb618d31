/** The channel to a worker, and a host whose worker has been taken over. */
import { createHash } from "node:crypto";
import { duplexPair } from "node:stream";
import { MessageChannel } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import type { Channel } from "../../src/placement/channel/channel.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { PortChannel } from "../../src/placement/channel/port.ts";
import { ReceivedBytes } from "../../src/placement/channel/received-bytes.ts";
import { growth } from "../support/cost.ts";
import { frame } from "../support/fake-worker.ts";
import { createRuntime } from "../support/patient.ts";
import { descendants, isAlive, until } from "../support/processes.ts";
import { raw as rawProgram, rawEngine } from "../support/raw-engine.ts";

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

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe("framed messages", () => {
  const messages = ["", "a", "ä😀\n\u0000", "x".repeat(70_000), "end"];

  test.each([1, 3, 5, 1_000_000])("arrive whole from pieces of %i bytes", async (size) => {
    const { raw, received } = receiver();
    const bytes = Buffer.concat(messages.map((message) => frame(message)));
    for (let at = 0; at < bytes.length; at += size) raw.write(bytes.subarray(at, at + size));
    await expect.poll(() => received.length).toBe(messages.length);
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

describe("bytes that come with a text", () => {
  type Message = readonly [text: string, bytes?: Uint8Array];
  const messages: readonly Message[] = [
    ["first"],
    ["image", Buffer.from("bytes")],
    ["large", new Uint8Array(3_000_000).map((_, at) => at % 251)],
    ["text", Buffer.from("\u0000")],
    ["end"],
  ];
  const collect = (channel: Channel): [text: string, bytes: string | undefined][] => {
    const received: [string, string | undefined][] = [];
    channel.onMessage((text, bytes) => received.push([text, bytes && digest(bytes)]));
    return received;
  };
  const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const expected = messages.map(([text, bytes]) => [text, bytes && digest(bytes)]);

  test.each([7, 4_096, 10_000_000])("arrive whole from pieces of %i bytes", async (size) => {
    const [raw, far] = duplexPair();
    const received = collect(new FramedChannel(far, 10_000_000));
    const small = size === 7 ? messages.filter(([text]) => text !== "large") : messages;
    const bytes = Buffer.concat(small.map((message) => frame(...message)));
    for (let at = 0; at < bytes.length; at += size) raw.write(bytes.subarray(at, at + size));
    await expect.poll(() => received.length).toBe(small.length);
    expect(received).toEqual(expected.filter(([text]) => small.some((one) => one[0] === text)));
  });

  test.each([undefined, 65_536])("are sent in order, in writes of %s bytes", async (pieceBytes) => {
    const [near, far] = duplexPair();
    const sender = new FramedChannel(near, 1, pieceBytes === undefined ? {} : { pieceBytes });
    const received = collect(new FramedChannel(far, 10_000_000));
    for (const message of messages) void sender.send(...message);
    await expect.poll(() => received.length).toBe(messages.length);
    expect(received).toEqual(expected);
  });

  test("are sent in order between threads, and their sender keeps them", async () => {
    const { port1, port2 } = new MessageChannel();
    const sender = new PortChannel(port1);
    const received = collect(new PortChannel(port2));
    for (const message of messages) void sender.send(...message);
    await expect.poll(() => received.length).toBe(messages.length);
    expect(received).toEqual(expected);
    expect(messages[2]![1]).toHaveLength(3_000_000);
    port1.close();
  });

  test("count for the cap and for the gate, and what the gate drops is dropped with them", async () => {
    const [raw, end] = duplexPair();
    const channel = new FramedChannel(end, 1_000);
    const judged: number[] = [];
    const received: string[] = [];
    channel.onMessage(
      (text) => received.push(text),
      (start, bytes) => judged.push(bytes) > 0 && start !== "not this",
    );
    raw.write(frame("not this", Buffer.alloc(900)));
    raw.write(frame("this", Buffer.alloc(996)));
    raw.write(frame("", Buffer.alloc(1_001)));
    expect((await channel.closed)?.message).toBe(
      "it sent a message of 1001 bytes, and the cap is 1000",
    );
    expect(judged).toEqual([908, 1_000]);
    expect(received).toEqual(["this"]);
  });

  test("that do not come to their end in time close the channel", async () => {
    const [raw, end] = duplexPair();
    const channel = new FramedChannel(end, 1_000, { messageMs: 20 });
    channel.onMessage(() => {});
    raw.write(frame("text", Buffer.alloc(100)).subarray(0, -1));
    expect((await channel.closed)?.message).toContain("within 20 ms");
  });
});

describe("a message that is being received", () => {
  test("costs the same in a million pieces as in one", async () => {
    const work = (size: number): void => {
      const bytes = new ReceivedBytes();
      for (let at = 0; at < size; at++) bytes.add(Buffer.of(1), size);
      expect(bytes.length).toBe(size);
    };
    expect(await growth(work, 20_000, 200_000)).toBeLessThan(60); // ten where it is linear, a hundred where it is not
  });

  test("is dropped by its gate before it is whole, and what follows arrives", async () => {
    const [raw, end] = duplexPair();
    const received: string[] = [];
    const gate = (start: string, bytes: number): boolean => {
      expect(start.length).toBeLessThanOrEqual(32);
      return bytes < 100;
    };
    new FramedChannel(end, 1_000_000).onMessage((message) => received.push(message), gate);
    for (const text of ["one", "x".repeat(500_000), "", "two", "y".repeat(101), "three"])
      raw.write(frame(text));
    await expect.poll(() => received).toEqual(["one", "", "two", "three"]);
  });

  test("waits for a gate that takes its time, and so does what follows", async () => {
    const [raw, end] = duplexPair();
    const received: string[] = [];
    const verdict = Promise.withResolvers<boolean>();
    const gate = (start: string): boolean | Promise<boolean> => start !== "slow" || verdict.promise;
    new FramedChannel(end, 1_000).onMessage((message) => received.push(message), gate);
    raw.write(Buffer.concat(["one", "slow", "three"].map((text) => frame(text))));
    await settle();
    raw.write(frame("four"));
    await settle();
    expect(received).toEqual(["one"]);
    verdict.resolve(true);
    await expect.poll(() => received).toEqual(["one", "slow", "three", "four"]);
  });

  test("is judged once, however many came before it in a row", async () => {
    const [raw, far] = duplexPair();
    const channel = new FramedChannel(far, 1_000_000);
    const received: string[] = [];
    let judged = 0;
    const think = async (): Promise<boolean> => {
      judged++;
      await settle();
      return true;
    };
    // After a verdict the next step is the receipt of its message, so that a judgement falls on every even step.
    const isSlow = (start: string): boolean => start.startsWith("slow");
    channel.onMessage(
      (message) => received.push(message),
      (start) => (isSlow(start) ? think() : true),
    );
    for (let count = 251; count < 260; count++) {
      const messages = ["slow", ...Array.from({ length: count }, () => "x"), "slow"];
      raw.write(Buffer.concat(messages.map((message) => frame(message))));
    }
    await expect.poll(() => received.filter(isSlow).length).toBe(18);
    await settle();
    expect(judged).toBe(18);
  });

  test("waits while its sender does not read, where that is wanted", async () => {
    const [raw, far] = duplexPair();
    const channel = new FramedChannel(far, 1_000_000, { waitsForReader: true });
    let received = 0;
    channel.onMessage(() => {
      received++;
      void channel.send("x".repeat(100_000));
    });
    raw.write(Buffer.concat(Array.from({ length: 50 }, () => frame("more"))));
    await settle();
    expect(received).toBeLessThan(5);
    raw.resume();
    await expect.poll(() => received).toBe(50);
  });

  test("closes the channel where its gate throws or rejects", async () => {
    for (const gate of [
      (): boolean => {
        throw new Error("refused");
      },
      async (): Promise<boolean> => {
        throw new Error("refused");
      },
    ]) {
      const [raw, end] = duplexPair();
      const channel = new FramedChannel(end, 1_000);
      channel.onMessage(() => {}, gate);
      raw.write(frame("text"));
      expect(await channel.closed).toEqual(new Error("refused"));
    }
  });

  test("closes the channel where it does not end in time", async () => {
    const [raw, end] = duplexPair();
    const channel = new FramedChannel(end, 1_000, { messageMs: 50 });
    const received: string[] = [];
    channel.onMessage((message) => received.push(message));
    raw.write(Buffer.concat([frame("whole"), frame("part").subarray(0, 6)]));
    expect((await channel.closed)?.message).toContain("within 50 ms");
    expect(received).toEqual(["whole"]);
  });

  test("is written in pieces where its stream needs them", async () => {
    const [near, far] = duplexPair();
    const sizes: number[] = [];
    far.on("data", (chunk: Buffer) => sizes.push(chunk.length));
    void new FramedChannel(near, 1_000, { pieceBytes: 100 }).send("x".repeat(1_000));
    await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(1_004);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  });
});

describe("a receiver that refuses a message", () => {
  test("closes the channel with the reason, and gets nothing more of what is there", async () => {
    const [raw, end] = duplexPair();
    const channel = new FramedChannel(end, 1_000);
    const received: string[] = [];
    channel.onMessage((message) => {
      received.push(message);
      if (message === "bad") throw new Error("refused");
    });
    raw.write(Buffer.concat(["good", "bad", "late"].map((text) => frame(text))));
    expect(await channel.closed).toEqual(new Error("refused"));
    expect(received).toEqual(["good", "bad"]);
  });

  test.each<[what: string, message: unknown, reason: string]>([
    ["bad", "bad", "refused"],
    ["no text", { toString: 1 }, "it sent what is no text"],
    ["no bytes", ["text", "bytes"], "it sent what are no bytes"],
    ["too large", "x".repeat(101), "it sent a message of more than 100 bytes, which is the cap"],
    [
      "too large with its bytes",
      ["text", new Uint8Array(97)],
      "it sent a message of more than 100 bytes, which is the cap",
    ],
  ])("does so at a thread's port too: %s", async (_what, message, reason) => {
    const { port1, port2 } = new MessageChannel();
    const channel = new PortChannel(port1);
    channel.limit(100);
    const received: string[] = [];
    channel.onMessage((text) => {
      received.push(text);
      if (text === "bad") throw new Error("refused");
    });
    for (const sent of ["good", message, "late"]) port2.postMessage(sent);
    expect(await channel.closed).toEqual(new Error(reason));
    await settle();
    expect(received.filter((text) => text !== "bad")).toEqual(["good"]);
    port1.close();
  });
});

function malformed(what: string): unknown {
  return expect.stringContaining(`it sent a malformed message: ${what}`);
}

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
    ["code", { ok: false, error: { code: "worker_crashed", message: malformed("error.name") } }],
    ["text", { ok: false, error: { code: "worker_crashed", message: malformed("error.name") } }],
    ["deep", { ok: false, error: { code: "worker_crashed", message: malformed("its head has") } }],
    ["usage", { ok: true, usage: { cpuMs: 0, peakBytes: 0 } }],
    ["call name", { ok: false, error: { code: "worker_crashed", message: malformed("tool") } }],
    ["call number", { ok: false, error: { code: "worker_crashed", message: malformed("call") } }],
    ["dropped bytes", { ok: false, error: { code: "worker_crashed" } }],
    ["reply", { ok: false, error: { code: "worker_crashed" } }],
    ["refusal", { ok: false, error: { code: "worker_crashed", message: malformed("message") } }],
    ["tool report", { ok: false, error: { code: "worker_crashed" } }],
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
    ["large names", { ok: false, error: { code: "worker_crashed" } }],
    ["long message", { ok: false, error: { code: "worker_crashed" } }],
    ["large logs", { ok: false, error: { code: "worker_crashed" } }],
    ["many logs", { ok: false, error: { code: "worker_crashed" } }],
    ["idle flood", { ok: false, error: { code: "worker_crashed" } }],
    ["drop flood", { ok: false, error: { code: "worker_crashed" } }],
    ["call flood", { ok: false, error: { code: "call_limit" } }],
    ["cpu limit", { ok: false, error: { code: "worker_crashed" } }],
    ["admission", { ok: false, error: { code: "worker_crashed" } }],
    ["approval", { ok: false, error: { code: "worker_crashed" } }],
    [
      "error output",
      { ok: false, error: { code: "worker_crashed", message: expect.stringContaining("flooded") } },
    ],
  ])("%s: the host believes nothing and goes on", async (attack, outcome) => {
    const limits = attack === "arguments" ? {} : { wallMs: 60_000 };
    const result = await runtime.run(`return '${attack}'`, { limits });
    expect(result).toMatchObject(outcome);
    expect(result.ok ? undefined : result.error.frame).toBeUndefined();
    for (const { text } of result.logs) expect(text).not.toContain("\u001b");
    const logged = result.logs.reduce((bytes, { text }) => bytes + text.length + 1, 0);
    expect(logged).toBeLessThan(3_000);
  });

  test("one that computes after its run is ended, though nobody waits for it", async () => {
    const before = descendants(process.pid);
    await runtime.run("return 'spins afterwards'");
    const spinning = descendants(process.pid).filter((pid) => before.includes(pid));
    expect(await until(() => spinning.some((pid) => !isAlive(pid)))).toBe(true);
  });

  test("a prototype in its value pollutes nothing", async () => {
    const result = await runtime.run("return 'prototype'", { limits: { wallMs: 60_000 } });
    expect(result.ok).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test.each(["{ toString: 1 }", "'garbage'", `'["outcome",{"ok":{"valueOf":1}},false]\\n'`])(
  "a thread that has been taken over and posts %s costs its run only",
  async (message) => {
    await using runtime = await createRuntime({ engine: rawEngine, placement: "thread" });
    const post = `require("node:worker_threads").parentPort.postMessage(${message}); await new Promise(() => {})`;
    expect(await runtime.run(rawProgram(post))).toMatchObject({
      ok: false,
      error: { code: "worker_crashed", message: expect.stringContaining("it sent") },
    });
    expect(await runtime.run(rawProgram("return 'goes on'"))).toMatchObject({ value: "goes on" });
  },
);
