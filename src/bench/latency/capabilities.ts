/** Runs every probe for every subject, each in its own process, and observes its memory from outside. */
import { messageOf } from "../../core/errors.ts";
import { SubjectProcess } from "./driver.ts";
import { type Finding, HOSTILE, MOST_MB, PROBE_LIMITS, PROBES } from "./probes.ts";
import { treeBytes } from "./process-memory.ts";
import type { ProbeCell, ProbeFacts } from "./results.ts";

/** Time after which a subject counts as hanging. */
const PROBE_MS = 8_000;
const WATCH_MS = 40;
/** Additional memory that all processes of a subject may use: its limit, and room for garbage collection. */
const MOST_BYTES = MOST_MB * 2 ** 20;
/** Probes that measure memory. */
const WATCHED: ReadonlySet<string> = new Set(["memory", "buffers"]);

const SURVIVES: ProbeFacts = {
  id: "hostile",
  title: "hostile lines",
  what: `Of ${HOSTILE.length} programs of one line, after how many the next program still runs in the same host.`,
};

export const PROBE_FACTS: readonly ProbeFacts[] = [
  ...PROBES.map(({ id, title, what }) => ({ id, title, what })),
  SURVIVES,
];

/** Runs probes for one subject, by their ids. */
export async function probeSubject(
  subject: string,
  probes: ReadonlySet<string>,
  peers?: string,
): Promise<ProbeCell[]> {
  const cells: ProbeCell[] = [];
  for (const { id } of PROBES)
    if (probes.has(id)) cells.push({ probe: id, subject, ...(await ask(subject, id, peers)) });
  return probes.has(SURVIVES.id) ? [...cells, await probeSurvival(subject, peers)] : cells;
}

async function probeSurvival(subject: string, peers?: string): Promise<ProbeCell> {
  let survived = 0;
  for (const at of HOSTILE.keys()) if ((await ask(subject, `hostile:${at}`, peers)).ok) survived++;
  const shown = `${survived} of ${HOSTILE.length}`;
  return { probe: SURVIVES.id, subject, ok: survived === HOSTILE.length, shown };
}

async function ask(subject: string, probe: string, peers?: string): Promise<Finding> {
  try {
    const opening = { subject, ...PROBE_LIMITS, ...(peers === undefined ? {} : { peers }) };
    const { process } = await SubjectProcess.open(opening);
    await using asked = process;
    const before = (await treeBytes(asked.pid)) ?? 0;
    let most = 0;
    const watch = setInterval(() => {
      void treeBytes(asked.pid).then((bytes = 0) => (most = Math.max(most, bytes - before)));
    }, WATCH_MS);
    const finding = await asked.probe(probe, PROBE_MS).finally(() => clearInterval(watch));
    if (!WATCHED.has(probe) || most <= MOST_BYTES) return finding as Finding;
    return { ok: false, shown: `${Math.round(most / 2 ** 20)} MB` };
  } catch (error) {
    return { ok: false, shown: shorten(messageOf(error)) };
  }
}

/** The kind of failure, short enough for a cell. */
function shorten(message: string): string {
  if (/no answer/.test(message)) return "hangs";
  if (/process ended/.test(message)) return "host dies";
  return "no";
}
