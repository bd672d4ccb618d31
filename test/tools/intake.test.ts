/** The counters between a server and its host: what is asked for comes through, everything else at a limited rate. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { getEventListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atOnce, inTurns, OutOfTimeError, Turns } from "../../src/core/turns.ts";
import { firstFree } from "../../src/tools/first-free.ts";
import { Bucket } from "../../src/tools/mcp/bucket.ts";
import { Detour } from "../../src/tools/mcp/detour.ts";
import { type EventPart, eventSplitter } from "../../src/tools/mcp/event-stream.ts";
import { Exchange, Exchanges } from "../../src/tools/mcp/exchange.ts";
import { tokenOf } from "../../src/tools/mcp/http-bodies.ts";
import { Intake } from "../../src/tools/mcp/intake.ts";
import { MAX_PARTS } from "../../src/core/parts.ts";
import { JsonScan, MAX_DEPTH, scanJson } from "../../src/tools/mcp/json-scan.ts";
import { MeteredTransport } from "../../src/tools/mcp/metered-transport.ts";
import { findId } from "../../src/tools/mcp/message.ts";
import { joinLists, sliceAnswer } from "../../src/tools/mcp/sliced-lists.ts";
import { JOINED_PIECES, LineSplitter } from "../../src/tools/mcp/lines.ts";
import { weigh } from "../../src/tools/mcp/weigh.ts";
import { RelistPace } from "../../src/tools/relist.ts";
import { growth } from "../support/cost.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const MAX = 16 * 1024 * 1024;
const request = (id: number, method = "tools/call") => ({ jsonrpc: "2.0" as const, id, method });
const answer = (id: number): string => JSON.stringify({ jsonrpc: "2.0", id, result: {} });
const judge = (intake: Intake, text: string, size = text.length) =>
  intake.judge(size, text.slice(0, 300), text.slice(-300)).kind;

const textOf = ({ fields, data }: EventPart): string =>
  `${Buffer.concat(fields).toString()}${data === undefined ? "" : `data:${data.toString()}\n`}\n`;

describe("intake", () => {
  test("what a server asks with the number of a call is not its answer", () => {
    const id = '"id" : 1';
    const rest = '"params":{"a":"x"}';
    for (const parts of [
      ['"jsonrpc":"2.0"', id, '"method":"roots/list"'],
      ['"jsonrpc":"2.0"', '"method":"roots/list"', rest, id],
      ['"method":"ping"', id],
      [id, '"method":"roots/list"', '"jsonrpc":"2.0"', rest],
    ]) {
      const intake = new Intake(MAX, () => {});
      intake.sent(request(1));
      expect(judge(intake, `{${parts.join(",")}}`)).toBe("read");
      expect(judge(intake, answer(1), 2_000_000)).toBe("read");
      expect(judge(intake, answer(1), 2_000_000)).toBe("drop");
    }
    for (const method of ["null", '""', '"tools/call"']) {
      const intake = new Intake(MAX, () => {});
      intake.sent(request(1));
      const text = `{"jsonrpc":"2.0","id":1,"method":${method},"result":{}}`;
      expect(judge(intake, text, 2_000_000)).toBe("read");
    }
  });

  test("what was asked for is read once, in a flood too; the flood is not", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000), { maxLength: 50 }), (ids) => {
        const intake = new Intake(MAX, () => {});
        for (let at = 0; at < 20_000; at++) judge(intake, '{"jsonrpc":"2.0","method":"x"}');
        for (const id of ids) intake.sent(request(id));
        let dropped = 0;
        for (let at = 0; at < 5_000; at++)
          if (judge(intake, '{"jsonrpc":"2.0","method":"x"}') === "drop") dropped++;
        expect(dropped).toBeGreaterThan(0);
        for (const id of ids) expect(judge(intake, answer(id))).toBe("read");
      }),
      { numRuns: 20 },
    );
  });

  test("an answer to no request, a second answer, and one to a cancelled request count as unasked", () => {
    const intake = new Intake(MAX, () => {});
    const large = `${answer(7).slice(0, -2)}"x":"${"y".repeat(2_000_000)}"}}`;
    expect(judge(intake, large)).toBe("drop");
    intake.sent(request(7));
    expect(judge(intake, large)).toBe("read");
    expect(judge(intake, large)).toBe("drop");
    intake.sent(request(7));
    intake.sent({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } });
    expect(judge(intake, large)).toBe("drop");
  });

  test("lists and the description of the server are smaller than results", () => {
    const intake = new Intake(MAX, () => {});
    const most = { "tools/list": 8, "resources/list": 8, initialize: 2 };
    for (const [id, [method, mebibytes]] of Object.entries(most).entries()) {
      intake.sent(request(id, method));
      expect(judge(intake, answer(id), mebibytes * 1024 * 1024 + 1)).toBe("too_large");
      intake.sent(request(id, method));
      expect(judge(intake, answer(id), mebibytes * 1024 * 1024)).toBe("read");
    }
    intake.sent(request(9));
    expect(judge(intake, answer(9), 5 * 1024 * 1024)).toBe("read");
    intake.sent(request(9));
    expect(judge(intake, answer(9), MAX + 1)).toBe("too_large");
  });

  test("bytes and requests have rates of their own", () => {
    const intake = new Intake(MAX, () => {});
    let bytes = 0;
    for (let at = 0; at < 100; at++)
      if (judge(intake, '{"method":"x"}', 1_000_000) === "read") bytes += 1_000_000;
    expect(bytes).toBeLessThan(20_000_000);
    let answered = 0;
    for (let at = 0; at < 10_000; at++) if (intake.takesRequest()) answered++;
    expect(answered).toBeLessThan(1_000);
  });

  test("a bucket holds no more than its size", () => {
    const bucket = new Bucket(10, 0);
    expect(Array.from({ length: 12 }, () => bucket.take()).filter(Boolean)).toHaveLength(10);
    expect(new Bucket(10, 0).take(11)).toBe(false);
  });
});

describe("JSON before it is parsed", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  test("is judged by its depth, in any pieces", () => {
    const text = fc.oneof(
      fc.json(),
      fc.integer({ min: 1, max: 2 * MAX_DEPTH }).map(nested),
      fc.integer({ min: 1, max: 2 * MAX_DEPTH }).map((depth) => `{"a":${nested(depth)}}`),
      fc.string().map((inner) => JSON.stringify(nested(9_000) + inner)),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(500)), (given, cuts) => {
        const bytes = Buffer.from(given);
        const scan = new JsonScan(MAX_PARTS);
        let at = 0;
        const problems = [...cuts, bytes.length].map((cut) =>
          scan.push(bytes.subarray(at, (at += cut))),
        );
        const isDeep = depthOf(JSON.parse(given)) > MAX_DEPTH;
        expect(problems.some((problem) => problem !== undefined)).toBe(isDeep);
        expect(scanJson(bytes, MAX_PARTS) !== undefined).toBe(isDeep);
      }),
      { numRuns: 300 },
    );
  });

  test("is no batch of too many messages", () => {
    const batch = (count: number): Buffer =>
      Buffer.from(`[${Array.from({ length: count }, () => '{"a":[1,2,3]}').join(",")}]`);
    expect(scanJson(batch(1_000), MAX_PARTS)).toBe(undefined);
    expect(scanJson(batch(1_001), MAX_PARTS)).toContain("a batch of more than 1000 messages");
    expect(scanJson(Buffer.from(`{"a":[${"1,".repeat(5_000)}1]}`), MAX_PARTS)).toBe(undefined);
  });
});

/** Levels of nesting, without calling itself. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  for (;;) {
    level = level.filter((part) => typeof part === "object" && part !== null);
    if (level.length === 0) return depth;
    depth++;
    level = level.flatMap((part) => Object.values(part as object));
  }
}

describe("lines and events", () => {
  test("a line in pieces of one byte takes no more memory than its bytes", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter(1e6, {
      onLine: (line) => lines.push(line.toString()),
      onBlank: (count) => lines.push(`${count} blank`),
      onOversize: () => {},
    });
    const text = "x".repeat(5_000);
    for (const byte of Buffer.from(`${text}\n${text}\n`)) splitter.push(Buffer.from([byte]));
    expect(lines).toEqual([text, text]);
    splitter.push(Buffer.from("\n\n\na\n\nb"));
    splitter.end();
    expect(lines.slice(2)).toEqual(["3 blank", "a", "1 blank", "b"]);
  });

  test("of a body in chunks of a byte no more are held than are joined at once", async () => {
    const intake = new Intake(MAX, () => {});
    intake.sent(request(1));
    const result = { text: "x".repeat(20_000) };
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
    const chunks: WeakRef<Uint8Array>[] = [];
    let held = bytes.length;
    const pull = async (sink: ReadableStreamDefaultController): Promise<void> => {
      if (chunks.length < bytes.length) {
        const chunk = Uint8Array.of(bytes[chunks.length]!);
        chunks.push(new WeakRef(chunk));
        return sink.enqueue(chunk);
      }
      await wait(1); // what a job has looked at is kept until it ends
      collect();
      held = chunks.filter((chunk) => chunk.deref() !== undefined).length;
      sink.close();
    };
    const parts = {
      server: "s",
      intake,
      exchanges: new Exchanges(),
      detour: new Detour(),
      answersPosts: true,
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    await tokenOf(new Response(body), parts, new Exchange(1, "tools/call"));
    expect(chunks).toHaveLength(bytes.length);
    expect(held).toBeLessThan(2 * JOINED_PIECES);
  });

  test("arrive as they were sent, however the bytes are cut and lines end", () => {
    const data = fc.jsonValue().map((value) => JSON.stringify({ method: "x", params: { value } }));
    const end = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(
        fc.array(data, { maxLength: 8 }),
        end,
        fc.constantFrom("", "\ufeff"),
        fc.array(fc.nat(64)),
        (sent, eol, mark, cuts) => {
          const stream = Buffer.from(
            mark +
              sent.map((text, at) => `: hi${eol}id: ${at}${eol}data: ${text}${eol}${eol}`).join(""),
          );
          const splitter = eventSplitter(new Intake(MAX, () => {}), undefined);
          const events: string[] = [];
          let at = 0;
          const take = (chunk: Uint8Array): void => {
            for (const event of splitter.push(chunk))
              if (event !== undefined) events.push(textOf(event));
          };
          for (const cut of cuts) take(stream.subarray(at, (at += cut)));
          take(stream.subarray(at));
          for (const event of splitter.end()) events.push(textOf(event));
          expect(events).toEqual(sent.map((text, id) => `id: ${id}\ndata: ${text}\n\n`));
        },
      ),
    );
  });

  test("what a server asks in the stream of a call is not refused in the place of its answer", () => {
    const splitter = eventSplitter(new Intake(MAX, () => {}), 1);
    const deep = `${"[".repeat(9_000)}${"]".repeat(9_000)}`;
    const kept = (text: string): unknown[] => splitter.push(Buffer.from(`data: ${text}\n\n`));
    expect(kept(`{"id":1,"method":"x","params":{"a":${deep}}}`)).toEqual([undefined]);
    expect(kept(`{"method":"x","params":{"a":${deep}}}`)).toEqual([undefined]);
    expect(kept(`{"id":1,"result":{"a":${deep}}}`)).toEqual([expect.anything()]);
  });

  test("an event of lines without end ends the stream", () => {
    const splitter = eventSplitter(new Intake(MAX, () => {}), undefined);
    splitter.push(Buffer.from("data:\n".repeat(50_000)));
    expect(() => splitter.push(Buffer.from("data:\n"))).toThrow("more than 50000 lines");
  });

  test("a server cannot have its stream asked for again at once", () => {
    const splitter = eventSplitter(new Intake(MAX, () => {}), undefined);
    const sent = ["retry: 1", "id: 1", "", "retry: 500", "id: 2", "", ""].join("\n");
    const events = splitter.push(Buffer.from(sent)).map((event) => textOf(event!));
    expect(events).toEqual(["id: 1\n\n", "retry: 500\nid: 2\n\n"]);
  });
});

describe("answers to a server", () => {
  test("one that does not take them gets no more of them; requests go on", async () => {
    const sent: object[] = [];
    const inner: Transport = {
      start: async () => {},
      close: async () => {},
      send: (message) => {
        sent.push(message);
        return new Promise(() => {});
      },
    };
    const transport = new MeteredTransport(inner, new Intake(MAX, () => {}));
    for (let id = 0; id < 1_000; id++) void transport.send({ jsonrpc: "2.0", id, result: {} });
    expect(sent).toHaveLength(64);
    void transport.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    expect(sent).toHaveLength(65);
  });
});

describe("lists in pieces", () => {
  const sliced = (text: string): unknown => {
    const pieces = atOnce(sliceAnswer(Buffer.from(text)));
    if (pieces === undefined || typeof pieces === "string") return pieces;
    const message = JSON.parse(pieces.text) as { result?: Record<string, unknown> };
    if (message.result !== undefined) joinLists(message.result, pieces.lists);
    return message;
  };
  const large = "x".repeat(300_000);

  test("are the same lists", () => {
    const result = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())));
    fc.assert(
      fc.property(result, fc.constantFrom(undefined, 1), (given, indent) => {
        const message = {
          jsonrpc: "2.0",
          id: 1,
          result: { ...given, tools: [given, large, given] },
        };
        const text = JSON.stringify(message, undefined, indent);
        expect(sliced(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("what is no JSON, no result or a small one is left as it is", () => {
    const texts = ['{"id":1,"result":{"tools":[1,2]}}', `{"result":{"tools":[${large}]}}`, large];
    for (const text of texts) expect(sliced(text)).toBeUndefined();
    const failed = { id: 1, error: { code: 1, message: "no", data: [[large], 2] } };
    expect(sliced(JSON.stringify(failed))).toEqual(failed);
  });

  test("an entry has a cap of its own", () => {
    const refused = (entry: string): unknown =>
      sliced(`{"id":1,"result":{"tools":[{},${entry},{}]}}`);
    expect(refused(JSON.stringify(large.repeat(8)))).toBe("an entry has more than 2097152 bytes");
    expect(refused(`[${"{},".repeat(100_000)}{}]`)).toBe("an entry has more than 150000 parts");
    expect(refused(`[${"{},".repeat(400_000)}{}]`)).toBe("it has more than 600000 parts");
  });

  test("an id that is no text of JSON is none", () => {
    expect(findId('{"id":"\\q"}', "")).toBeUndefined();
    expect(findId('{"id":"\u0001"}', "")).toBeUndefined();
  });
});

describe("work in turns", () => {
  test("pauses between steps, and ends when its time is over", async () => {
    let others = 0;
    const timer = setInterval(() => others++, 0);
    const work = function* (ms: number) {
      const until = performance.now() + ms;
      while (performance.now() < until) yield;
      return "done";
    };
    expect(await inTurns(work(60))).toBe("done");
    clearInterval(timer);
    expect(others).toBeGreaterThan(0);
    await expect(inTurns(work(60_000), new Turns(20))).rejects.toBeInstanceOf(OutOfTimeError);
  });

  test("a value is weighed whatever its depth, also one that holds itself", () => {
    let deep: unknown = "x";
    for (let at = 0; at < 100_000; at++) deep = [deep];
    expect(atOnce(weigh(deep, 1e9))).toBeGreaterThan(100_000);
    const self: Record<string, unknown> = {};
    self["self"] = self;
    expect(atOnce(weigh(self, 10_000))).toBeGreaterThan(10_000);
  });

  test("free names are found in linear time", async () => {
    const name = (count: number): void => {
      const taken = new Set<string>();
      const counts = new Map<string, number>();
      for (let at = 0; at < count; at++) taken.add(firstFree("a", (one) => taken.has(one), counts));
      expect(taken.size).toBe(count);
    };
    expect(await growth(name, 10_000, 100_000)).toBeLessThan(40);
  });

  test("a list is requested at once for the first changes, then after twice the time of before", () => {
    const pace = new RelistPace();
    const intervals = Array.from({ length: 20 }, () => {
      pace.note();
      return pace.intervalMs;
    });
    expect(intervals.slice(0, 5)).toEqual([100, 100, 100, 100, 100]);
    expect(intervals.slice(5, 8)).toEqual([200, 400, 800]);
    expect(intervals.at(-1)).toBe(60_000);
    expect(pace.isHeld).toBe(true);
  });

  test("a wait for the next list leaves no listener behind", async () => {
    const pace = new RelistPace();
    const stop = new AbortController();
    pace.note();
    await pace.wait(stop.signal);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });
});
