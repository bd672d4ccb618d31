/** The handler for serverless platforms, and spans: real requests, events as AWS documents them. */
import { createServer } from "node:http";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { getRequestListener } from "@hono/node-server";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { invokeLambdaHandler } from "srvx/aws-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createHandler,
  createLambdaHandler,
  type Handler,
  traceRuntime,
} from "../../src/serve/index.ts";
import { createRuntime } from "../support/patient.ts";

const OPTIONS = {
  engine: "quickjs",
  placement: "inline",
  tools: {
    demo: { echo: async (v: unknown) => v, fail: async () => Promise.reject(new Error("no")) },
  },
} as const;

const ask = (body: unknown, headers = {}): Request =>
  new Request("http://localhost/run", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("the handler", () => {
  let handler: Handler;
  beforeAll(async () => {
    handler = await createHandler(OPTIONS);
  });
  afterAll(() => handler[Symbol.asyncDispose]());

  test("answers requests", async () => {
    const response = await handler(ask({ code: "await tools.demo.echo(41) + 1" }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ok: true,
      value: 42,
      usage: { engine: "quickjs" },
    });
    await handler(ask({ code: "let n = 1", session: "s" }));
    expect(await (await handler(ask({ code: "n", session: "s" }))).json()).toMatchObject({
      value: 1,
    });
  });

  test("stands behind a plain server", async () => {
    const server = createServer(getRequestListener(handler)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(await answer.json()).toEqual({ ok: true });
    server.close();
  });

  test("a runtime of one's own stays one's own", async () => {
    await using runtime = await createRuntime(OPTIONS);
    const own = await createHandler({ runtime });
    await own[Symbol.asyncDispose]();
    expect(await runtime.run("1")).toMatchObject({ value: 1 });
  });
});

describe("on AWS Lambda", () => {
  const handler = createLambdaHandler(OPTIONS);

  test("an HTTP event is a request", async () => {
    const response = await invokeLambdaHandler(handler as never, ask({ code: "1 + 1" }));
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ value: 2 }),
    ]);
    const wrong = await invokeLambdaHandler(handler as never, ask({ code: 1 }));
    expect(wrong.status).toBe(400);
  });

  test("a payload is a program", async () => {
    expect(await handler({ code: "2 + 2" }, {})).toMatchObject({ ok: true, value: 4 });
    expect(await handler({}, {})).toMatchObject({ error: { code: "invalid_arguments" } });
    expect(await handler(undefined, {})).toMatchObject({ error: { code: "invalid_arguments" } });
  });

  test("a start that fails is told, and tried again", async () => {
    const broken = createLambdaHandler({ ...OPTIONS, config: "/nowhere/at/all.json" });
    await expect(broken({ code: "1" }, {})).rejects.toMatchObject({ code: "config_error" });
    await expect(broken({ code: "1" }, {})).rejects.toMatchObject({ code: "config_error" });
  });

  test("responses can be streamed", async () => {
    const sent: { metadata?: { statusCode: number; headers: Record<string, string> } } = {};
    const runtime = {
      streamifyResponse: (streaming: unknown) => streaming,
      HttpResponseStream: {
        from: (stream: unknown, metadata: never) => {
          sent.metadata = metadata;
          return stream;
        },
      },
    };
    Object.assign(globalThis, { awslambda: runtime });
    const streaming = createLambdaHandler({ ...OPTIONS, streaming: true }) as unknown as (
      event: unknown,
      stream: unknown,
      context: unknown,
    ) => Promise<void>;
    const event = {
      version: "2.0",
      rawPath: "/run",
      rawQueryString: "",
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream",
        host: "localhost",
      },
      requestContext: { http: { method: "POST", path: "/run" }, domainName: "localhost" },
      body: JSON.stringify({ code: "console.log('a'); 7" }),
      isBase64Encoded: false,
    };
    const stream = new PassThrough();
    const [body] = await Promise.all([text(stream), streaming(event, stream, {})]);
    expect(body).toMatch(/^event: log\ndata: .*\n\nevent: result\ndata: .*"value":7/);
    expect(sent.metadata).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "text/event-stream" },
    });
    const direct = Object.assign(new PassThrough(), { setContentType: () => {} });
    const [answer] = await Promise.all([text(direct), streaming({ code: "8" }, direct, {})]);
    expect(JSON.parse(answer)).toMatchObject({ ok: true, value: 8 });
  });
});

describe("the examples", () => {
  const code = "(await tools.shop.orders())[0].total";

  test("Lambda", async () => {
    const { handler } = await import("../../fixtures/examples/lambda.ts");
    expect(await handler({ code }, {})).toMatchObject({ ok: true, value: 20 });
  });

  test("Vercel", async () => {
    const { default: module } = await import("../../fixtures/examples/vercel.ts");
    expect(await (await module.fetch(ask({ code }))).json()).toMatchObject({ value: 20 });
  });

  test("a plain server", async () => {
    const { start } = await import("../../fixtures/examples/node-http.ts");
    const server = await start(0);
    await new Promise((resolve) =>
      server.listening ? resolve(0) : server.once("listening", resolve),
    );
    const { port } = server.address() as { port: number };
    const answer = await fetch(new Request(`http://127.0.0.1:${port}/run`, ask({ code })));
    expect(await answer.json()).toMatchObject({ value: 20 });
    await new Promise((resolve) => server.close(resolve));
  });

  test("Cloud Run", async () => {
    const { start } = await import("../../fixtures/examples/cloud-run.ts");
    await using service = await start({
      PORT: "0",
      API_KEY: "a-key-0123456789abc",
      HOSTS: "0.0.0.0",
    });
    const headers = { authorization: "Bearer a-key-0123456789abc" };
    const url = service.url.replace("0.0.0.0", "127.0.0.1");
    const answer = await fetch(new Request(`${url}/run`, ask({ code }, headers)));
    expect(await answer.json()).toMatchObject({ value: 20 });
  });
});

test("runs are spans: the run, its compilation, its time in the VM, each call", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await using runtime = await createRuntime(OPTIONS);
  const stop = traceRuntime(runtime);
  await trace.getTracer("test").startActiveSpan("request", async (span) => {
    await runtime.run(
      "await tools.demo.echo('secret'); await tools.demo.fail().catch(() => {}); null.x",
      { user: "ann" },
    );
    span.end();
  });
  stop();
  await runtime.run("1");
  const spans = exporter.getFinishedSpans();
  const parent = (name: string): string | undefined => {
    const { parentSpanContext } = spans.find((each) => each.name === name)!;
    return spans.find((each) => each.spanContext().spanId === parentSpanContext?.spanId)?.name;
  };
  expect(spans.map(({ name }) => name).toSorted()).toEqual([
    "codecell.call demo.echo",
    "codecell.call demo.fail",
    "codecell.compile",
    "codecell.run",
    "codecell.vm",
    "request",
  ]);
  expect(
    ["codecell.run", "codecell.compile", "codecell.vm", "codecell.call demo.echo"].map(parent),
  ).toEqual(["request", "codecell.run", "codecell.run", "codecell.vm"]);
  const run = spans.find(({ name }) => name === "codecell.run")!;
  expect(run.status).toMatchObject({ code: 2, message: "program_error" });
  expect(run.attributes).toMatchObject({ "enduser.id": "ann", "codecell.engine": "quickjs" });
  expect(JSON.stringify(spans.map(({ attributes, name }) => [name, attributes]))).not.toContain(
    "secret",
  );
});
