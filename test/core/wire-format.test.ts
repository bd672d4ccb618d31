/** Values as text: what arrives is what was sent, and nothing that was sent can hurt. */
import { describe, expect, test } from "vitest";
import { decode } from "../../src/core/decode.ts";
import { encode } from "../../src/core/encode.ts";
import { WireError } from "../../src/core/wire-format.ts";

const error = Object.assign(new RangeError("outer", { cause: new Error("inner") }), { code: "E1" });

test.each<[name: string, value: unknown]>([
  ["JSON", { a: [1, "two", null, true], "": {}, nested: [[[]]] }],
  ["undefined", [undefined, { a: undefined }]],
  ["numbers JSON lacks", [NaN, Infinity, -Infinity, -0, 0]],
  ["BigInt", [0n, -1n, 2n ** 100n]],
  ["Date", [new Date(1), new Date(NaN)]],
  ["RegExp", /a\/b[\]"]/giu],
  [
    "Map and Set",
    new Map<unknown, unknown>([
      [{ key: 1 }, new Set([1, "a", new Set()])],
      [NaN, undefined],
    ]),
  ],
  [
    "typed arrays",
    [
      new Uint8Array([1, 2, 255]),
      new Float64Array([0.1]),
      new BigInt64Array([-1n]),
      new Uint8Array(0),
    ],
  ],
  ["ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
  ["text", ["\u0000\n\u2028\ud800", "😀", '"\\']],
  ["a key that marks types", { $type: "Date", value: 1, a: { $type: "undefined" } }],
  ["__proto__ as a key", JSON.parse('{ "__proto__": { "polluted": true } }')],
])("%s arrives as it was sent", (_name, value) => {
  expect(decode(encode(value))).toEqual(value);
});

test("plain JSON stays plain JSON", () => {
  expect(encode({ a: [1, "x", null] })).toBe('{"a":[1,"x",null]}');
});

test("errors keep name, message, code and cause, and lose their stack", () => {
  const text = encode(error);
  expect(text).not.toContain("wire.test");
  const copy = decode(text) as Error & { code: string };
  expect(copy).toBeInstanceOf(Error);
  expect([copy.name, copy.message, copy.code, (copy.cause as Error).message]).toEqual([
    "RangeError",
    "outer",
    "E1",
    "inner",
  ]);
});

test("__proto__ pollutes nothing", () => {
  decode('~{"__proto__":{"$type":"Map","value":[]},"a":{"$type":"undefined"}}');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

const cycle: { list: unknown[] } = { list: [] };
cycle.list.push({ back: cycle });
let deep: unknown = 1;
for (let level = 0; level < 30; level++) deep = [deep];

test.each<[name: string, value: unknown, message: string]>([
  ["a function", { a: [() => 1] }, "value.a[0] is a function, which is not data"],
  ["a symbol", [Symbol("x")], "value[0] is a symbol, which is not data"],
  ["a promise", { p: Promise.resolve(1) }, "value.p is a Promise: await it first"],
  ["a cycle", cycle, "value.list[0].back refers back to value: a cycle cannot be sent as data"],
  ["depth", deep, "value is nested deeper than 20 levels"],
  [
    "a BigInt of millions of digits",
    2n ** 1_000_000n,
    "value is a BigInt of more than 10000 digits",
  ],
])("%s is refused with its path", (_name, value, message) => {
  expect(() => encode(value, { maxDepth: 20 })).toThrow(new WireError("not_serializable", message));
});

test("size is refused before it is spent", () => {
  let bomb: unknown = { text: "x".repeat(1_000) };
  for (let level = 0; level < 40; level++) bomb = { left: bomb, right: bomb };
  expect(() => encode(bomb, { maxBytes: 100_000 })).toThrow("value is larger than 100000 bytes");
  expect(() => encode(new Uint8Array(1_000_000), { maxBytes: 100_000 })).toThrow("larger");
});

test("a getter is read once", () => {
  let reads = 0;
  const value = { get once() { return ++reads; } }; // prettier-ignore
  expect(decode(encode(value))).toEqual({ once: 1 });
  expect(reads).toBe(1);
});

describe("hostile text", () => {
  test.each([
    "",
    "{",
    "~",
    "~{",
    '~{"$type":"Map","value":1}',
    '~{"$type":"Map","value":[1]}',
    '~{"$type":"Nope","value":""}',
    '~{"$type":"Uint8Array","value":"%"}',
    '~{"$type":"Float64Array","value":"AQI="}',
    '~{"$type":"RegExp","value":["(","" ]}',
    '~{"$type":"BigInt","value":"abc"}',
    `~{"$type":"BigInt","value":"${"9".repeat(20_000)}"}`,
    '~{"$type":"constructor","value":""}',
    '~{"$type":"__proto__","value":""}',
    '~{"$type":"Object","value":null}',
    '~{"$type":"number","value":"7"}',
    '~{"$type":"Date","value":"1"}',
    '~{"$type":"RegExp","value":[1,2]}',
    '~{"$type":"BigInt","value":"0x10"}',
    '~{"$type":"DataView","value":1}',
    '~{"$type":"Error","value":{"class":"Function","name":"a","message":"b"}}',
    '~{"$type":"Error","value":{"class":"__proto__","name":"a","message":"b"}}',
    '~{"$type":"Error","value":{"class":{},"name":"a","message":"b"}}',
    '~{"$type":"Error","value":{"name":"a"}}',
    '~{"$type":"Error","value":{"name":"a","message":"b","own":1}}',
    `~${"[".repeat(200_000)}${"]".repeat(200_000)}`,
  ])("%.40s is refused", (text) => {
    expect(() => decode(text)).toThrow(WireError);
  });
});
