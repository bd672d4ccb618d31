/** In whose async context the callbacks of a run are called, and whose contexts are kept. */
import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asking } from "../../fixtures/servers/asking.ts";
import { streamable } from "../../fixtures/servers/http.ts";
import {
  type ExecutionResult,
  type Runtime,
  type RuntimeOptions,
  type Session,
  tool as localTool,
} from "../../src/index.ts";
import { startService } from "../../src/serve/index.ts";
import { type Combination, COMBINATIONS } from "../support/combinations.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

/** Whose context it is. */
const caller = new AsyncLocalStorage<string>();
const CALLERS = ["ann", "bob", "cyd", "dan", "eve", "fay", "gil", "hal"];
const EVENTS = ["run_start", "run_end", "call", "limit", "denied", "network", "file"] as const;

interface Seen {
  readonly what: string;
  /** Who caused the callback. */
  readonly of: string | undefined;
  /** In whose context it was called. */
  readonly in: string | undefined;
}

/** Records where callbacks are called. */
class Watch {
  readonly seen: Seen[] = [];

  note(what: string, of: string | undefined): void {
    this.seen.push({ what, of, in: caller.getStore() });
  }

  /** Callbacks that were called in a context that is not their cause's. */
  get foreign(): Seen[] {
    return this.seen.filter((each) => each.of !== each.in);
  }

  count(what: string): number {
    return this.seen.filter((each) => each.what === what).length;
  }

  /** Tools that note who calls them, at once and later, and when they are aborted. */
  readonly tools = {
    who: localTool({
      run: async (_args, { user, signal }) => {
        this.note("tool", user);
        signal.addEventListener("abort", () => this.note("abort", user));
        await wait(1);
        this.note("tool", user);
        return caller.getStore();
      },
    }),
    fails: localTool({
      run: async (_args, { user }) => {
        this.note("tool", user);
        throw new Error("no");
      },
    }),
    never: localTool({
      run: (_args, { user, signal }) => {
        signal.addEventListener("abort", () => this.note("abort", user));
        return new Promise(() => {});
      },
    }),
  };

  /** Also watches the events of `runtime`. */
  listen(runtime: Runtime): Runtime {
    for (const name of EVENTS) runtime.on(name, ({ user }) => this.note(name, user));
    return runtime;
  }

  /** Options of a run of `of`. */
  hooks(of: string) {
    return { onLog: () => this.note("onLog", of), onCall: () => this.note("onCall", of) };
  }
}

/** What a program may do that calls somebody back, sooner or later. */
const STEPS = {
  call: "await tools.t.who();",
  both: "await Promise.all([tools.t.who(), tools.t.who()]);",
  fails: "await tools.t.fails().catch(() => {});",
  unawaited: "void tools.t.who();",
  timer: "setTimeout(() => { console.log('timer'); void tools.t.who(); }, 1);",
  wait: "await new Promise((resolve) => setTimeout(resolve, 2));",
  log: "console.log('a');",
  digest: "await crypto.subtle.digest('SHA-256', new Uint8Array(8));",
  lookUp: "await searchTools('who');",
  list: "await fs.readdir('/').catch(() => {});",
  denied: "await fetch('https://nowhere.example').catch(() => {});",
} as const;

type Step = keyof typeof STEPS;

const programs = fc.array(
  fc.array(fc.constantFrom(...(Object.keys(STEPS) as Step[])), { minLength: 1, maxLength: 6 }),
  { minLength: CALLERS.length, maxLength: CALLERS.length },
);

const textOf = (steps: readonly Step[]): string =>
  [...steps.map((step) => STEPS[step]), "return await tools.t.who();"].join("\n");

async function open(
  watch: Watch,
  combination: Combination | RuntimeOptions,
  options: RuntimeOptions = {},
): Promise<Runtime> {
  const network = { allow: ["https://example.com"] };
  const given = {
    ...combination,
    tools: { t: watch.tools },
    network,
    ...options,
  } as RuntimeOptions;
  return watch.listen(await caller.run("maker", () => createRuntime(given)));
}

describe.each(COMBINATIONS)("$engine in $placement", (combination) => {
  let watch: Watch;
  let runtime: Runtime;
  beforeAll(async () => {
    watch = new Watch();
    runtime = await open(watch, combination);
  });
  afterAll(() => runtime.close());

  test("eight callers at once: every callback is called in the context of its run", async () => {
    const property = fc.asyncProperty(programs, async (given) => {
      const runs = CALLERS.map((user, at) =>
        caller.run(user, () =>
          value(runtime.run(textOf(given[at]!), { user, ...watch.hooks(user) })),
        ),
      );
      expect(await Promise.all(runs)).toEqual(CALLERS);
      expect(watch.foreign).toEqual([]);
    });
    await fc.assert(property, { numRuns: 6 });
    for (const what of [
      "tool",
      "onLog",
      "onCall",
      "run_start",
      "run_end",
      "call",
      "denied",
      "file",
    ])
      expect(watch.count(what), what).toBeGreaterThan(0);
  });

  test("what ends runs: limits, aborts and their calls", async () => {
    const runs = CALLERS.map((user, at) =>
      caller.run(user, async () => {
        const stop = new AbortController();
        const code =
          at % 2 === 0 ? "await tools.t.never()" : "await tools.t.who(); await tools.t.never()";
        const running = runtime.run(code, {
          user,
          ...watch.hooks(user),
          signal: stop.signal,
          limits: at < 4 ? { wallMs: 300 } : {},
        });
        if (at >= 4) await caller.run("stopper", () => wait(20).then(() => stop.abort()));
        return await running;
      }),
    );
    for (const result of await Promise.all(runs)) expect(result.ok).toBe(false);
    expect(watch.foreign).toEqual([]);
    expect(watch.count("abort")).toBeGreaterThanOrEqual(CALLERS.length);
    expect(watch.count("limit")).toBeGreaterThan(0);
  });

  test("a session: the context is that of each run, not of its making, of a timer's setting, of an earlier call", async () => {
    const users: (string | undefined)[] = [];
    const late = new Gate();
    const own = await open(watch, combination, {
      tools: {
        t: {
          who: async () => {
            users.push(caller.getStore());
            return caller.getStore();
          },
          late: late.wait,
        },
      },
    });
    try {
      const session = await caller.run("opener", () => own.session("s"));
      const as = (user: string, code: string): Promise<unknown> =>
        caller.run(user, () => value(session.run(code)));
      expect(await as("ann", "await tools.t.who()")).toBe("ann");
      await as(
        "ann",
        `let fired;
         const timer = new Promise((resolve) => { fired = resolve; });
         setTimeout(() => fired(tools.t.who()), 300);
         1`,
      );
      expect(await as("bob", "await timer")).toBe("bob");
      expect(await as("cyd", "await tools.t.who()")).toBe("cyd");
      expect(users).toEqual(["ann", "bob", "cyd"]);
    } finally {
      late.open();
      await own.close();
    }
  });

  test("a resumed run is in the context of who resumes it", async () => {
    const gate = new Gate();
    const tools = { t: { who: async () => caller.getStore(), wait: gate.wait } };
    const own = await open(watch, combination, { tools });
    try {
      const session = await caller.run("opener", () => own.session("first"));
      const logs: (string | undefined)[] = [];
      const onLog = (): unknown => logs.push(caller.getStore());
      const running = caller.run("ann", () =>
        value(
          session.run("await tools.t.wait(1); console.log('on'); await tools.t.who()", { onLog }),
        ),
      );
      await expect.poll(() => gate.arrived).toBe(1);
      const copy: Session = await caller.run("copier", () => session.fork("second"));
      gate.open();
      expect(await running).toBe("ann");
      expect(await caller.run("bob", () => value(copy.resume({ onLog })))).toBe("bob");
      expect(logs).toEqual(["ann", "bob"]);
    } finally {
      await own.close();
    }
  });
});

describe.each(["quickjs", "v8"] as const)("%s at a service", (engine) => {
  test("eight callers at once, tools of both sides", async () => {
    const [here, there] = [new Watch(), new Watch()];
    const host = await open(
      there,
      { engine, placement: "process" },
      { tools: { far: there.tools } },
    );
    await using service = await caller.run("starter", () => startService(host, { port: 0 }));
    await using runtime = await open(here, { engine, placement: { remote: service.url } });
    const runs = CALLERS.map((user) =>
      caller.run(user, () =>
        value(
          runtime.run(
            "console.log('a'); await tools.far.who(); void tools.t.who(); return await tools.t.who()",
            { user, ...here.hooks(user) },
          ),
        ),
      ),
    );
    expect(await Promise.all(runs)).toEqual(CALLERS);
    expect(here.foreign).toEqual([]);
    expect(here.count("onLog")).toBe(CALLERS.length);
    // The service knows nothing of them: each run there has the context of its connection.
    expect(there.seen.filter(({ in: whose }) => CALLERS.includes(whose!))).toEqual([]);
  });
});

describe("what MCP servers ask", () => {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const stdio = { command: process.execPath, args: [here("../../fixtures/servers/asking.ts")] };

  /** A runtime with the server, whose questions are answered and noted. */
  async function ask(
    watch: Watch,
    server: object,
    calls: (runtime: Runtime) => Promise<void>,
  ): Promise<void> {
    const onElicitation = ({ message }: { message?: unknown }) => {
      watch.note("question", String(message));
      return { action: "decline" };
    };
    const options = { mcpServers: { s: server }, onElicitation } as RuntimeOptions;
    const runtime = await open(watch, { engine: "quickjs", placement: "inline" }, options);
    await calls(runtime).finally(() => runtime.close());
  }
  const asked = (runtime: Runtime, user: string, tool: string): Promise<unknown> =>
    caller.run(user, () =>
      value(runtime.run(`return await tools.s.${tool}({ who: '${user}' })`, { user })),
    );

  test("one call at a time, on stdin and stdout: in the context of the call", async () => {
    const watch = new Watch();
    await ask(watch, stdio, async (runtime) => {
      for (const user of CALLERS) expect(await asked(runtime, user, "ask")).toBe("decline");
    });
    expect(watch.count("question")).toBe(CALLERS.length);
    expect(watch.foreign).toEqual([]);
  });

  test("many calls at once on one stream: in nobody's context where it cannot be known", async () => {
    const watch = new Watch();
    await ask(watch, stdio, async (runtime) => {
      await Promise.all(CALLERS.map((user) => asked(runtime, user, "ask")));
    });
    expect(watch.count("question")).toBe(CALLERS.length);
    expect(watch.foreign.filter(({ in: whose }) => whose !== undefined)).toEqual([]);
  });

  test("a call that was given up may still be the cause: its question is nobody else's", async () => {
    const watch = new Watch();
    const held = Promise.withResolvers<void>();
    const options = {
      mcpServers: { s: stdio },
      onElicitation: async ({ message }: { message?: unknown }) => {
        watch.note("question", String(message));
        if (message === "ann") await held.promise;
        return { action: "decline" };
      },
    } as RuntimeOptions;
    await using runtime = await open(watch, { engine: "quickjs", placement: "inline" }, options);
    const stop = new AbortController();
    const given = caller.run("ann", () =>
      runtime.run("return await tools.s.ask({ who: 'ann' })", { signal: stop.signal }),
    );
    await expect.poll(() => watch.count("question")).toBe(1);
    stop.abort();
    expect((await given).ok).toBe(false);
    expect(await asked(runtime, "bob", "ask")).toBe("decline");
    held.resolve();
    expect(watch.seen.filter(({ what }) => what === "question").map((each) => each.in)).toEqual([
      "ann",
      undefined,
    ]);
  });

  test.each(["ask", "ask_aside"])("over HTTP, many calls at once: %s", async (tool) => {
    const watch = new Watch();
    const fixture = await streamable({ make: asking });
    try {
      await ask(watch, { type: "http", url: fixture.url }, async (runtime) => {
        await Promise.all(CALLERS.map((user) => asked(runtime, user, tool)));
      });
    } finally {
      await fixture.close();
    }
    expect(watch.count("question")).toBe(CALLERS.length);
    // A question on the stream of its call is the call's.
    const wrong = watch.foreign.filter(({ in: whose }) => tool === "ask" || whose !== undefined);
    expect(wrong).toEqual([]);
  });
});

describe("what outlives a run keeps no context", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  async function isDropped(reference: WeakRef<object>): Promise<boolean> {
    // Connections are kept alive for a few seconds by the platform itself.
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await wait(50)) {
      collect();
      if (reference.deref() === undefined) return true;
    }
    return false;
  }

  /** Runs `work` in a context of its own, and returns a reference to what that held. */
  async function inContext(work: () => Promise<unknown>): Promise<WeakRef<object>> {
    const storage = new AsyncLocalStorage<object>();
    let held: object | undefined = { of: "a caller" };
    const reference = new WeakRef(held);
    await storage.run(held, work);
    held = undefined;
    return reference;
  }

  const run = (runtime: Runtime, code: string): Promise<ExecutionResult> => runtime.run(code);

  test.each(COMBINATIONS)("$engine in $placement", async (combination) => {
    const watch = new Watch();
    const references: WeakRef<object>[] = [];
    const opened: Promise<Runtime>[] = [];
    // The first caller makes the runtime, as a server does that starts it with its first request.
    references.push(
      await inContext(async () => {
        opened.push(open(watch, combination, { workers: { spare: 0 }, learn: true }));
        await run(await opened[0]!, "return await tools.t.who()");
      }),
    );
    const runtime = await opened[0]!;
    const many = (): Promise<unknown> =>
      Promise.all([1, 2, 3].map(() => run(runtime, "return await tools.t.who()")));
    references.push(await inContext(many));
    references.push(
      await inContext(async () => {
        const session = await runtime.session("s");
        await session.run("const a = await tools.t.who(); setTimeout(() => {}, 60_000); a");
      }),
    );
    try {
      for (const reference of references) expect(await isDropped(reference)).toBe(true);
    } finally {
      await runtime.close();
    }
  });

  test.each(["stdio", "web"])("a server that the first caller connects: %s", async (server) => {
    const fixture = await streamable({ make: asking });
    const watch = new Watch();
    const stdio = {
      command: process.execPath,
      args: [fileURLToPath(new URL("../../fixtures/servers/asking.ts", import.meta.url))],
    };
    const opened: Promise<Runtime>[] = [];
    const reference = await inContext(async () => {
      opened.push(
        open(watch, { engine: "quickjs", placement: "inline" }, {
          mcpServers: { stdio, web: { type: "http", url: fixture.url } },
          onElicitation: () => ({ action: "decline" }),
        } as RuntimeOptions),
      );
      const runtime = await opened[0]!;
      expect(await value(runtime.run(`return await tools.${server}.ask({})`))).toBe("decline");
    });
    try {
      expect(await isDropped(reference)).toBe(true);
    } finally {
      await (await opened[0]!).close();
      await fixture.close();
    }
  });
});

describe("the sources", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const host = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !/^(?:bench|engine|placement\/worker)\//.test(path),
  );
  const having = (pattern: RegExp): string[] =>
    host.filter((path) => pattern.test(readFileSync(root + path, "utf8"))).toSorted();

  test("contexts are taken and entered in three places", () => {
    expect(having(/node:async_hooks/)).toEqual([
      "core/async-context.ts",
      "tools/mcp/causes.ts",
      "tools/mcp/exchange.ts",
    ]);
  });

  /** Handles that can outlive a run, and why they keep no run's context. A new one belongs into `outsideRuns`. */
  const HANDLES = {
    "core/keep-alive.ts": "opens none",
    "discovery/learned-file.ts": "outsideRuns",
    "placement/channel/framed.ts": "ends with the message that it waits for",
    "placement/pool/child-process.ts": "a pool starts its workers outsideRuns",
    "placement/pool/idle-watch.ts": "a pool starts its workers outsideRuns",
    "placement/pool/idle-workers.ts": "outsideRuns",
    "placement/pool/watchdog.ts": "ends with its run",
    "placement/pool/worker-client.ts": "ends with the reply that it waits for",
    "placement/remote.ts": "a pool starts its workers outsideRuns",
    "placement/thread.ts": "a pool starts its workers outsideRuns",
    "preflight/compiler.ts": "outsideRuns",
    "preflight/reader.ts": "outsideRuns",
    "preflight/type-checker.ts": "ends with its check",
    "runtime/connection-clock.ts": "ends with its connection, which no run makes",
    "runtime/remote-host.ts": "outsideRuns",
    "serve/http/event-stream.ts": "ends with its request",
    "serve/mcp/http-handler.ts": "outsideRuns",
    "serve/mcp/progress.ts": "ends with its call",
    "session/held-sessions.ts": "outsideRuns",
    "session/session-vm.ts": "outsideRuns",
    "session/stores/redis.ts": "a store is opened outsideRuns",
    "session/stores/stored-lock.ts": "ends with the update that holds the lock",
    "tools/backoff.ts": "outsideRuns",
    "tools/config/watch-servers.ts": "outsideRuns",
    "tools/mcp/exchange.ts": "outsideRuns",
    "tools/mcp/metered-transport.ts": "outsideRuns",
    "tools/mcp/reaper-main.ts": "a process of its own",
    "tools/mcp/reaper.ts": "connections are opened outsideRuns",
    "tools/mcp/server-process.ts": "connections are opened outsideRuns",
    "tools/mcp/stdio.ts": "connections are opened outsideRuns",
    "tools/relist.ts": "changes of lists are told outsideRuns",
  };

  test("handles that outlive a run are known, and made outside of runs", () => {
    const pattern = /\bsetInterval\(|\bspawn\(|new (?:Worker|WebSocket)\(|\.unref(?:\?\.)?\(\)/;
    expect(having(pattern)).toEqual(Object.keys(HANDLES));
    const outside = Object.entries(HANDLES).filter(([, why]) => why === "outsideRuns");
    expect(having(/outsideRuns\(/)).toEqual(expect.arrayContaining(outside.map(([path]) => path)));
  });
});
