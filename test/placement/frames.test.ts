/** What a worker may send, how much of it, and what its host believes: a worker that has been taken over costs its run only. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LogEntry } from "../../src/core/result.ts";
import { DEFAULT_LIMITS, ERROR_CODES, type ErrorCode } from "../../src/index.ts";
import { IdleWatch } from "../../src/placement/pool/idle-watch.ts";
import { readToHost } from "../../src/placement/channel/read-message.ts";
import { writeToHost } from "../../src/placement/channel/write-message.ts";
import { END, fakeWorker, frame, runIn, runKeptIn, type RunParts } from "../support/fake-worker.ts";
import { loopDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { until } from "../support/processes.ts";

const usage = { cpuMs: 0, peakBytes: 0, compileMs: 0 };
const failed = (code: string, name = "Error"): string =>
  `["outcome",{"ok":false,"error":{"code":"${code}","name":"${name}","message":"m"},"clean":true},false]\n`;

describe("a worker that has nothing to do", () => {
  const MESSAGES = [
    '["ready"]\n',
    '["unavailable","no"]\n',
    '["opened"]\n',
    '["refused","internal","no"]\n',
    '["call",1,"demo","echo"]\n1',
    '["called",{"tool":"a.b","ok":true}]\n',
    '["log","info"]\ntext',
    '["dropped",1]\n',
    '["idle"]\n',
    '["busy"]\n',
    END,
    "no message",
    "",
  ];

  test.each(MESSAGES)("is killed when it sends %j", async (message) => {
    const { client, send } = await fakeWorker();
    send(message);
    expect(await until(() => client.dead)).toBe(true);
  });

  test.each(MESSAGES)("also after a run, in the same moment: %j", async (message) => {
    const { client, send } = await fakeWorker();
    const seen: unknown[] = [];
    const note = (what: unknown): void => void seen.push(what);
    const host = { log: note, dropped: note, called: note, call: async () => `${seen.push(1)}` };
    const running = runIn(client, { host });
    send(END, '["ready"]\n', message);
    expect(await running).toMatchObject({ ok: true });
    expect(await until(() => client.dead)).toBe(true);
    expect(seen).toEqual([]);
  });

  test("is killed when a message begins that it never ends", async () => {
    const { client, sendBytes } = await fakeWorker();
    sendBytes(frame(`["saved",{}]\n${"A".repeat(500_000)}`).subarray(0, 60_000));
    expect(await until(() => client.dead)).toBe(true);
  });

  describe("by the operating system's counters", () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    function watched(): {
      used: { cpuMs: number; rssBytes: number };
      watch: IdleWatch;
      why: string[];
    } {
      const used = { cpuMs: 0, rssBytes: 0 };
      const handle = { usage: () => ({ ...used }) } as unknown as ConstructorParameters<
        typeof IdleWatch
      >[0];
      const why: string[] = [];
      return {
        used,
        watch: new IdleWatch(handle, DEFAULT_LIMITS, (reason) => why.push(reason)),
        why,
      };
    }

    test("is killed when it computes", () => {
      const { used, watch, why } = watched();
      watch.begin();
      vi.advanceTimersByTime(10_000);
      used.cpuMs += 1_900;
      vi.advanceTimersByTime(10_000);
      expect(why).toEqual([]); // garbage may be collected
      used.cpuMs += 1_000;
      vi.advanceTimersByTime(1_000);
      expect(why).toEqual(["it computed while it had nothing to do"]);
      watch[Symbol.dispose]();
    });

    test("is killed when it holds more than a run may", () => {
      const { used, watch, why } = watched();
      watch.begin();
      used.rssBytes = 2 ** 30;
      vi.advanceTimersByTime(1_000);
      expect(why[0]).toBe("it held too much memory while it had nothing to do");
      watch[Symbol.dispose]();
    });

    test("lives for ever when it rests, and may compute when it is used", () => {
      const { used, watch, why } = watched();
      watch.begin();
      vi.advanceTimersByTime(3_600_000);
      watch.end();
      used.cpuMs += 60_000;
      used.rssBytes = 2 ** 30;
      vi.advanceTimersByTime(60_000);
      used.rssBytes = 0;
      watch.begin();
      vi.advanceTimersByTime(60_000);
      expect(why).toEqual([]);
      watch[Symbol.dispose]();
    });
  });
});

describe("a flood", () => {
  const limits = { logBytes: 1_000, toolCalls: 10, callBytes: 60_000, bridgeBytes: 100_000 };

  interface Flood {
    readonly one: string;
    readonly count: number;
    /** The most of it that reaches the host of the run. */
    readonly most: number;
  }
  const FLOODS: Readonly<Record<string, Flood>> = {
    "of logs": { one: '["log","info"]\nx', count: 20_000, most: 1_100 },
    "of large logs": { one: `["log","info"]\n${"x".repeat(900_000)}`, count: 40, most: 1 },
    "of logs of control characters": {
      one: `["log","info"]\n${"\u0001".repeat(900_000)}`,
      count: 40,
      most: 1,
    },
    "of dropped bytes": { one: '["dropped",1]\n', count: 20_000, most: 1_000 },
    "of waiting": { one: '["idle"]\n', count: 200_000, most: 100_000 },
    "of work": { one: '["busy"]\n', count: 200_000, most: 0 },
    "of calls": { one: '["call",1,"demo","echo"]\n1', count: 20_000, most: 10_011 },
    "of large calls": {
      one: `["call",1,"demo","echo"]\n"${"x".repeat(50_000)}"`,
      count: 100,
      most: 3,
    },
    "of calls with large names": {
      one: `["call",1,"${"n".repeat(900_000)}","echo"]\n1`,
      count: 40,
      most: 0,
    },
    "of reports of calls": { one: '["called",{"tool":"a.b","ok":true}]\n', count: 100, most: 0 },
    "of empty messages": { one: "", count: 100_000, most: 0 },
    "of large heads": { one: `["outcome",[${"[],".repeat(300_000)}[]]]\n`, count: 10, most: 0 },
  };

  test.each(Object.entries(FLOODS))(
    "%s ends the worker, and the host goes on",
    async (_, flood) => {
      const { client, sendBytes } = await fakeWorker();
      let seen = 0;
      const note = (): void => void seen++;
      client.onReport = note;
      const host = { log: note, dropped: () => {}, called: note, call: async () => `${++seen}` };
      const bytes = Buffer.concat(Array.from({ length: flood.count }, () => frame(flood.one)));
      const { value: outcome, delayMs } = await loopDelay(async () => {
        const running = runIn(client, { limits, host });
        for (let at = 0; at < bytes.length && !client.dead; at += 65_536) {
          sendBytes(bytes.subarray(at, at + 65_536));
          await wait(0);
        }
        return await running;
      });
      expect(outcome).toMatchObject({ ok: false, error: { code: "worker_crashed" } });
      expect(client.dead).toBe(true);
      // A call is reported as waiting too, and so is its answer.
      expect(seen).toBeLessThanOrEqual(3 * flood.most);
      expect(delayMs).toBeLessThan(MAX_DELAY_MS);
    },
  );

  test("in one piece is handled in slices", async () => {
    const { client, sendBytes } = await fakeWorker();
    const { delayMs } = await loopDelay(async () => {
      const running = runIn(client, { limits: { ...limits, toolCalls: 10_000 } });
      const one = frame('["call",1,"demo","echo"]\n1');
      sendBytes(Buffer.concat([...Array.from({ length: 9_000 }, () => one), frame(END)]));
      expect(await running).toMatchObject({ ok: true });
    });
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });

  test("of logs over the cap is dropped unread and counted, while it is small", async () => {
    const { client, send } = await fakeWorker();
    const logs: LogEntry[] = [];
    let dropped = 0;
    const running = runIn(client, {
      limits,
      host: { log: (entry) => void logs.push(entry), dropped: (bytes) => (dropped = bytes) },
    });
    const one = `["log","info"]\n${"x".repeat(400)}`;
    send('["dropped",7]\n', ...Array.from({ length: 100 }, () => one), END);
    expect(await running).toMatchObject({ ok: true });
    expect(logs.length).toBeLessThan(5);
    expect(dropped).toBeGreaterThan(90 * 400);
    client.kill();
  });
});

describe("what a run used", () => {
  test("is never more than its host measured", async () => {
    const { client, send } = await fakeWorker();
    const started = performance.now();
    const running = runIn(client);
    const forged = { cpuMs: 80_000_000, peakBytes: 2 ** 36, compileMs: 80_000_000 };
    send(writeToHost({ type: "outcome", outcome: { ok: true, usage: forged, clean: true } }));
    const outcome = await running;
    const wallMs = performance.now() - started;
    expect(outcome.usage.cpuMs).toBeLessThanOrEqual(wallMs);
    expect(outcome.usage.compileMs).toBeLessThanOrEqual(wallMs);
    expect(outcome.usage.peakBytes).toBeLessThanOrEqual(2 ** 30);
  });

  test("nor is what a service reports of a call", async () => {
    const { client, send } = await fakeWorker(true);
    const records: unknown[] = [];
    const running = runIn(client, { host: { called: (record) => void records.push(record) } });
    send('["called",{"tool":"a.b","ok":true,"ms":80000000,"bytes":60000000000.5}]\n', END);
    await running;
    expect(records).toMatchObject([{ bytes: DEFAULT_LIMITS.callBytes }]);
    expect((records[0] as { ms: number }).ms).toBeLessThan(60_000);
  });
});

describe("how a run ended", () => {
  async function outcomeOf(
    message: string,
    parts: RunParts = {},
    isService = false,
  ): Promise<string> {
    const { client, send } = await fakeWorker(isService);
    const running = runIn(client, parts);
    send(message);
    const outcome = await running;
    client.kill();
    return outcome.ok ? "ok" : outcome.error.code;
  }

  /** What a program can bring about by itself, and limits that its VM alone can measure. */
  const BELIEVED: readonly ErrorCode[] = [
    "syntax_error",
    "program_error",
    "unknown_tool",
    "not_serializable",
    "memory",
    "stack_overflow",
    "call_limit",
    "output_limit",
    "internal",
    "timeout", // a program that waits for nothing ends at once
  ];

  test.each(ERROR_CODES)("with %s is believed where it can be true", async (code) => {
    const expected = BELIEVED.includes(code) ? code : "worker_crashed";
    expect(await outcomeOf(failed(code))).toBe(expected);
    expect(await outcomeOf(failed(code, "ToolError"))).toBe(expected);
  });

  test("by a limit of time is believed when the time is over by the host's clock", async () => {
    const call = '["call",1,"demo","never"]\n1';
    const { client, send } = await fakeWorker();
    const host = { call: () => new Promise<never>(() => {}) };
    const early = runIn(client, { host });
    send(call, failed("timeout"));
    expect(await early).toMatchObject({ error: { code: "worker_crashed" } });
    for (const [code, limits] of [
      ["timeout", { wallMs: 50 }],
      ["cpu_limit", { cpuMs: 50 }],
    ] as const) {
      const worker = await fakeWorker();
      const running = runIn(worker.client, { host, limits });
      worker.send(call);
      await wait(60);
      worker.send(failed(code));
      expect(await running).toMatchObject({ error: { code } });
    }
  });

  test("by an abort is believed when the host has aborted it", async () => {
    const { client, send, received } = await fakeWorker();
    const abort = new AbortController();
    const running = runIn(client, { signal: abort.signal });
    abort.abort();
    await expect.poll(() => received.at(-1)).toBe('["abort"]\n');
    send(failed("aborted"));
    expect(await running).toMatchObject({ error: { code: "aborted", message: "m" } });
  });

  test("by a failed call is believed when the host has failed one like it", async () => {
    const { client, send, received } = await fakeWorker();
    const host = { call: async () => '!{"code":"denied","message":"no"}' };
    const running = runIn(client, { host });
    send('["call",1,"demo","echo"]\n1');
    await expect.poll(() => received.at(-1)).toContain('["answer",1]');
    send(failed("denied", "ToolError"), '["ready"]\n');
    expect(await running).toMatchObject({ error: { code: "denied" } });
    // It was the failure of another VM.
    expect(await client.ready).toBe(true);
    const next = runIn(client);
    send(failed("denied", "ToolError"));
    expect(await next).toMatchObject({ error: { code: "worker_crashed" } });
  });

  test.each(["!", "!{", `!"${"x".repeat(100_000)}"`, "!null", '!{"code":{"toString":1}}'])(
    "a failure that is none is passed on: %s",
    async (answer) => {
      const { client, send, received } = await fakeWorker();
      const running = runIn(client, { host: { call: async () => answer } });
      send('["call",1,"demo","echo"]\n1');
      await expect.poll(() => received.at(-1)).toBe(`["answer",1]\n${answer}`);
      send(END);
      expect(await running).toMatchObject({ ok: true });
    },
  );

  test("at a service can be any of its own refusals and limits, and nothing that is decided here", async () => {
    for (const code of ["rate_limited", "quota_exceeded", "cpu_limit", "aborted", "denied"])
      expect(await outcomeOf(failed(code), {}, true)).toBe(code);
    expect(await outcomeOf(failed("type_error"), {}, true)).toBe("worker_crashed");
  });

  test.each(ERROR_CODES)(
    "a question is refused with %s only where an engine can say it",
    async (code) => {
      const { client, send } = await fakeWorker();
      const opening = client.open(DEFAULT_LIMITS, {});
      send(`["refused","${code}","no"]\n`);
      const isTrue = code === "config_error" || code === "internal";
      await expect(opening).rejects.toMatchObject({ code: isTrue ? code : "worker_crashed" });
    },
  );
});

describe("a worker that is asked", () => {
  test("during a run, and does not answer at its end, is killed after a while", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const { client, send } = await fakeWorker();
      const opening = client.open(DEFAULT_LIMITS, {});
      send('["opened"]\n');
      await opening;
      const running = runKeptIn(client);
      await vi.advanceTimersByTimeAsync(1);
      const saving = client.save();
      const refused = expect(saving).rejects.toMatchObject({ code: "timeout" });
      await vi.advanceTimersByTimeAsync(1);
      send(END);
      expect(await running).toMatchObject({ ok: true });
      await vi.advanceTimersByTimeAsync(59_000);
      expect(client.dead).toBe(false);
      await vi.advanceTimersByTimeAsync(2_000);
      await refused;
      expect(client.dead).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("during a run may answer after it", async () => {
    const { client, send, sendBytes, usage: used } = await fakeWorker();
    const opening = client.open(DEFAULT_LIMITS, {});
    send('["opened"]\n');
    await opening;
    const running = runKeptIn(client);
    await wait(10);
    const saving = client.save();
    await wait(10);
    send(END);
    await running;
    used.rssBytes = 500 * 2 ** 20; // the VM and its image
    await wait(200);
    const facts = '"engine":"x","runs":1,"running":false,"drawn":0';
    const text = `["saved",{${facts},"timers":[],"calls":[],"answers":[]}]\n`;
    sendBytes(frame(text, Buffer.alloc(3)));
    expect(await saving).toMatchObject({ engine: "x", image: Buffer.alloc(3) });
    expect(client.dead).toBe(false);
    client.kill();
  });

  test("is killed by its CPU time while it restores a VM", async () => {
    const { client, usage: used } = await fakeWorker();
    const saved = {
      ...{ engine: "x", image: Buffer.alloc(3), runs: 1, running: false, drawn: 0 },
      ...{ timers: [], calls: [], answers: [] },
    };
    const opening = client.open(DEFAULT_LIMITS, { saved, replayMs: 100 });
    used.cpuMs = 60_000;
    await expect(opening).rejects.toMatchObject({ code: "cpu_limit" });
    expect(client.dead).toBe(true);
  });

  test("is killed by its memory while it saves one", async () => {
    const { client, send, usage: used } = await fakeWorker();
    const opening = client.open(DEFAULT_LIMITS, {});
    send('["opened"]\n');
    await opening;
    const saving = client.save();
    used.rssBytes = 2 ** 40;
    await expect(saving).rejects.toMatchObject({ code: "memory" });
  });
});

test.each([
  ["levels", `["outcome",${"[".repeat(200_000)}${"]".repeat(200_000)}]\n`],
  ["lists", `["outcome",[${"[],".repeat(140_000)}[]]]\n`],
  ["objects", `["saved",[${'{"a":0},'.repeat(60_000)}{}]]\n`],
])("a head of many %s is refused before it is parsed", (_, text) => {
  expect(() => readToHost(text)).toThrow("too many parts or levels");
});

test("what is sound is not refused: a run with all that it may send", async () => {
  const { client, send } = await fakeWorker();
  const limits = { toolCalls: 20, logBytes: 500, callBytes: 5_000, bridgeBytes: 100_000 };
  const running = runIn(client, { limits });
  const name = "\u{1f600}".repeat(500);
  for (let call = 1; call <= 20; call++)
    send(
      writeToHost({
        type: "call",
        call,
        server: name,
        tool: name,
        id: call,
        again: false,
        args: `"${"ä".repeat(2_400)}"`,
      }),
    );
  for (let line = 0; line < 500; line++) send('["log","error"]\n');
  for (let at = 0; at < 50; at++) send('["dropped",5]\n', '["idle"]\n', '["busy"]\n');
  const declares = Array.from({ length: 10_000 }, (_, at) => `name${at}`);
  const value = JSON.stringify("x".repeat(4_990));
  send(
    writeToHost({ type: "outcome", outcome: { ok: true, value, usage, clean: true, declares } }),
  );
  send('["ready"]\n');
  expect(await running).toMatchObject({ ok: true, value });
  expect(await client.ready).toBe(true);
  client.kill();
});

describe("the sources", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^(placement|runtime\/(remote|connection)|serve\/service\/(remote|connections)).*\.ts$/.test(
      file,
    ),
  );

  test("coerce nothing that the other side sends", () => {
    const sites = files
      .filter((file) => file.startsWith("placement/channel/"))
      .filter((file) =>
        /\b(String|Number|Boolean|BigInt|parseInt|parseFloat)\(/.test(
          readFileSync(root + file, "utf8"),
        ),
      );
    expect(sites).toEqual([]);
  });

  test("listen to a peer in guarded places only", () => {
    const listens = /\.(on|once|addListener)\("(data|message|messageerror|ping|pong)"/;
    const sites = files.filter((file) => listens.test(readFileSync(root + file, "utf8")));
    expect(sites.toSorted()).toEqual([
      "placement/channel/framed.ts",
      "placement/channel/port.ts",
      "placement/pool/child-process.ts",
    ]);
  });

  test("receive messages through a gate only", () => {
    const sites = files.filter((file) => /\.onMessage\(/.test(readFileSync(root + file, "utf8")));
    expect(sites.toSorted()).toEqual([
      "placement/pool/worker-client.ts",
      "placement/worker/serve-protocol.ts",
    ]);
  });
});
