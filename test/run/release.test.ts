/** What was taken is given back, also where something throws in between. */
import { getEventListeners } from "node:events";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { Meter } from "../../src/core/meter.ts";
import type { Answer } from "../../src/core/answer.ts";
import { PendingCalls } from "../../src/engine/pending-calls.ts";
import { VmContext } from "../../src/engine/vm-context.ts";
import { QuickJsVm } from "../../src/engine/quickjs/quickjs-vm.ts";
import { Run } from "../../src/engine/run.ts";
import type { Vm } from "../../src/engine/vm.ts";
import { createRuntime } from "../support/patient.ts";
import { startChild } from "../../src/placement/pool/child-process.ts";
import type { WorkerHandle } from "../../src/placement/pool/worker-handle.ts";
import { createMcpServer, McpHttpHandler, type McpHttpOptions } from "../../src/serve/mcp/index.ts";
import { openStore } from "../../src/session/stores/open.ts";
import { isAlive } from "../support/processes.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const URL_OF_MCP = "http://127.0.0.1/mcp";
const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
};

describe("MCP over HTTP", () => {
  async function withHandler(
    options: Omit<McpHttpOptions, "createServer">,
    work: (handler: McpHttpHandler) => Promise<void>,
  ): Promise<void> {
    await using runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
    const createServer = (): ReturnType<typeof createMcpServer> => createMcpServer(runtime);
    await using handler = new McpHttpHandler({ createServer, json: true, ...options });
    await work(handler);
  }

  const post = async (
    handler: McpHttpHandler,
    body: object,
    session?: string,
  ): Promise<Response> => {
    const headers = { ...HEADERS, ...(session === undefined ? {} : { "mcp-session-id": session }) };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return await handler.fetch(new Request(URL_OF_MCP, init));
  };

  async function begin(handler: McpHttpHandler): Promise<string> {
    const response = await post(handler, INITIALIZE);
    expect(response.status).toBe(200);
    await response.text();
    return response.headers.get("mcp-session-id")!;
  }

  const throwOnce = (): unknown =>
    vi
      .spyOn(WebStandardStreamableHTTPServerTransport.prototype, "handleRequest")
      .mockRejectedValueOnce(new Error("the transport broke"));

  test("a session whose transport threw becomes idle and ends", async () => {
    await withHandler({ sessionIdleMs: 0, maxSessions: 1 }, async (handler) => {
      const session = await begin(handler);
      throwOnce();
      const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
      await expect(post(handler, ping, session)).rejects.toThrow("the transport broke");
      expect(await begin(handler)).not.toBe(session); // there is room for one only
      expect((await post(handler, ping, session)).status).toBe(404);
    });
  });

  test("what was made for a first request that threw is closed", async () => {
    await withHandler({}, async (handler) => {
      const closed = vi.spyOn(WebStandardStreamableHTTPServerTransport.prototype, "close");
      throwOnce();
      await expect(post(handler, INITIALIZE)).rejects.toThrow("the transport broke");
      expect(closed).toHaveBeenCalledOnce();
    });
  });

  test("what was made for a request without a session is closed, whatever breaks", async () => {
    await withHandler({ stateless: true }, async (handler) => {
      const { prototype } = WebStandardStreamableHTTPServerTransport;
      const closed = vi.spyOn(prototype, "close");
      vi.spyOn(prototype, "start").mockRejectedValueOnce(new Error("it cannot start"));
      await expect(post(handler, INITIALIZE)).rejects.toThrow("it cannot start");
      expect(closed).toHaveBeenCalledOnce();
    });
  });

  test("an idle session that cannot be closed does not keep the others", async () => {
    await withHandler({ sessionIdleMs: 0, maxSessions: 2 }, async (handler) => {
      await begin(handler);
      await begin(handler);
      const close = vi
        .spyOn(WebStandardStreamableHTTPServerTransport.prototype, "close")
        .mockRejectedValueOnce(new Error("it does not close"));
      await begin(handler);
      await begin(handler);
      expect(close).toHaveBeenCalledTimes(2);
    });
  });
});

describe("one run in one VM", () => {
  test("a run whose engine breaks leaves no timer and no listener behind", async () => {
    vi.useFakeTimers();
    try {
      const vm: Partial<Vm> = {
        state: "usable",
        start: () => {},
        stop: () => {},
        heapBytes: () => {
          throw new Error("the isolate is gone");
        },
      };
      const run = new Run({
        vm: vm as Vm,
        limits: DEFAULT_LIMITS,
        names: { version: "", servers: [] },
        host: { call: async () => "1", log: () => {}, dropped: () => {} },
        vmContext: new VmContext(),
        run: 1,
        keep: false,
      });
      const { signal } = new AbortController();
      const running = run.start({ code: "", words: [] } as never, signal);
      await expect(running).rejects.toThrow("the isolate is gone");
      expect(vi.getTimerCount()).toBe(0);
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an endless loop of calls is interrupted at the first look, whatever else the loop does", async () => {
    let sentAfterwards = 0;
    const { stop } = QuickJsVm.prototype;
    vi.spyOn(QuickJsVm.prototype, "stop").mockImplementation(function (this: QuickJsVm, when) {
      stop.call(this, when);
      this.onSend = () => void sentAfterwards++;
    });
    await using runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: { demo: { echo: async (value: unknown) => value } },
      limits: { toolCalls: 1 },
    });
    // QuickJS looks for an interruption once in 10,000 steps: at another place of each of these loops.
    const counts: number[] = [];
    for (let at = 0; at < 72; at++) {
      sentAfterwards = 0;
      const code = `
        const step = () => {};
        ${"step();".repeat(at % 12)}
        for (;;) {
          tools.demo.echo(1);
          ${"step();".repeat(at / 12)}
        }`;
      const result = await runtime.run(code);
      expect(result.ok ? undefined : result.error).toMatchObject({ code: "call_limit" });
      counts.push(sentAfterwards);
    }
    expect(Math.max(...counts)).toBeLessThan(1.5 * Math.min(...counts)); // none went on to the next look
  });

  test("a host that rejects a call does not leave the run waiting", async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const calls = new PendingCalls({
      host: { call: () => Promise.reject(new Error("no")), log: () => {}, dropped: () => {} },
      meter: new Meter(DEFAULT_LIMITS),
      vmContext: new VmContext(),
      onBreach: () => {},
      deliver: (_id, answer) => resolve(answer),
    });
    calls.call(1, "demo\necho", "{}");
    expect(calls.waits).toBe(true);
    expect(await promise).toContain("the call could not be made");
    expect(calls.waits).toBe(false);
  });
});

test("a worker process that cannot be put where it belongs is ended", async () => {
  let pid = 0;
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<void>();
  const starting = (): unknown =>
    startChild({
      file: process.execPath,
      args: ["-e", "setInterval(() => {}, 1000)"],
      onSpawn: (id) => {
        pid = id;
        throw new Error("the cgroup is gone");
      },
      onEnd,
    });
  expect(starting).toThrow("the cgroup is gone");
  await ended;
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

/** A wrapper that starts a process, which holds the wrapper's pipes, and reports its id. */
function startWrapper(starter: string): { worker: WorkerHandle; started: () => number } {
  let started = 0;
  const worker = startChild({
    file: "sh",
    args: ["-c", `${starter} sleep 1000 & echo $! >&4; wait`],
    env: { PATH: process.env.PATH ?? "" },
    findWorker: (info) => (started = Number(info) || 0) || undefined,
  });
  return { worker, started: () => (worker.usage(), started) };
}

test("a wrapper that is killed while it starts leaves no process behind", async () => {
  const { worker, started } = startWrapper("");
  await expect.poll(started).toBeGreaterThan(0);
  worker.kill();
  expect((await worker.exited).detail).toBe("signal SIGKILL");
  await expect.poll(() => isAlive(started())).toBe(false);
});

test("what keeps the pipes of a killed worker open does not keep its host waiting", async () => {
  const { worker, started } = startWrapper("setsid");
  await expect.poll(started).toBeGreaterThan(0);
  try {
    worker.kill();
    expect((await worker.exited).detail).toBe("signal SIGKILL");
  } finally {
    process.kill(started(), "SIGKILL");
  }
});

test("a store that could not be opened is forgotten, not one that was opened since", async () => {
  const address = "sqlite:/nowhere/at/all/sessions.db";
  const first = openStore(address);
  const second = openStore(address);
  await expect(first).rejects.toThrow("cannot be opened");
  await expect(second).rejects.toThrow("cannot be opened");

  await using memory = await openStore("sqlite::memory:");
  const other = await openStore("sqlite::memory:");
  await other[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose](); // once more than it was opened
  await memory.set("key", "value", 1_000);
  expect(await memory.get("key")).toBe("value");
});
