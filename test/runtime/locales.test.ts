/** Locales and time zones: the same right answers on both engines and in every place. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_TIMES, LOCALES } from "../../fixtures/values/locales.ts";
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
    const program = `return [new Date(0).toString(), new Date(0).toLocaleString(), (1234.5).toLocaleString(),
      new Intl.DateTimeFormat().resolvedOptions().timeZone, new Date("2024-01-01T00:00").getTime()]`;
    const script = `const { createRuntime } = await import(${JSON.stringify(INDEX)});
      await using runtime = await createRuntime({ engine: "${engine}", placement: "inline" });
      console.log(JSON.stringify((await runtime.run(${JSON.stringify(program)})).value));`;
    const env = { ...process.env, TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" };
    const args = ["--input-type=module", "-e", script];
    const printed = execFileSync(process.execPath, args, { env, encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([
      "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
      "1/1/1970, 12:00:00 AM",
      "1,234.5",
      "UTC",
      1_704_067_200_000,
    ]);
  });
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
