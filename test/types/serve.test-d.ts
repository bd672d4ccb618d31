/** Types of what serves a runtime: handlers, the service, MCP. Compiled by `tsc`, never run. */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { expectTypeOf, test } from "vitest";
import type { AgentToolsOptions } from "../../src/agent/agent-tools.ts";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import {
  createHandler,
  createLambdaHandler,
  type Handler,
  type HandlerOptions,
  type LogLine,
  type RunningService,
  type ServeSettings,
  startService,
} from "../../src/serve/index.ts";
import {
  createMcpServer,
  McpHttpHandler,
  type McpServerOptions,
} from "../../src/serve/mcp/index.ts";

const runtime = {} as Runtime;

test("a handler is a function from Request to Response, with its runtime", () => {
  expectTypeOf(createHandler()).resolves.toEqualTypeOf<Handler>();
  expectTypeOf<Handler>().toBeCallableWith(new Request("http://localhost/run"));
  expectTypeOf<ReturnType<Handler>>().resolves.toEqualTypeOf<Response>();
  expectTypeOf<Handler>().toExtend<(request: Request) => Promise<Response>>();
  expectTypeOf<Handler>().toExtend<AsyncDisposable>();
  expectTypeOf<Handler["runtime"]>().toEqualTypeOf<Runtime>();
});

test("a handler takes the options of a runtime, or a runtime", () => {
  expectTypeOf<RuntimeOptions>().toExtend<HandlerOptions>();
  void createHandler({ runtime, maxBodyBytes: 1_000 });
  void createHandler({ engine: "quickjs", placement: "inline" });
  // @ts-expect-error -- unknown option
  void createHandler({ port: 80 });
});

test("a handler for Lambda takes the same, and streams on demand", () => {
  expectTypeOf(createLambdaHandler({ runtime, streaming: true })).toEqualTypeOf<
    (event: unknown, context: unknown) => Promise<unknown>
  >();
});

test("a service takes settings and a log, and is stopped", () => {
  expectTypeOf(startService).parameter(0).toEqualTypeOf<Runtime>();
  expectTypeOf(startService).parameter(1).toEqualTypeOf<ServeSettings | undefined>();
  expectTypeOf(startService).parameter(2).toEqualTypeOf<((line: LogLine) => void) | undefined>();
  expectTypeOf(startService).returns.resolves.toEqualTypeOf<RunningService>();
  expectTypeOf<RunningService["url"]>().toBeString();
});

test("an MCP server is one of the SDK, with the options of the agent's tools", () => {
  expectTypeOf(createMcpServer(runtime, { user: "ann", version: "1" })).toEqualTypeOf<Server>();
  expectTypeOf<McpServerOptions>().toExtend<AgentToolsOptions>();
  expectTypeOf<InstanceType<typeof McpHttpHandler>>().toEqualTypeOf<McpHttpHandler>();
});
