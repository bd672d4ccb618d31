/** Probes what a subject can do and withstand, by programs, each in its own process. */
import { isDeepStrictEqual } from "node:util";
import type { Executor, ProgramFailure, Subject } from "./subject.ts";

/** The result of a probe. */
export interface Finding {
  /** Whether the subject has the capability. */
  readonly ok: boolean;
  /** Text of the table cell: `yes`, `no`, `1012 ms`. */
  readonly shown: string;
}

export interface Probe {
  readonly id: string;
  readonly title: string;
  readonly what: string;
  run(subject: Subject, executor: Executor): Promise<Finding>;
}

/** Limits of the subject while it is probed. */
export const PROBE_LIMITS = { memoryMb: 64, wallMs: 1_000 };
/** Additional memory, in MiB, that a subject with a memory limit stays well below. */
export const MOST_MB = 512;
/** Tolerated delay of the time limit. */
const GRACE_MS = 1_500;

/** Calls that a program makes at the same time. */
const CALLERS = 10;

const yes: Finding = { ok: true, shown: "yes" };
const no = (shown = "no"): Finding => ({ ok: false, shown });

const answers =
  (code: string, value: unknown): Probe["run"] =>
  async (_subject, executor) =>
    isDeepStrictEqual(await executor.run(code), value) ? yes : no();

/** Passes if the subject ends the program at its limit and then runs the next one. */
const ends =
  (code: (call: Subject["call"]) => string): Probe["run"] =>
  async (subject, executor) => {
    const started = performance.now();
    const late = new Promise<"late">((resolve) =>
      setTimeout(resolve, PROBE_LIMITS.wallMs + GRACE_MS, "late"),
    );
    const run = executor.run(code((tool, args) => subject.call(tool, args))).then(
      () => "a value" as const,
      () => "ended" as const,
    );
    const outcome = await Promise.race([run, late]);
    if (outcome !== "ended") return no(outcome === "late" ? "hangs" : "no");
    const ms = performance.now() - started;
    const next = await Promise.race([executor.run("return 1 + 1"), late]);
    return next === 2 ? { ok: true, shown: `${Math.round(ms)} ms` } : no("not after");
  };

const failure = async (executor: Executor, code: string): Promise<ProgramFailure> => {
  try {
    await executor.run(code);
  } catch (error) {
    return error as ProgramFailure;
  }
  throw new Error("the program did not fail");
};

const PROGRAM_WITH_ERROR = `const list = [1, 2, 3];

const wrong =   list.missing.length;
return wrong`;

export const PROBES: readonly Probe[] = [
  {
    id: "typescript",
    title: "TypeScript",
    what: "Types, an enum and a parameter property are accepted.",
    run: answers(
      "enum E { A = 2 } class P { constructor(readonly x: number) {} } const n: number = new P(3).x; return n + E.A",
      5,
    ),
  },
  {
    id: "trailing",
    title: "last expression",
    what: "A program without `return` answers its last expression.",
    run: answers("const a = 20;\na + 22", 42),
  },
  {
    id: "error-line",
    title: "error position",
    what: "An error names the line and column of the program as it was given.",
    run: async (_subject, executor) => {
      const { line, column } = await failure(executor, PROGRAM_WITH_ERROR);
      if (line === undefined) return no("none");
      if (line !== 3) return no(`line ${line - 3 > 0 ? "+" : ""}${line - 3}`);
      return column === 17 || column === 30 ? yes : no(`column ${column ?? "none"}`);
    },
  },
  {
    id: "tool-error",
    title: "tool's error",
    what: "A program can catch a failing tool and read its message.",
    run: async (subject, executor) => {
      const code = `try { await ${subject.call("fails", "{}")} } catch (error) { return String(error.message) } return "no error"`;
      return String(await executor.run(code)).includes("the till is closed") ? yes : no("hidden");
    },
  },
  {
    id: "parallel",
    title: "parallel calls",
    what: `${CALLERS} calls in Promise.all are open at the same time.`,
    run: async (subject, executor) => {
      const callers = Array.from({ length: CALLERS }, () => subject.call("meet", String(CALLERS)));
      const code = `return Math.min(...await Promise.all([${callers.join()}]))`;
      // One call at a time can take longer than the program may run.
      const met = await executor.run(code).catch(() => 1);
      return met === CALLERS ? yes : no(`${String(met)} at once`);
    },
  },
  {
    id: "timers",
    title: "web globals",
    what: "setTimeout, URL, TextEncoder, structuredClone, atob and crypto.randomUUID are there.",
    run: answers(
      "await new Promise((done) => setTimeout(done, 1)); return [typeof URL, typeof TextEncoder, typeof structuredClone, typeof atob, typeof crypto.randomUUID].join()",
      "function,function,function,function,function",
    ),
  },
  {
    id: "loop",
    title: "endless loop",
    what: `\`while (true) {}\` ends at the cap of ${PROBE_LIMITS.wallMs} ms, and the next program runs.`,
    run: ends(() => "while (true) {}"),
  },
  {
    id: "never",
    title: "tool that never answers",
    what: `A program that waits for it ends at the cap of ${PROBE_LIMITS.wallMs} ms.`,
    run: ends((call) => `return await ${call("never", "{}")}`),
  },
  {
    id: "memory",
    title: "memory cap",
    what: `A program that fills memory under a cap of ${PROBE_LIMITS.memoryMb} MB ends before all its processes hold ${MOST_MB} MB more, and the next program runs.`,
    run: ends(() => "const all = []; for (;;) all.push(new Array(1000).fill(all.length))"),
  },
  {
    id: "buffers",
    title: "buffers capped",
    what: "The same with typed arrays, which engines count apart.",
    run: ends(
      () =>
        "const all = []; for (;;) { const bytes = new Uint8Array(4194304); bytes.fill(1); all.push(bytes) }",
    ),
  },
];

/** One-line programs that have killed or blocked hosts of this kind. */
export const HOSTILE: readonly string[] = [
  "'x'.repeat(2 ** 28).split('')",
  "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })",
  "new Array(2 ** 27).fill(0).map((x) => ({ x }))",
  "const f = () => f(); f()",
  "while (true) new Array(1000).fill(1.5)",
  "const a = []; a.length = 2 ** 31; a.includes(1)",
  "BigInt('9'.repeat(1_000_000)) ** 2n",
  "let s = 'x'; for (;;) s += s",
  "throw { get message() { for (;;); } }",
  "Promise.reject(new Error('nobody listens')); await new Promise((r) => setTimeout(r, 20))",
  "Object.defineProperty(Object.prototype, 'then', { get() { for (;;); } })",
  "JSON.stringify = () => { for (;;); }; Promise.prototype.then = null",
];

/** Runs a program of `HOSTILE`, and then an ordinary one, which must still run. */
async function survives(at: number, executor: Executor): Promise<Finding> {
  await executor.run(HOSTILE[at]!).catch(() => {});
  return (await executor.run("return 1 + 1")) === 2 ? yes : no();
}

/** Runs the probe `id`: the id of one of `PROBES`, or `hostile:3` for a program of `HOSTILE`. */
export async function probe(id: string, subject: Subject, executor: Executor): Promise<Finding> {
  const [name, at] = id.split(":");
  if (name === "hostile") return await survives(Number(at), executor);
  return await PROBES.find((each) => each.id === id)!.run(subject, executor);
}
