/** What it costs to put a session away and to have it again: `npm run bench`. */
import { createRuntime, type Session } from "../src/index.ts";
import { type Contest } from "./compare.ts";

const BYTES = 1024 * 1024;
/** 1 MiB of values of all kinds: what a program might hold after a morning's work. */
const FILL = `const rows = []; let bytes = 0;
  for (let id = 0; bytes < ${BYTES}; id++) { rows.push({ id, name: "row " + id * 7919, on: id % 3 === 0 }); bytes += 130 }
  const byId = new Map(rows.slice(0, 500).map((row) => [row.id, row])); rows.length`;

/** The contests and what ends them. */
export async function sessions(): Promise<{ contests: Contest[]; close(): Promise<void> }> {
  const runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
  const session = await runtime.session("full");
  await session.run(FILL);
  const bytes = await session.snapshot();
  const from = new Uint8Array(BYTES).fill(1);
  const to = new Uint8Array(BYTES);
  let count = 0;
  const use = async (made: Promise<Session>, code: string): Promise<void> => {
    const opened = await made;
    const result = await opened.run(code);
    if (!result.ok) throw new Error(result.error.message);
    await opened.close();
  };
  const touch = async (): Promise<Uint8Array> => {
    await session.run("rows[0].id++");
    return await session.snapshot();
  };
  const contests: Contest[] = [
    {
      title: "snapshot of 1 MiB of state, compressed, over the run before it (quickjs)",
      subject: { name: "run and snapshot", run: touch },
      floor: { name: "run", run: () => session.run("rows[0].id++") },
      difference: true,
      budget: 5,
      iterations: 15,
    },
    {
      title: "restore it and run, over a fresh session and a run (quickjs)",
      subject: {
        name: "restore",
        run: () => use(runtime.restore(bytes, { id: `r${++count}` }), "rows.length"),
      },
      floor: { name: "fresh session", run: () => use(runtime.session(`f${++count}`), "1") },
      difference: true,
      budget: 5,
      iterations: 15,
      pause: () => new Promise((resolve) => setTimeout(resolve, 12)),
    },
    {
      title: "snapshot of 1 MiB of state, against copying 1 MiB (quickjs)",
      subject: { name: "run and snapshot", run: touch },
      floor: { name: "memcpy", run: () => to.set(from) },
      iterations: 15,
    },
  ];
  return { contests, close: () => runtime.close() };
}
