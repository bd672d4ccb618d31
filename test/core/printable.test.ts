/** What is printed steers no terminal, forges no line and reorders nothing, and still means the same. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { oneLine, printable, printableJson } from "../../src/core/one-line.ts";

const RAW =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u;
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "a",
        "\n",
        "\r",
        "\u001b[2J",
        "\u0085",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ud800",
        "\ufeff",
        "😀",
      ),
    )
    .map((parts) => parts.join("")),
);

test("as text, on one line or on several", () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(oneLine(given)).not.toMatch(RAW);
      expect(oneLine(given)).not.toContain("\n");
      expect(printable(given)).not.toMatch(RAW);
      expect(printable(given).split("\n")).toHaveLength(given.split("\n").length);
    }),
  );
});

test("as JSON, which is the same value", () => {
  const value = fc.oneof(text, fc.dictionary(text, text), fc.array(text), fc.jsonValue());
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (given, indent) => {
      const json = printableJson(given, indent);
      expect(json).not.toMatch(RAW);
      expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(given));
    }),
  );
});
