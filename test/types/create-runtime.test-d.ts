/** Types of `createRuntime`, its options and the runtime. Compiled by `tsc`, never run. */
import { describe, expectTypeOf, test } from "vitest";
import {
  createRuntime,
  DEFAULT_LIMITS,
  type Engine,
  type EngineModule,
  type EngineRef,
  type Inspection,
  type Limits,
  type NetworkRequest,
  type RunOptions,
  type Runtime,
  type RuntimeDescription,
  type RuntimeOptions,
  type ServerRequest,
  type ServerRequestContext,
  type ToolSpec,
  type ToolSummary,
} from "../../src/index.ts";

test("every option is optional", () => {
  expectTypeOf(createRuntime).parameters.toEqualTypeOf<[options?: RuntimeOptions | undefined]>();
  expectTypeOf(createRuntime).returns.resolves.toEqualTypeOf<Runtime>();
  expectTypeOf<RuntimeOptions>().toEqualTypeOf<Partial<RuntimeOptions>>();
  expectTypeOf<{}>().toExtend<RuntimeOptions>();
});

describe("options of createRuntime", () => {
  test("an unknown key is an error", () => {
    // @ts-expect-error -- the option is `engine`
    void createRuntime({ engines: "v8" });
  });

  test("an engine is a name or a reference", () => {
    expectTypeOf<"v8" | "quickjs">().toExtend<RuntimeOptions["engine"]>();
    expectTypeOf<EngineRef>().toExtend<RuntimeOptions["engine"]>();
    expectTypeOf<"python">().not.toExtend<RuntimeOptions["engine"]>();
    expectTypeOf<{ name: string; module: string; options: { a: 1 } }>().toExtend<EngineRef>();
    expectTypeOf<EngineModule["createEngine"]>().returns.resolves.toEqualTypeOf<Engine>();
  });

  test("a placement is a name or a service elsewhere", () => {
    type Placement = RuntimeOptions["placement"];
    expectTypeOf<"inline" | "thread" | "process" | "sandbox" | "auto">().toExtend<Placement>();
    expectTypeOf<{ remote: string; token: string }>().toExtend<Placement>();
    expectTypeOf<"container">().not.toExtend<Placement>();
    expectTypeOf<{ token: string }>().not.toExtend<Placement>();
  });

  test("limits are numbers, each may be left out, and the defaults are all there", () => {
    expectTypeOf<RuntimeOptions["limits"]>().toEqualTypeOf<Partial<Limits> | undefined>();
    expectTypeOf(DEFAULT_LIMITS).toExtend<Limits>();
    expectTypeOf<Limits[keyof Limits]>().toEqualTypeOf<number>();
    expectTypeOf<{ cpuMs: "5s" }>().not.toExtend<RuntimeOptions["limits"]>();
  });

  test("servers are entries of a config file", () => {
    expectTypeOf<{
      memory: { command: string; args: string[]; env: { A: string } };
      docs: { type: "http"; url: string; headers: { authorization: string } };
    }>().toExtend<RuntimeOptions["mcpServers"]>();
  });

  test("tools are functions by namespace, of any argument", () => {
    expectTypeOf<{
      crm: { find: (args: any) => Promise<string>; ping: () => number };
    }>().toExtend<RuntimeOptions["tools"]>();
    expectTypeOf<{ crm: "find" }>().not.toExtend<RuntimeOptions["tools"]>();
  });

  test("a tokenizer is a name or a function", () => {
    expectTypeOf<"o200k_base" | "claude">().toExtend<RuntimeOptions["tokenizer"]>();
    expectTypeOf<(text: string) => number>().toExtend<RuntimeOptions["tokenizer"]>();
    expectTypeOf<"gpt-2">().not.toExtend<RuntimeOptions["tokenizer"]>();
  });

  test("handlers of a server's requests know the server, and answer at once or later", () => {
    type Handler = NonNullable<RuntimeOptions["onSampling"]>;
    expectTypeOf<RuntimeOptions["onElicitation"]>().toEqualTypeOf<RuntimeOptions["onSampling"]>();
    expectTypeOf<Handler>().parameters.toEqualTypeOf<[ServerRequest, ServerRequestContext]>();
    expectTypeOf<ServerRequestContext>().toHaveProperty("server").toEqualTypeOf<string>();
    expectTypeOf<ServerRequestContext>().toHaveProperty("signal").toEqualTypeOf<AbortSignal>();
    expectTypeOf<() => { action: "decline" }>().toExtend<Handler>();
    expectTypeOf<() => Promise<{ action: "accept" }>>().toExtend<Handler>();
    expectTypeOf<() => string>().not.toExtend<Handler>();
  });

  test("what a network rule sees is read-only data", () => {
    expectTypeOf<NetworkRequest>().toEqualTypeOf<Readonly<NetworkRequest>>();
    expectTypeOf<{ allow: string[] }>().toExtend<RuntimeOptions["network"]>();
  });
});

describe("a runtime", () => {
  const runtime = {} as Runtime;

  test("is disposed with `await using`", () => {
    expectTypeOf<Runtime>().toExtend<AsyncDisposable>();
    expectTypeOf(runtime.close).returns.resolves.toBeVoid();
  });

  test("runs a text, with options", () => {
    expectTypeOf<RunOptions | undefined>().toExtend<Parameters<Runtime["run"]>[1]>();
    expectTypeOf<RunOptions>().toEqualTypeOf<Partial<RunOptions>>();
    // @ts-expect-error -- a program is a text
    void runtime.run(() => 1);
    // @ts-expect-error -- unknown option
    void runtime.run("1", { timeout: 5 });
    void runtime.run("1", {
      signal: AbortSignal.timeout(1),
      user: "ann",
      limits: { wallMs: 1 },
      onLog: ({ level, text }) => {
        expectTypeOf(level).toEqualTypeOf<"debug" | "log" | "info" | "warn" | "error">();
        expectTypeOf(text).toBeString();
      },
      onCall: ({ tool, ok, ms, error }) => {
        expectTypeOf([tool, ok, ms, error]).toEqualTypeOf<
          (string | number | boolean | undefined)[]
        >();
      },
    });
  });

  test("describes itself, its tools and programs", () => {
    expectTypeOf(runtime.describe()).toEqualTypeOf<RuntimeDescription>();
    expectTypeOf(runtime.inspect("1")).resolves.toEqualTypeOf<Inspection>();
    expectTypeOf(runtime.listTools("crm")).resolves.toEqualTypeOf<ToolSummary[]>();
    expectTypeOf(runtime.getToolSpec("crm", "find")).resolves.toEqualTypeOf<ToolSpec>();
    expectTypeOf(runtime.startContext()).resolves.toBeString();
    void runtime.searchTools("find", "full");
    void runtime.searchTools("find", { category: "crm", detail: "name", limit: 1, offset: 1 });
    // @ts-expect-error -- unknown detail
    void runtime.searchTools("find", "everything");
  });
});
