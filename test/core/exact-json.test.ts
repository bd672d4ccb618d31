/** No whole number of a JSON text loses digits; everything else is what `JSON.parse` makes of it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mayHaveLargeIntegers, parseExact } from "../../src/core/exact-json.ts";

type Reviving = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
) => unknown;

/** The same by the engine's own means, which only one of the engines has. */
function expected(text: string): unknown {
  return (JSON.parse as Reviving)(text, (_key, value, { source }) =>
    typeof value === "number" && /^-?\d+$/.test(source) && !Number.isSafeInteger(value)
      ? BigInt(source)
      : value,
  );
}

const number = fc.oneof(
  fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc
    .tuple(
      fc.bigInt({ min: 10n ** 16n, max: 10n ** 20n }),
      fc.constantFrom(".5", "e2", "E-3", ".0e+1"),
    )
    .map(([whole, rest]) => whole + rest),
);
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', "\\", ",", ":", "[", " ", "\ue101", "\ue202", "12345678901234567890"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .map((value) => JSON.stringify(value));
const gap = fc.constantFrom("", " ", "\n\t");
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    number,
    text,
    fc.constantFrom("true", "null", '"\\ue101"', '"\\uE101\\ue202"'),
    fc
      .tuple(fc.array(tie("json"), { maxLength: 4 }), gap)
      .map(([items, space]) => `[${space}${items.join(`${space},${space}`)}${space}]`),
    fc
      .tuple(fc.array(fc.tuple(text, tie("json")), { maxLength: 4 }), gap)
      .map(
        ([entries, space]) =>
          `{${entries.map(([key, value]) => `${space}${key}${space}:${space}${value}`).join(",")}}`,
      ),
  ),
}));

test("a whole number beyond what a double holds is a BigInt, and nothing else changes", () => {
  fc.assert(
    fc.property(json, (given) => {
      expect(parseExact(given)).toStrictEqual(expected(given));
    }),
    { numRuns: 2_000 },
  );
});

test("what is no JSON is refused as JSON.parse refuses it", () => {
  const broken = fc
    .tuple(
      json,
      fc.nat(),
      fc.constantFrom("", '"', "-", "0", ".", "12345678901234567890", ":", "]"),
    )
    .map(([given, at, put]) => {
      const place = at % (given.length + 1);
      return given.slice(0, place) + put + given.slice(place + 1);
    });
  const tried = (parse: (given: string) => unknown, given: string): unknown => {
    try {
      return { value: parse(given) };
    } catch (error) {
      return { name: (error as Error).name };
    }
  };
  fc.assert(
    fc.property(broken, (given) => {
      expect(tried(parseExact, given)).toStrictEqual(tried(expected, given));
    }),
    { numRuns: 2_000 },
  );
});

test("ids in quotes, as most are, cost no more than a look", () => {
  expect(mayHaveLargeIntegers('{"id":"12345678901234567890","at":1700000000000}')).toBe(false);
  expect(mayHaveLargeIntegers('{"id":12345678901234567890}')).toBe(true);
});

test("a text that has every mark is parsed all the same", () => {
  const marks = Array.from({ length: 0x1900 }, (_, at) => String.fromCharCode(0xe000 + at)).join(
    "",
  );
  const given = `[12345678901234567890,${JSON.stringify(marks)}]`;
  expect(parseExact(given)).toStrictEqual(JSON.parse(given));
});

test("beyond the caps numbers are doubles, and a run of any length is no trouble", () => {
  const id = "12345678901234567890";
  const [exact, double] = [BigInt(id), Number(id)];
  expect(parseExact(`[${id},${id}]`, { integers: 1 })).toStrictEqual([exact, double]);
  expect(parseExact(`[${id},1234567890123456.5,${id}]`, { digits: 36 })).toStrictEqual([
    exact,
    1234567890123456.5,
    double,
  ]);
  expect(parseExact(`[${id},1234567890123456,${id}]`, { digits: 56 })).toStrictEqual([
    exact,
    1234567890123456,
    exact,
  ]);
  expect(parseExact(`[${id},${"7".repeat(8_000_000)}]`, { digits: 99 })).toEqual([exact, Infinity]);
  expect(parseExact(`[${"7".repeat(8_000_000)}]`)).toEqual(["7".repeat(8_000_000)]);
});

test("a whole number has as many digits as may cross the bridge, and is a text beyond", () => {
  const [longest, longer] = ["7".repeat(9_000), "7".repeat(9_001)];
  expect(parseExact(`[${longest},-${longest.slice(1)}]`)).toStrictEqual([
    BigInt(longest),
    BigInt(`-${longest.slice(1)}`),
  ]);
  expect(parseExact(`[${longer}]`)).toStrictEqual([longer]);
});

test("a great many numbers of a great many digits cost as much as their digits", () => {
  const one = "7".repeat(100_000);
  const given = `[${Array.from({ length: 100 }, () => one).join(",")}]`;
  const parsed = parseExact(given) as unknown[];
  expect(parsed.every((each) => each === one)).toBe(true);
  // The first is beyond the cap already: none is made into anything but a double.
  expect(parseExact(given, { digits: 99_999 })).toEqual(
    Array.from({ length: 100 }, () => Infinity),
  );
});
