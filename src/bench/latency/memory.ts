/** Measures the memory of an idle VM or session, in a process that does nothing else. */
import type { RuntimeOptions } from "../../index.ts";
import { openRuntime } from "./codecell.ts";
import { quickJsInstance } from "./floors.ts";
import { ownPlace } from "./registry.ts";
import { Absent, NO_QUESTION } from "./subject.ts";
import { LIMITS, TOOLS } from "./world.ts";

/** Memory is allocated in large chunks: enough instances are made that the chunks do not distort the figure. */
const LIVE = 40;
const STORED = 1_000;
/** State of a small session. */
const SESSION =
  "const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: 'row ' + id })); const find = (id) => rows[id]";

/** Creates one instance, which the caller keeps. */
type Make = (at: number) => Promise<unknown>;

const held: unknown[] = [];

/**
 * Resident bytes of one additional live VM or session, or of one stored session, of the subject `id`.
 * @throws Absent if that does not apply to the subject
 */
export async function bytesEach(what: "live" | "stored", id: string): Promise<number> {
  const count = what === "live" ? LIVE : STORED;
  const one = await (what === "live" ? liveMaker(id) : storedMaker(id));
  held.push(await one(0)); // the first one loads code
  const before = resident();
  for (let at = 1; at <= count; at++) held.push(await one(at));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return (resident() - before) / count;
}

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

async function liveMaker(id: string): Promise<Make> {
  if (id === "bare-isolate") return await bareIsolates();
  if (id === "bare-quickjs") return await bareContexts();
  const own = ownPlace(id);
  if (own?.placement !== "inline") throw new Absent(NO_QUESTION);
  return await sessions({ ...own, sessions: { parkMs: 600_000 } });
}

async function storedMaker(id: string): Promise<Make> {
  const own = ownPlace(id);
  if (own?.placement !== "process") throw new Absent(NO_QUESTION);
  return await sessions({ ...own, sessions: { parkMs: 0 } });
}

async function bareIsolates(): Promise<Make> {
  const { default: ivm } = await import("isolated-vm");
  return async () => {
    const isolate = new ivm.Isolate({ memoryLimit: LIMITS.memoryMb });
    return [isolate, isolate.createContextSync()];
  };
}

async function bareContexts(): Promise<Make> {
  const library = await quickJsInstance();
  return async () => library.newContext();
}

async function sessions(options: RuntimeOptions): Promise<Make> {
  const most = { max: 2 * STORED, maxPerUser: 2 * STORED };
  const runtime = await openRuntime(
    { tools: TOOLS, limits: { ...LIMITS, memoryMb: 64 } },
    { ...options, sessions: { ...options.sessions, ...most } },
  );
  return async (at) => {
    const session = await runtime.session(`s${at}`);
    const result = await session.run(SESSION);
    if (!result.ok) throw new Error(result.error.message);
    return session;
  };
}
