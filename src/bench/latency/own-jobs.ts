/** Jobs that are measured for codecell only: other products do them differently, or not at all. */
import { type Runtime, type RuntimeOptions, type Session, tool } from "../../index.ts";
import { openRuntime } from "./codecell.ts";
import { timed } from "./measure.ts";
import { ownPlace } from "./registry.ts";
import { Absent, NO_QUESTION, OWN_ONLY, type Subject } from "./subject.ts";
import { LIMITS, TOOLS } from "./world.ts";

export interface OwnJob {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly what: string;
  readonly pauseMs?: number;
  /** Placements to which it applies. @default all */
  readonly placements?: readonly string[];
  /** Prepares the job and returns the function to measure. */
  open(options: RuntimeOptions): Promise<() => Promise<void>>;
}

const WORLD = { tools: TOOLS, limits: LIMITS };
/** Options by which every run gets its own worker. */
const FRESH = { spare: 0, max: 1, runsPerWorker: 1 };
const STATE_BYTES = 2 ** 20;
/** 1 MiB of values of several kinds. */
const FILL = `const rows = []; let bytes = 0;
  for (let id = 0; bytes < ${STATE_BYTES}; id++) { rows.push({ id, name: "row " + id * 7919, on: id % 3 === 0 }); bytes += 130 }
  const byId = new Map(rows.slice(0, 500).map((row) => [row.id, row])); rows.length`;

async function must(place: Pick<Runtime | Session, "run">, code: string): Promise<void> {
  const result = await place.run(code);
  if (!result.ok) throw new Error(result.error.message);
}

const trivial =
  (more: RuntimeOptions): OwnJob["open"] =>
  async (options) => {
    const runtime = await openRuntime(WORLD, { ...options, ...more });
    return () => must(runtime, "return 1 + 1");
  };

async function filled(options: RuntimeOptions): Promise<{ runtime: Runtime; session: Session }> {
  const runtime = await openRuntime(WORLD, options);
  const session = await runtime.session("full");
  await must(session, FILL);
  return { runtime, session };
}

const MAIN: readonly OwnJob[] = [
  {
    id: "worker-start",
    title: "a fresh worker",
    group: "starts",
    what: "A run that has to start its worker first; the one before has ended.",
    pauseMs: 100,
    placements: ["thread", "process", "sandbox"],
    open: trivial({ workers: FRESH }),
  },
  {
    id: "hardened",
    title: "hardened",
    group: "starts",
    what: "A warm trivial run with V8's compilers off.",
    pauseMs: 12,
    placements: ["process", "sandbox"],
    open: async (options) => {
      if (options.engine !== "v8") throw new Absent(NO_QUESTION);
      return await trivial({ hardened: true })(options);
    },
  },
  {
    id: "session-run",
    title: "run in a session",
    group: "sessions",
    what: "A run in a session that holds 1 MiB of state.",
    pauseMs: 12,
    open: async (options) => {
      const { session } = await filled(options);
      return () => must(session, "rows[0].id++");
    },
  },
  {
    id: "snapshot",
    title: "run and snapshot",
    group: "sessions",
    what: "The same, and a snapshot of the session, compressed.",
    open: async (options) => {
      const { session } = await filled(options);
      return async () => {
        await must(session, "rows[0].id++");
        await session.snapshot();
      };
    },
  },
  {
    id: "fresh-session",
    title: "fresh session",
    group: "sessions",
    what: "A new session and its first run.",
    pauseMs: 12,
    open: async (options) => {
      const runtime = await openRuntime(WORLD, options);
      let count = 0;
      return async () => {
        const session = await runtime.session(`fresh${++count}`);
        await must(session, "1");
        await session.close();
      };
    },
  },
  {
    id: "restore",
    title: "restored session",
    group: "sessions",
    what: "A session of 1 MiB from its snapshot, and its first run.",
    pauseMs: 12,
    open: async (options) => {
      const { runtime, session } = await filled(options);
      const snapshot = await session.snapshot();
      await session.close();
      let count = 0;
      return async () => {
        const restored = await runtime.restore(snapshot, { id: `restored${++count}` });
        await must(restored, "rows.length");
        await restored.close();
      };
    },
  },
];

const VERBS = "create get list update delete archive approve export assign search".split(" ");
const NOUNS = "invoice customer order ticket report branch commit pipeline secret calendar".split(
  " ",
);
const PER_SERVER = 50;

/** `count` tools on servers of 50, with descriptions of realistic length. */
function catalogue(count: number): Exclude<RuntimeOptions["tools"], string | undefined> {
  const described = (server: number, at: number): [string, ReturnType<typeof tool>] => {
    const [verb, noun] = [VERBS[at % VERBS.length]!, NOUNS[(at + server) % NOUNS.length]!];
    const description =
      `Use this to ${verb} one ${noun} of service ${server}. It needs the right to do so. `.repeat(
        6,
      );
    const properties = { [`${noun}_id`]: { type: "string" }, limit: { type: "integer" } };
    const input = { type: "object", properties };
    return [`${verb}_${noun}_${at}`, tool({ description, input, run: () => [at] })];
  };
  return Object.fromEntries(
    Array.from({ length: Math.ceil(count / PER_SERVER) }, (_, server) => [
      `service${server}`,
      Object.fromEntries(
        Array.from({ length: Math.min(PER_SERVER, count) }, (_each, at) => described(server, at)),
      ),
    ]),
  );
}

/** Starts a runtime with `count` tools, makes the first search, and closes it. */
export const toolsJob = (count: number): OwnJob => ({
  id: `tools-${count}`,
  title: `${count} tools`,
  group: "growth",
  what: "Start with so many tools, and the first search.",
  open: async (options) => async () => {
    await using runtime = await openRuntime(
      { tools: {}, limits: LIMITS },
      { ...options, placement: "inline", tools: catalogue(count) },
    );
    await runtime.searchTools("approve an invoice");
  },
});

/** Opens `count` sessions, one after the other, each with a run. */
export const sessionsJob = (count: number): OwnJob => ({
  id: `sessions-${count}`,
  title: `${count} sessions`,
  group: "growth",
  what: "So many sessions that live side by side, each with a run.",
  open: async (options) => async () => {
    const many = { max: count, maxPerUser: count };
    await using runtime = await openRuntime(WORLD, { ...options, sessions: many });
    for (let at = 0; at < count; at++)
      await must(await runtime.session(`s${at}`), "globalThis.n = 1");
  },
});

const searchJob: OwnJob = {
  id: "search",
  title: "search of 2,000",
  group: "knowledge",
  what: "A search over 2,000 tools.",
  placements: ["inline"],
  open: async (options) => {
    const runtime = await openRuntime(
      { tools: {}, limits: LIMITS },
      { ...options, tools: catalogue(2_000) },
    );
    return async () => void (await runtime.searchTools("approve an invoice"));
  },
};

/** A program with a call and 800 tools, type-checked or not. */
const checkedJob = (typeCheck: boolean): OwnJob => ({
  id: typeCheck ? "checked" : "unchecked",
  title: typeCheck ? "type-checked" : "not checked",
  group: "knowledge",
  what: `A program that calls one of 800 tools, ${typeCheck ? "type-checked first" : "not type-checked"}.`,
  pauseMs: 12,
  open: async (options) => {
    const tools = catalogue(800);
    const runtime = await openRuntime(
      { tools: {}, limits: LIMITS },
      { ...options, tools, typeCheck },
    );
    const [name] = Object.keys(tools["service1"]!);
    return () => must(runtime, `return await tools.service1.${name}({ limit: 3 });`);
  },
});

export const OWN_JOBS: readonly OwnJob[] = [
  ...MAIN,
  searchJob,
  checkedJob(false),
  checkedJob(true),
];

const opened = new Map<string, Promise<() => Promise<void>>>();

/** Times of one round of a job, in ms. Its runtime stays open until the process ends. */
export async function measureOwn(job: OwnJob, subject: Subject): Promise<number[]> {
  const own = ownPlace(subject.id);
  if (own === undefined) throw new Absent(OWN_ONLY);
  if (job.placements?.includes(own.placement) === false) throw new Absent(NO_QUESTION);
  const work = opened.get(job.id) ?? job.open(own);
  opened.set(job.id, work);
  return await timed(job.id, await work, job.pauseMs);
}
