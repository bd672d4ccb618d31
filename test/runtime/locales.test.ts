/** Locales and time zones: the same right answers on both engines and in every place. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_TIMES, LOCALES } from "../../fixtures/values/locales.ts";
import { encode } from "../../src/core/encode.ts";
import { answerIntl } from "../../src/engine/intl-service.ts";
import type { Runtime } from "../../src/index.ts";
import { COMBINATIONS, startRuntime } from "../support/combinations.ts";
import { nodeValues } from "../support/node-values.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Adelaide"];
const INDEX = new URL("../../src/index.ts", import.meta.url).href;
const ALL = (expressions: readonly string[]): string => `return [${expressions.join(",\n")}]`;

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine, placement: "inline" });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test("what depends on a locale is as in Node", async () => {
    const wanted = nodeValues(LOCALES, "UTC");
    for (const [at, expression] of LOCALES.entries())
      expect([expression, await value(runtime.run(`return (${expression})`))]).toEqual([
        expression,
        wanted[at],
      ]);
  });

  test.each(ZONES)("local times in %s are as in Node", async (timeZone) => {
    const wanted = nodeValues(LOCAL_TIMES, timeZone);
    expect(await value(runtime.run(ALL(LOCAL_TIMES), { timeZone }))).toEqual(wanted);
  });

  test("local fields agree with Intl at any time in any zone, and lead back to it", async () => {
    const year = 365.25 * 24 * 3_600_000;
    const zones = fc.sample(fc.constantFrom(...Intl.supportedValuesOf("timeZone")), 12);
    for (const timeZone of zones) {
      const times = fc.sample(fc.integer({ min: 0, max: Math.floor(70 * year) }), 40);
      const program = `return ${JSON.stringify(times)}.map((ms) => { const d = new Date(ms);
        const fields = [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
        return [fields.join(), Math.abs(+new Date(...fields, d.getMilliseconds()) - ms)]; })`;
      const got = (await value(runtime.run(program, { timeZone }))) as [string, number][];
      for (const [at, [fields, back]] of got.entries()) {
        expect([timeZone, times[at], fields]).toEqual([
          timeZone,
          times[at],
          fieldsAt(times[at]!, timeZone),
        ]);
        expect(back % 900_000).toBe(0); // of a time that a clock shows twice, the first one counts
        expect(back).toBeLessThanOrEqual(24 * 3_600_000);
      }
    }
  });

  test("any two texts compare as Intl compares them", async () => {
    const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 6 });
    const word = fc.oneof(ascii, fc.string({ unit: "grapheme", maxLength: 4 }));
    const pairs = fc.sample(fc.tuple(word, word), 400);
    const program = `return ${JSON.stringify(pairs)}.map(([a, b]) => Math.sign(a.localeCompare(b)))`;
    const { compare } = new Intl.Collator("en-US");
    expect(await value(runtime.run(program))).toEqual(
      pairs.map(([a, b]) => Math.sign(compare(a, b))),
    );
  });

  test("texts of letters, digits and spaces compare as Intl compares them, and so do NUL and halves of pairs", async () => {
    const letters = fc.string({ unit: fc.constantFrom(..."09azAZbB "), maxLength: 5 });
    const odd = fc.string({
      unit: fc.constantFrom("a", "b", "\0", "\ud83d", "\ude00"),
      maxLength: 4,
    });
    const pairs = [
      ...fc.sample(fc.tuple(letters, letters), 300),
      ...fc.sample(fc.tuple(odd, odd), 200),
    ];
    const program = `return ${JSON.stringify(pairs)}.map(([a, b]) => Math.sign(a.localeCompare(b)))`;
    const { compare } = new Intl.Collator("en-US");
    expect(await value(runtime.run(program))).toEqual(
      pairs.map(([a, b]) => Math.sign(compare(a, b))),
    );
  });

  test("dates are written by any method with any options as in Intl, also in the next zone", async () => {
    const options = fc.record(
      {
        year: fc.constantFrom("numeric", "2-digit"),
        weekday: fc.constantFrom("long", "short"),
        hour: fc.constant("numeric"),
        dateStyle: fc.constantFrom("short", "full"),
        timeStyle: fc.constantFrom("short", "medium"),
        timeZoneName: fc.constant("short"),
        era: fc.constant("short"),
      },
      { requiredKeys: [] },
    );
    const method = fc.constantFrom("toLocaleString", "toLocaleDateString", "toLocaleTimeString");
    const locale = fc.constantFrom("en", "de", "ja", "ar-EG");
    const drawn = fc.sample(fc.tuple(method, locale, options, fc.boolean()), 80);
    const cases = drawn.map(
      ([name, tag, asked, none]) => [name, tag, none ? null : asked] as const,
    );
    const program = `return ${JSON.stringify(cases)}.map(([method, locale, options]) => {
      try { return new Date(1.7e12)[method](locale, options ?? undefined); } catch (error) { return error.name; } })`;
    for (const timeZone of ["Asia/Kolkata", "America/New_York"])
      expect(await value(runtime.run(program, { timeZone }))).toEqual(
        cases.map(([name, tag, asked]) => {
          try {
            return new Date(1.7e12)[name](tag, { timeZone, ...(asked as object | null) });
          } catch (error) {
            return (error as Error).name;
          }
        }),
      );
  });

  test("a session that changes its zone has no formatter of the old one", async () => {
    const session = await runtime.session("zones");
    const program = "return [new Date(0).toString(), new Date(0).toLocaleTimeString('en')]";
    for (const timeZone of ["Europe/Berlin", "Asia/Tokyo", "UTC", "Europe/Berlin"])
      expect(await value(session.run(program, { timeZone }))).toEqual([
        ...nodeValues(["new Date(0).toString()", "new Date(0).toLocaleTimeString('en')"], timeZone),
      ]);
    await session.close();
  });

  test.each([
    ["Africa/Tunis", "1943-04-10"],
    ["Europe/Simferopol", "1944-04-05"],
  ])("in %s an offset that held for days only counts", async (timeZone, from) => {
    const hours = Array.from({ length: 24 * 25 }, (_, at) => Date.parse(from) + at * 3_600_000);
    const program = `return ${JSON.stringify(hours)}.map((ms) => { const d = new Date(ms);
      return [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()].join(); })`;
    expect(await value(runtime.run(program, { timeZone }))).toEqual(
      hours.map((ms) => fieldsAt(ms, timeZone)),
    );
  });

  test("the first and the last local times have fields and texts", async () => {
    const program = `const last = new Date(8.64e15);
      return [new Date(-1, 0).toDateString(), last.toDateString(), last.getFullYear(), last.getHours(), last.setMinutes(-1),
        new Date(-8.64e15).toDateString()]`;
    const timeZone = "Europe/Berlin";
    expect(await value(runtime.run(program, { timeZone }))).toEqual([
      "Fri Jan 01 -0001",
      "Sat Sep 13 275760",
      275_760,
      2,
      8.64e15 - 60_000,
      "Tue Apr 20 -271821",
    ]);
  });

  test("a long text has all of its segments", async () => {
    const program = `const text = "to be or ".repeat(5_000);
      const all = [...new Intl.Segmenter("en", { granularity: "word" }).segment(text)];
      return [all.length, all.every(({ segment, index }) => text.startsWith(segment, index)),
        [...new Intl.Segmenter("en").segment("a\\u0301".repeat(9_000))].length]`;
    expect(await value(runtime.run(program))).toEqual([30_000, true, 9_000]);
  });

  test("numbers in any style are as in Intl", async () => {
    const style = fc.record(
      {
        locale: fc.constantFrom("en", "de", "ar-EG", "hi", "ja", "pt-BR"),
        notation: fc.constantFrom("standard", "compact", "scientific"),
        signDisplay: fc.constantFrom("auto", "always", "never"),
        minimumFractionDigits: fc.integer({ min: 0, max: 4 }),
        useGrouping: fc.boolean(),
      },
      { requiredKeys: ["locale"] },
    );
    const cases = fc.sample(fc.tuple(style, fc.double({ noNaN: true })), 150);
    const given = cases.map(([options, number]) => [
      options,
      Object.is(number, -0) ? "-0" : `${number}`,
    ]);
    const program = `return ${JSON.stringify(given)}.map(([{ locale, ...rest }, n]) => Number(n).toLocaleString(locale, rest))`;
    const wanted = cases.map(([{ locale, ...rest }, number]) =>
      number.toLocaleString(locale, rest as Intl.NumberFormatOptions),
    );
    expect(await value(runtime.run(program))).toEqual(wanted);
  });

  test("what the host's Intl is sent is small and known", async () => {
    const program = `
      const name = (work) => { try { work(); return "nothing thrown"; } catch (error) { return error.name; } };
      return [
        name(() => new Intl.ListFormat("en").format(["x".repeat(100_000)])),
        name(() => "x".repeat(100_000).localeCompare("y", "de")),
        name(() => (1).toLocaleString("x".repeat(200))),
        new Intl.NumberFormat("en", { toString() { throw 1; }, style: "decimal", unknown: () => 1 }).format(1),
      ]`;
    const names = await value(runtime.run(program));
    const wanted =
      engine === "v8" ? ["nothing thrown", "nothing thrown"] : ["RangeError", "RangeError"];
    expect((names as string[]).slice(0, 2)).toEqual(wanted);
    expect((names as string[]).slice(2)).toEqual([expect.stringMatching(/Error$/), "1"]);
  });

  test("a session keeps its time zone, also where it goes on", async () => {
    const berlin = await runtime.session("berlin", { timeZone: "Europe/Berlin" });
    const program =
      "globalThis.count = (globalThis.count ?? 0) + 1; return [count, new Date(0).getHours()]";
    expect(await value(berlin.run(program))).toEqual([1, 1]);
    expect(await value(berlin.run(program, { timeZone: "Asia/Tokyo" }))).toEqual([2, 9]);
    const other = await createRuntime({ engine, placement: "inline", timeZone: "Asia/Kolkata" });
    const copy = await other.restore(await berlin.snapshot());
    expect(await value(copy.run(program))).toEqual([3, 1]);
    expect(await value((await other.session("new")).run(program))).toEqual([1, 5]);
    await other.close();
  });

  test("the host's own zone and language decide nothing", () => {
    const program = `
      const unknown = [undefined, [], "xx", ["la", "xx"]];
      return {
        text: new Date(0).toString(),
        dates: unknown.map((locales) => new Date(0).toLocaleString(locales)),
        formatted: unknown.map((locales) => new Intl.DateTimeFormat(locales).format(0)),
        numbers: unknown.map((locales) => (1234.5).toLocaleString(locales)),
        collators: unknown.map((locales) => new Intl.Collator(locales).resolvedOptions().locale),
        supported: Intl.NumberFormat.supportedLocalesOf(["xx", "de"]),
        temporal: typeof Temporal === "undefined" ? undefined : [
          Temporal.Now.timeZoneId(),
          Temporal.Instant.fromEpochMilliseconds(0).toLocaleString(),
          Temporal.PlainDate.from("2024-01-31").toLocaleString(),
          new Date(0).toTemporalInstant().toLocaleString("en", { timeZone: "UTC" }),
        ],
        zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
        parsed: new Date("2024-01-01T00:00").getTime(),
      }`;
    const epoch = "1/1/1970, 12:00:00 AM";
    const four = (item: string): string[] => [item, item, item, item];
    expect(onForeignHost(engine, program, "UTC")).toEqual({
      text: "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
      dates: four(epoch),
      formatted: four("1/1/1970"),
      numbers: four("1,234.5"),
      collators: four("en-US"),
      supported: ["de"],
      ...(engine === "v8" ? { temporal: ["UTC", epoch, "1/31/2024", epoch] } : {}),
      zone: "UTC",
      parsed: 1_704_067_200_000,
    });
  });

  test("texts of dates without a zone are local in the program's zone, as in Node", () => {
    const zone = "America/New_York";
    const iso = fc.tuple(
      fc.constantFrom("", " "),
      fc.constantFrom("2024", "2024-03", "2024-03-05"),
      fc.constantFrom("", "T10:00", "T10:00:05", "T10:00:05.25", "T10:00Z", "T10:00+01:00"),
      fc.constantFrom("", " "),
    );
    const words = fc.tuple(
      fc.constantFrom("Mar 1 2022", "Tue Mar 01 2022", "1 March 2022", "2022/03/01"),
      fc.constantFrom("", " 10:00", " 10:00:05", " 10:00 PM"),
      fc.constantFrom("", " GMT", " GMT+0100", " EST", " UTC"),
      fc.constantFrom("", " (UTC)", " (Central European Time)", " (GMT+1)"),
    );
    const texts = [
      ...[
        "12345",
        "202401",
        "2024-01-05 ",
        "2024 ",
        "Mar 1 2022 (UTC)",
        "2024-01T10:00",
        "",
        "no date",
      ],
      ...fc.sample(fc.oneof(iso, words), 150).map((parts) => parts.join("")),
    ];
    const program = `return ${JSON.stringify(texts)}.map((text) => Date.parse(text)).map((ms) => ms === ms ? ms : null)`;
    const got = onForeignHost(engine, program, zone) as unknown[];
    const wanted = nodeValues([`${JSON.stringify(texts)}.map((text) => Date.parse(text))`], zone);
    const read = (wanted[0] as unknown[]).map((ms, at) => [texts[at], ms] as const);
    // QuickJS reads some texts that V8 refuses, refuses some others, and takes an offset without a time for a year.
    const isSame = (at: number): boolean =>
      engine === "v8" ||
      (got[at] !== null && read[at]![1] !== null && !/^[^:]*GMT\+0100/.test(texts[at]!));
    expect(read.map(([text], at) => [text, got[at]]).filter((_, at) => isSame(at))).toEqual(
      read.filter((_, at) => isSame(at)),
    );
  });
});

/** What a program returns where the host's zone and language are others. */
function onForeignHost(engine: string, program: string, timeZone: string): unknown {
  const script = `const { createRuntime } = await import(${JSON.stringify(INDEX)});
    const { engine, program, timeZone } = ${JSON.stringify({ engine, program, timeZone })};
    await using runtime = await createRuntime({ engine, placement: "inline", timeZone });
    console.log(JSON.stringify((await runtime.run(program)).value));`;
  const env = { ...process.env, TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" };
  const args = ["--input-type=module", "-e", script];
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: "utf8" })) as unknown;
}

test("Temporal is on the run's clock and zone also where a later program of a session is the first to name it", async () => {
  await using runtime = await createRuntime({ engine: "v8", placement: "inline" });
  const session = await runtime.session("late", { timeZone: "Asia/Tokyo" });
  expect(
    await value(session.run("Array.prototype[Symbol.iterator] = function* () {}; return 1")),
  ).toBe(1);
  const program = `const instant = new Date(0).toTemporalInstant();
    return \`\${Temporal.Now.timeZoneId()} \${instant.toLocaleString()}\``;
  expect(await value(session.run(program))).toBe("Asia/Tokyo 1/1/1970, 9:00:00 AM");
});

test("no request to the host's Segmenter is answered with more than some thousands of segments", () => {
  const request = encode([["en"], { granularity: "grapheme" }, "a".repeat(60_000)]);
  const { value: found } = JSON.parse(answerIntl("Segmenter.segment", request)) as {
    value: unknown[];
  };
  expect(found).toHaveLength(4_000);
});

test.each(COMBINATIONS)(
  "$engine in $placement has the zone of the run, else UTC",
  async (place) => {
    const runtime = await startRuntime(place, { timeZone: "Europe/Berlin" });
    const program = "return [new Date(0).getHours(), new Date(0).toLocaleTimeString('en')]";
    expect(await value(runtime.run(program))).toEqual([1, "1:00:00 AM"]);
    expect(await value(runtime.run(program, { timeZone: "UTC" }))).toEqual([0, "12:00:00 AM"]);
    await runtime.close();
  },
);

test("a time zone that does not exist is refused by its path", async () => {
  for (const timeZone of ["Mars/Base", "", 7, "x".repeat(200)] as string[]) {
    const refusal = {
      code: "config_error",
      message: expect.stringMatching(/^timeZone is .*IANA/s),
    };
    await expect(createRuntime({ timeZone })).rejects.toMatchObject(refusal);
    await using runtime = await createRuntime({ placement: "inline" });
    await expect(runtime.run("1", { timeZone })).rejects.toMatchObject(refusal);
    await expect(runtime.session("s", { timeZone })).rejects.toMatchObject(refusal);
  }
});

test("nothing else in the prelude reads the engine's zone, or asks its Intl", () => {
  const folder = new URL("../../src/engine/guest/", import.meta.url);
  const ENGINES = ["date.ts", "zone.ts", "intl-native.ts", "source.ts"];
  for (const file of readdirSync(folder).filter((name) => !ENGINES.includes(name))) {
    const source = readFileSync(new URL(file, folder), "utf8");
    const local =
      /\.(?:[gs]et(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds)|getTimezoneOffset)\(/;
    expect([file, source.match(local)?.[0]]).toEqual([file, undefined]);
    expect([file, source.match(/\bnew Intl\.\w+\(/)?.[0]]).toEqual([file, undefined]);
  }
});

function fieldsAt(ms: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = Object.fromEntries(
    format.formatToParts(ms).map(({ type, value: part }) => [type, Number(part)]),
  );
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return [year, month! - 1, day, hour, minute, second].join();
}
