/** Caps in bytes count bytes of UTF-8, whatever the script of a text, and what they cut ends between two characters. */
import { EventEmitter } from "node:events";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { ProgramCache } from "../../src/compile/cache.ts";
import { encode } from "../../src/core/encode.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { Meter } from "../../src/core/meter.ts";
import { oneLine } from "../../src/core/one-line.ts";
import type { LogEntry } from "../../src/core/result.ts";
import { countUtf8, cutUnits, cutUtf8, exceedsUtf8 } from "../../src/core/utf8.ts";
import { PendingCalls } from "../../src/engine/pending-calls.ts";
import { ReplayedVm } from "../../src/engine/v8/replayed-vm.ts";
import type { Vm } from "../../src/engine/vm.ts";
import { type ExecutionResult, type Runtime, createRuntime, tool } from "../../src/index.ts";
import { PortChannel } from "../../src/placement/channel/port.ts";
import { LogBuffer } from "../../src/run/log-buffer.ts";

const HANGUL = "가";
const bytesOf = (text: string): number => Buffer.byteLength(text);
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Text of mixed scripts, with emoji, control characters and halves of surrogate pairs. */
const mixed = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "\n", "é", "ж", HANGUL, "漢", "😀", "👩‍🚀", "\ud83d", "\ude00", "\u202e"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

describe("a text as UTF-8", () => {
  test("has the bytes that Node counts", () => {
    fc.assert(
      fc.property(mixed, (text) => {
        expect(countUtf8(text)).toBe(bytesOf(text));
      }),
    );
  });

  test("exceeds a cap when its bytes do", () => {
    fc.assert(
      fc.property(mixed, fc.nat(200), (text, cap) => {
        expect(exceedsUtf8(text, cap)).toBe(bytesOf(text) > cap);
      }),
    );
  });

  test("is cut where the next character would be too much", () => {
    fc.assert(
      fc.property(mixed, fc.nat(200), (text, cap) => {
        const start = cutUtf8(text, cap);
        const next = String.fromCodePoint(text.codePointAt(start.length) ?? 0);
        expect(text.startsWith(start)).toBe(true);
        expect(bytesOf(start)).toBeLessThanOrEqual(cap);
        if (start !== text) expect(bytesOf(start) + bytesOf(next)).toBeGreaterThan(cap);
        expect(bytesOf(start) + bytesOf(text.slice(start.length))).toBe(bytesOf(text));
      }),
    );
  });

  test("is cut to a number of units, but not between the halves of a character", () => {
    expect(cutUnits("a😀b", 0)).toBe("");
    expect(cutUnits("a😀b", 1)).toBe("a");
    expect(cutUnits("a😀b", 2)).toBe("a");
    expect(cutUnits("a😀b", 3)).toBe("a😀");
    expect(cutUnits("a\ud83db", 2)).toBe("a\ud83d");
    expect(cutUnits("ab", 9)).toBe("ab");
  });

  test("is encoded up to the very byte of its cap, inside a value too", () => {
    fc.assert(
      fc.property(fc.array(mixed, { maxLength: 5 }), fc.boolean(), (texts, isRich) => {
        const value = isRich ? new Set(texts) : texts;
        const size = bytesOf(encode(value));
        expect(bytesOf(encode(value, { maxBytes: size }))).toBe(size);
        expect(() => encode(value, { maxBytes: size - 1 })).toThrow(`than ${size - 1} bytes`);
      }),
    );
  });
});

/** Bytes that these logs kept, and bytes that they say were cut. An entry that is whole counts with its line's end. */
function account(logs: readonly LogEntry[], cutBytes: number): { kept: number; cut: number } {
  const entries = cutBytes > 0 ? logs.slice(0, -1) : logs;
  const sizes = entries.map(({ text }) =>
    cutBytes > 0 && text.endsWith("…") ? bytesOf(text.slice(0, -1)) : bytesOf(text) + 1,
  );
  return { kept: sizes.reduce((sum, size) => sum + size, 0), cut: cutBytes };
}

function sizeOfLines(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + bytesOf(oneLine(line)) + 1, 0);
}

describe("logs on the host", () => {
  test("keep no more than the cap, and what was kept and what was cut is all there was", () => {
    fc.assert(
      fc.property(fc.array(mixed), fc.nat(300), (lines, cap) => {
        const buffer = new LogBuffer(cap);
        for (const text of lines) buffer.add({ level: "log", text });
        const { kept, cut } = account(buffer.entries(), buffer.cutBytes);
        expect(kept).toBeLessThanOrEqual(cap);
        expect(kept + cut).toBe(sizeOfLines(lines));
      }),
    );
  });

  test("of a run that goes on are kept as they were", () => {
    const before = new LogBuffer(10);
    before.add({ level: "log", text: HANGUL.repeat(9) });
    const after = new LogBuffer(10, undefined, before.entries().slice(0, 1));
    after.add({ level: "log", text: "more" });
    expect(after.entries()[0]).toEqual({ level: "log", text: `${HANGUL.repeat(3)}…` });
    expect(after.cutBytes).toBe(5);
  });
});

/** Characters of three bytes, and the bytes that they have as JSON. */
const FITS = 1_000;
const CAP = 3 * FITS + 2;

describe.each([
  { engine: "v8", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "inline" },
  { engine: "quickjs", placement: "thread" },
] as const)("$engine $placement", (where) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      ...where,
      tools: {
        demo: {
          echo: async (value: unknown) => value,
          text: async (length: unknown) => HANGUL.repeat(Number(length)),
          rich: async (length: unknown) => new Map([["text", HANGUL.repeat(Number(length))]]),
          size: async (text: unknown) => String(text).length,
          described: tool({ description: "한국어로 된 설명입니다.", run: async () => 1 }),
        },
      },
    });
  });
  afterAll(async () => {
    await runtime.close();
  });

  const errorOf = (result: ExecutionResult): object | undefined =>
    result.ok ? undefined : result.error;

  test("Hangul logs are cut at the cap, and the count of cut bytes is exact", async () => {
    const code = `console.log('${HANGUL}'.repeat(65_536)); console.log(''); console.log('${HANGUL}')`;
    const result = await runtime.run(code, { limits: { logBytes: 65_536 } });
    const lines = [HANGUL.repeat(65_536), "", HANGUL];
    expect(bytesOf(result.logs[0]!.text)).toBeLessThanOrEqual(65_536 + bytesOf("…"));
    expect(result.logs).toHaveLength(2);
    const { kept, cut } = account(result.logs, result.truncated!.logs!);
    expect(kept).toBe(65_535);
    expect(kept + cut).toBe(sizeOfLines(lines));
  });

  test("logs of any script and cap: what was kept and what was cut is all there was", async () => {
    const property = fc.asyncProperty(
      fc.array(mixed, { maxLength: 12 }),
      fc.nat(300),
      async (lines, logBytes) => {
        const code = `for (const line of ${JSON.stringify(lines)}) console.log('%s', line)`;
        const result = await runtime.run(code, { limits: { logBytes } });
        expect(result.ok).toBe(true);
        const { kept, cut } = account(result.logs, result.truncated?.logs ?? 0);
        expect(kept).toBeLessThanOrEqual(logBytes);
        expect(kept + cut).toBe(sizeOfLines(lines));
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test("a log is not cut through a character", async () => {
    for (const logBytes of [5, 6, 7, 8]) {
      const { logs } = await runtime.run("console.log('😀'.repeat(100))", { limits: { logBytes } });
      expect(logs[0]!.text).toBe(`${"😀".repeat(Math.floor(logBytes / 4))}…`);
    }
    const long = await runtime.run(
      "console.log('a' + '😀'.repeat(60_000), ['a' + '😀'.repeat(9_000)])",
      {
        limits: { logBytes: 1_000_000 },
      },
    );
    expect(long.logs[0]!.text).toContain("more characters");
    expect(long.logs[0]!.text).not.toMatch(LONE_SURROGATE);
    const thrown = await runtime.run("throw new Error('a' + '😀'.repeat(9_000))");
    expect(JSON.stringify(errorOf(thrown))).not.toMatch(/\\ud[89a-f]/);
  });

  test("a log of half a character says so", async () => {
    const { logs } = await runtime.run("console.log('\\ud83d \\ud83d\\ude00 \\ude00')");
    expect(logs).toEqual([{ level: "log", text: "\\ud83d 😀 \\ude00" }]);
  });

  test("a flood of empty lines is counted", async () => {
    const code = "for (let at = 0; at < 5_000; at++) console.log('')";
    const result = await runtime.run(code, { limits: { logBytes: 1_000 } });
    expect(result.truncated).toEqual({ logs: 4_000 });
  });

  test.each(["text", "rich"])("a result of %s over callBytes is refused", async (name) => {
    const frame = name === "rich" ? bytesOf('~{"$type":"Map","value":[["text",]]}') : 0;
    const limits = { callBytes: CAP + frame };
    const code = (length: number): string => `await tools.demo.${name}(${length}); return 1`;
    expect(await runtime.run(code(FITS), { limits })).toMatchObject({ value: 1 });
    expect(errorOf(await runtime.run(code(FITS + 1), { limits }))).toMatchObject({
      code: "output_limit",
      message: expect.stringContaining(`${limits.callBytes} bytes`),
    });
  });

  test("arguments over callBytes are refused, and the program can catch it", async () => {
    const code = (length: number): string =>
      `try { return await tools.demo.size('${HANGUL}'.repeat(${length})) } catch (error) { return error.code }`;
    const limits = { callBytes: CAP };
    expect(await runtime.run(code(FITS), { limits })).toMatchObject({ value: FITS });
    expect(await runtime.run(code(FITS + 1), { limits })).toMatchObject({ value: "output_limit" });
  });

  test("a value over callBytes is refused", async () => {
    const limits = { callBytes: CAP };
    const code = (length: number): string => `return '${HANGUL}'.repeat(${length})`;
    expect(await runtime.run(code(FITS), { limits })).toMatchObject({ ok: true });
    expect(errorOf(await runtime.run(code(FITS + 1), { limits }))).toMatchObject({
      code: "output_limit",
    });
  });

  test("a value over resultBytes is cut to it", async () => {
    const property = fc.asyncProperty(mixed, fc.integer({ min: 20, max: 80 }), async (text, n) => {
      const value = [HANGUL.repeat(90), text.repeat(n), { text }];
      const code = `return ${JSON.stringify(value)}`;
      const result = await runtime.run(code, { limits: { resultBytes: 400 } });
      const shown = JSON.stringify((result as { value?: unknown }).value);
      const whole = bytesOf(JSON.stringify(value));
      expect(bytesOf(shown)).toBeLessThanOrEqual(400);
      expect(result.truncated?.value ?? 0).toBe(whole - bytesOf(shown));
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test("the size of a wrapper is its size in bytes", async () => {
    const code =
      "const file = '/tools/demo/described.ts'; return [(await fs.stat(file)).size, await fs.readFile(file)]";
    const { value } = (await runtime.run(code)) as unknown as { value: [number, string] };
    expect(value[1]).toContain("한국어");
    expect(value[0]).toBe(bytesOf(value[1]));
  });

  test("a log that is larger than the largest call does not break the channel", async () => {
    const code = `console.log(...Array(8).fill('${HANGUL}'.repeat(90_000)))`;
    const limits = { callBytes: 1_024, logBytes: 4 * 1024 * 1024 };
    const result = await runtime.run(code, { limits });
    expect(errorOf(result)).toBeUndefined();
    expect(bytesOf(result.logs[0]!.text)).toBe(8 * 270_000 + 7);
  });

  test("an answer for a model is cut by characters", async () => {
    const execute = agentTools(runtime, { maxResultChars: 500 }).at(-1)!;
    const fits = await execute.execute({ code: `return '${HANGUL}'.repeat(400)` });
    expect(fits.text).toBe(HANGUL.repeat(400));
    const over = await execute.execute({
      code: "return ['😀'.repeat(2_000), 'a', '😀'.repeat(2_000)]",
    });
    expect(over.text.length).toBeLessThanOrEqual(500);
    expect(over.text).not.toMatch(LONE_SURROGATE);
  });
});

test("what a model reads of tools is not cut through a character", async () => {
  const description = `a${"😀".repeat(3_000)}`;
  const properties = Object.fromEntries(
    Array.from({ length: 3 }, (_, at) => [`p${at}`, { type: "string", description }]),
  );
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: {
      demo: {
        draw: tool({ description, input: { type: "object", properties }, run: async () => 1 }),
      },
    },
  });
  const seen = [
    await runtime.listTools("demo", { detail: "parameters" }),
    await runtime.getToolSpec("demo", "draw"),
  ];
  for (const one of seen) {
    expect(JSON.stringify(one)).toContain("😀");
    expect(JSON.stringify(one)).not.toMatch(/\\ud[89a-f]/);
  }
});

describe("behind the public surface", () => {
  test("a thread's message is measured in bytes", async () => {
    const port = Object.assign(new EventEmitter(), { postMessage: () => {} });
    const channel = new PortChannel(port);
    const received: string[] = [];
    channel.onMessage((message) => received.push(message));
    channel.limit(9);
    port.emit("message", HANGUL.repeat(3));
    expect(received).toHaveLength(1);
    port.emit("message", HANGUL.repeat(4));
    expect(received).toHaveLength(1);
    const reason = "it sent a message of more than 9 bytes, which is the cap";
    expect((await channel.closed)?.message).toBe(reason);
  });

  test("a program that was compiled before is still measured", () => {
    const cache = new ProgramCache();
    const source = `return '${HANGUL.repeat(50)}'`;
    const get = (sourceBytes: number): unknown =>
      cache.get(source, { sourceBytes }, (work) => work());
    expect(get(1_000)).toBe(get(bytesOf(source)));
    expect(() => get(bytesOf(source) - 1)).toThrow("the program is larger than");
  });

  test("calls and answers are measured next to the VM", async () => {
    const breaches: string[] = [];
    const limits = { ...DEFAULT_LIMITS, callBytes: CAP, bridgeBytes: 5_000 };
    const desk = (answer: string): PendingCalls =>
      new PendingCalls({
        host: { call: async () => answer, log: () => {}, dropped: () => {} },
        meter: new Meter(limits),
        vmContext: { calls: new Map(), answers: new Set() } as never,
        onBreach: ({ message }) => breaches.push(message),
        deliver: () => {},
      });
    desk("1").call(1, "demo\necho", JSON.stringify(HANGUL.repeat(FITS + 1)));
    expect(breaches).toEqual([`the arguments of a call were larger than ${CAP} bytes`]);
    desk(HANGUL.repeat(2_000)).call(1, "demo\necho", "{}");
    await new Promise((resolve) => setImmediate(resolve));
    expect(breaches[1]).toBe("more than 5000 bytes went through the bridge");
  });

  test("a journal that would not fit into a frame is refused when it is saved", async () => {
    const journalOf = (text: string): ReplayedVm => {
      const vm: Partial<Vm> = { onSend: () => undefined, start: () => {} };
      const recorded = new ReplayedVm(vm as Vm, "v8");
      recorded.start(text, "{}", 1);
      return recorded;
    };
    const length = 15 * 1024 * 1024;
    expect((await journalOf(HANGUL.repeat(length)).save()).bytes.length).toBeGreaterThan(
      3 * length,
    );
    const refused = await journalOf("\u0001".repeat(length))
      .save()
      .then(() => "saved", String);
    expect(refused).toContain("its journal is larger than");
  });
});
