/**
 * A process that closes runtimes at many moments of their work, and writes which. Node ends a process with code 13 in which
 * something is awaited and no handle is held.
 */
import { setTimeout as wait } from "node:timers/promises";
import { createRuntime, type Runtime, type RuntimeOptions } from "../../src/index.ts";

const [, , what = "", engine = "v8", placement = "process"] = process.argv;

const LARGE = `
  const text = "x".repeat(60_000);
  const all = [];
  for (let at = 0; at < 60; at++) all.push(await tools.demo.echo(text + at));
  1`;

/** Begins work; resolves when it is under way, and may be closed from then on. */
const WORKS: Readonly<Record<string, (runtime: Runtime) => Promise<unknown>>> = {
  /** A session is saved a moment after its run, and is closed by the runtime. */
  save: async (runtime) => await (await runtime.session("s")).run(LARGE),
  /** The same, with what else saves, parks, copies and ends it. */
  everything: async (runtime) => {
    const session = await runtime.session("s");
    await session.run(LARGE);
    for (const begun of [session.snapshot(), session.fork("t"), session.run("1"), session.close()])
      begun.catch(() => {});
  },
  run: async (runtime) => {
    for (let at = 0; at < 3; at++)
      void runtime.run("await tools.demo.echo(1); await new Promise((r) => setTimeout(r, 5)); 1");
  },
  computing: async (runtime) => {
    void runtime.run("for (;;) {}", { limits: { cpuMs: 5_000, wallMs: 5_000 } });
  },
  open: async (runtime) => {
    for (const id of ["a", "b", "c"])
      runtime
        .session(id)
        .then((session) => session.run("let a = 1"))
        .catch(() => {});
  },
  /** Workers are started for these. */
  boot: async (runtime) => {
    for (let at = 0; at < 4; at++) runtime.run("await tools.demo.echo(1)").catch(() => {});
  },
  nothing: async () => {},
};

const options = { engine, placement, tools: { demo: { echo: async (v: unknown) => v } } };
/** When it is closed, in ms after that. The debounced save begins 100 ms after a run. */
const MOMENTS: Readonly<Record<string, readonly number[]>> = { save: [0, 99, 101, 104, 110] };

if (what === "forgotten") {
  // Not closed: an idle runtime lets its process end.
  await createRuntime(options as RuntimeOptions);
} else {
  for (const [work, begin] of Object.entries(WORKS))
    for (const [at, ms] of (MOMENTS[work] ?? [0, 5]).entries()) {
      process.stdout.write(`${work} ${ms}, `);
      const workers = at % 2 === 0 ? { spare: 0, max: 2 } : {};
      const runtime = await createRuntime({ ...options, workers } as RuntimeOptions);
      await begin(runtime);
      if (ms > 0) await wait(ms);
      await runtime.close();
    }
}
process.stdout.write("closed\n");
