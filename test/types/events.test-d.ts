/** Types of a runtime's events: the name decides what a listener gets. Compiled by `tsc`, never run. */
import { expectTypeOf, test } from "vitest";
import type {
  CallRecord,
  ErrorCode,
  NetworkRequest,
  RunIdentity,
  Runtime,
  RuntimeEventName,
  RuntimeEvents,
  RuntimeListener,
} from "../../src/index.ts";

const runtime = {} as Runtime;

test("`on` returns what stops the listener", () => {
  expectTypeOf(runtime.on("run_start", () => {})).toEqualTypeOf<() => void>();
});

test("each event has its own shape", () => {
  runtime.on("run_start", ({ runId, user, session, engine, sourceHash, sourceBytes }) => {
    expectTypeOf([runId, engine, sourceHash]).toEqualTypeOf<string[]>();
    expectTypeOf([user, session]).toEqualTypeOf<(string | undefined)[]>();
    expectTypeOf(sourceBytes).toBeNumber();
  });
  runtime.on("run_end", ({ ok, code, wallMs, cpuMs, compileMs, toolCalls }) => {
    expectTypeOf(ok).toBeBoolean();
    expectTypeOf(code).toEqualTypeOf<ErrorCode | undefined>();
    expectTypeOf([wallMs, cpuMs, compileMs, toolCalls]).toEqualTypeOf<number[]>();
  });
  runtime.on("call", (event) => expectTypeOf(event).toExtend<RunIdentity & CallRecord>());
  runtime.on("network", (event) => expectTypeOf(event).toExtend<RunIdentity & NetworkRequest>());
  runtime.on("limit", ({ code }) => expectTypeOf(code).toEqualTypeOf<ErrorCode>());
  runtime.on("list_changed", ({ list }) => {
    expectTypeOf(list).toEqualTypeOf<"tools" | "resources" | "prompts">();
  });
  runtime.on("server_log", ({ data }) => expectTypeOf(data).toBeUnknown());
});

test("names are a closed list, and listeners fit their names", () => {
  expectTypeOf<RuntimeEventName>().toEqualTypeOf<keyof RuntimeEvents>();
  expectTypeOf<RuntimeListener<"denied">>().parameters.toEqualTypeOf<[RuntimeEvents["denied"]]>();
  // @ts-expect-error -- unknown event
  runtime.on("run_stop", () => {});
  // @ts-expect-error -- a run's start has no code
  runtime.on("run_start", ({ code }) => code);
  // @ts-expect-error -- events are data: they cannot be changed
  runtime.on("run_end", (event) => (event.ok = true));
});
