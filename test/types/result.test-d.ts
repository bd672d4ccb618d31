/** Types of a result: one `if` narrows it. Compiled by `tsc`, never run. */
import { describe, expectTypeOf, test } from "vitest";
import {
  CodecellError,
  ERROR_CODES,
  type ErrorCode,
  type ExecutionResult,
  type Failure,
  type JsonValue,
  type TokenUsage,
  type Usage,
} from "../../src/index.ts";

describe("an ExecutionResult", () => {
  const result = {} as ExecutionResult;

  test("holds a value or an error", () => {
    if (result.ok) {
      expectTypeOf(result.value).toEqualTypeOf<JsonValue | undefined>();
      expectTypeOf(result).not.toHaveProperty("error");
    } else {
      expectTypeOf(result.error).toEqualTypeOf<Failure>();
      expectTypeOf(result).not.toHaveProperty("value");
    }
    // @ts-expect-error -- not narrowed
    void result.value;
    // @ts-expect-error -- not narrowed
    void result.error;
  });

  test("holds logs, calls and usage either way", () => {
    expectTypeOf(result.logs[0]!.text).toBeString();
    expectTypeOf(result.calls[0]!.error).toEqualTypeOf<string | undefined>();
    expectTypeOf(result.usage).toEqualTypeOf<Usage>();
    expectTypeOf(result.tokens).toEqualTypeOf<TokenUsage | undefined>();
    expectTypeOf(result.truncated?.value).toEqualTypeOf<number | undefined>();
    expectTypeOf(result.runId).toBeString();
  });

  test("is read-only", () => {
    // @ts-expect-error -- readonly
    result.runId = "";
    // @ts-expect-error -- readonly
    result.logs.push({ level: "log", text: "" });
    // @ts-expect-error -- readonly
    result.calls[0]!.ok = true;
  });
});

test("a value is JSON", () => {
  expectTypeOf<{ a: [1, "b", null, { c: true }] }>().toExtend<JsonValue>();
  expectTypeOf<Date>().not.toExtend<JsonValue>();
  expectTypeOf<bigint>().not.toExtend<JsonValue>();
  expectTypeOf<undefined>().not.toExtend<JsonValue>();
});

test("error codes are a closed list", () => {
  expectTypeOf(ERROR_CODES[0]).toEqualTypeOf<"syntax_error">();
  expectTypeOf<(typeof ERROR_CODES)[number]>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<Failure["code"]>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<Failure["line"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<"oops">().not.toExtend<ErrorCode>();
});

test("a CodecellError has one, and is told from other errors", () => {
  const error: unknown = undefined;
  if (CodecellError.is(error)) {
    expectTypeOf(error).toEqualTypeOf<CodecellError>();
    expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
    expectTypeOf(error.hint).toEqualTypeOf<string | undefined>();
  }
  expectTypeOf<CodecellError>().toExtend<Error>();
});
