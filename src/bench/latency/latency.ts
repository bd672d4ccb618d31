/** The latency bench: measures every job of every subject, growth and capabilities, and judges the goals. */
import { resolve } from "node:path";
import { CodecellError } from "../../core/errors.ts";
import { describeMachine } from "../machine.ts";
import { PROBE_FACTS, probeSubject } from "./capabilities.ts";
import { cliStart } from "./cli-start.ts";
import { coldStart } from "./cold.ts";
import { judgeGoals } from "./goals.ts";
import { growthOf, GROWTH } from "./growth.ts";
import { GROUPS, JOB_FACTS } from "./job-facts.ts";
import { measureMemory } from "./memory-cells.ts";
import { ownPlace, type SubjectEntry, subjectEntries } from "./registry.ts";
import type { JobFacts, LatencyResults, ProbeCell } from "./results.ts";
import { interleave, type Measured } from "./rounds.ts";
import { SubjectPool } from "./subject-pool.ts";

/** Options of {@link benchLatency}. */
export interface LatencyOptions {
  /** Rounds that count, from 1 to 1,000; one warm-up round precedes them. @default 5 */
  readonly rounds?: number;
  /**
   * Groups of jobs: `runs`, `calls`, `computing`, `payloads in`, `payloads out`, `starts`, `sessions`, `knowledge`,
   * `memory`, `growth`, `capabilities`.
   * @default all
   */
  readonly groups?: readonly string[];
  /** Ids of subjects, and of the floors to compare them with. @default all */
  readonly subjects?: readonly string[];
  /** Ids of what is tried in the group `capabilities`: `typescript`, `loop`, `memory`, `hostile` … @default all */
  readonly probes?: readonly string[];
  /** Path of a folder with other products, like `bench/peers` of the repository. @default none */
  readonly peers?: string;
  /** Receives a line of progress for each step. @default none */
  readonly log?: (text: string) => void;
}

const DEFAULT_ROUNDS = 5;
const MOST_ROUNDS = 1_000;

/** Id of the floor of a subject: bare QuickJS for QuickJS, a bare isolate for all others; floors have none. */
export function floorOf(subject: string): string | undefined {
  if (subject === "async-function" || subject.startsWith("bare-")) return undefined;
  return ownPlace(subject)?.engine === "quickjs" ? "bare-quickjs" : "bare-isolate";
}

/**
 * Measures the subjects, each in its own process. Takes minutes.
 * @throws CodecellError `config_error` if `rounds` is out of range, a group, a subject or a probe is unknown, or the folder has no peers
 */
export async function benchLatency(options: LatencyOptions = {}): Promise<LatencyResults> {
  const { rounds = DEFAULT_ROUNDS, log = () => {} } = options;
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
    throw new CodecellError(
      "config_error",
      `rounds is ${rounds}; it must be from 1 to ${MOST_ROUNDS}`,
    );
  const peers = options.peers === undefined ? undefined : resolve(options.peers);
  const all = await subjectEntries(peers);
  check("group", options.groups ?? [], GROUPS);
  check(
    "subject",
    options.subjects ?? [],
    all.map(({ id }) => id),
  );
  const probeIds = PROBE_FACTS.map(({ id }) => id);
  check("probe", options.probes ?? [], probeIds);
  const probes = new Set(options.probes ?? probeIds);
  const groups = new Set(options.groups ?? GROUPS);
  const entries = all.filter(({ id }) => options.subjects?.includes(id) ?? true);
  const jobs = JOB_FACTS.filter(({ group }) => groups.has(group));
  await using pool = new SubjectPool(peers);
  const measured = measurements(pool, entries, jobs, groups, peers);
  const timed = await interleave(measured, rounds, floorOf, log);
  const cells = [...timed, ...(await measureMemory(pool, entries, jobs, log))];
  const growth = groups.has("growth") ? growthOf(timed) : [];
  const wanted = new Set(jobs.map(({ id }) => id));
  return {
    format: 1,
    kind: "latency",
    at: new Date().toISOString(),
    machine: describeMachine(),
    rounds,
    subjects: entries.map((entry) => withoutCannot(pool.facts(entry))),
    jobs,
    cells: cells.filter(({ job }) => wanted.has(job)),
    probes: groups.has("capabilities") ? PROBE_FACTS.filter(({ id }) => probes.has(id)) : [],
    findings: groups.has("capabilities") ? await capabilities(entries, probes, peers, log) : [],
    growth,
    goals: judgeGoals(cells, growth),
  };
}

function check(what: string, given: readonly string[], known: readonly string[]): void {
  const wrong = given.find((each) => !known.includes(each));
  if (wrong === undefined) return;
  throw new CodecellError("config_error", `there is no ${what} '${wrong}'`, {
    hint: `There are ${known.join(", ")}.`,
  });
}

function withoutCannot({
  cannot: _cannot,
  ...facts
}: ReturnType<SubjectPool["facts"]>): LatencyResults["subjects"][number] {
  return facts;
}

/** Everything that is measured in rounds, ordered so that the subjects of one job follow each other. */
function measurements(
  pool: SubjectPool,
  entries: readonly SubjectEntry[],
  jobs: readonly JobFacts[],
  groups: ReadonlySet<string>,
  peers: string | undefined,
): Measured[] {
  const special: Readonly<Record<string, (subject: string) => Promise<number>>> = {
    cold: (subject) => coldStart(subject, peers),
    cli: cliStart,
  };
  const one = (job: string, subject: string): Measured => ({
    job,
    subject,
    measure: async () => {
      const alone = special[job];
      return alone === undefined ? await pool.measure(subject, job) : [await alone(subject)];
    },
  });
  const grown = groups.has("growth")
    ? GROWTH.flatMap(({ sizes, subjects, job }) =>
        sizes.flatMap((size) =>
          entries.filter(({ id }) => subjects.includes(id)).map(({ id }) => one(job(size).id, id)),
        ),
      )
    : [];
  const timed = jobs.filter(({ unit }) => unit === "ms");
  const known = new Set<string>();
  return [...timed.flatMap(({ id }) => entries.map((entry) => one(id, entry.id))), ...grown].filter(
    ({ job, subject }) => !known.has(`${job} ${subject}`) && known.add(`${job} ${subject}`),
  );
}

async function capabilities(
  entries: readonly SubjectEntry[],
  probes: ReadonlySet<string>,
  peers: string | undefined,
  log: (text: string) => void,
): Promise<ProbeCell[]> {
  const cells: ProbeCell[] = [];
  for (const { id, title, kind } of entries) {
    if (kind === "floor") continue; // floors enforce no limits
    log(`capabilities of ${title}`);
    cells.push(...(await probeSubject(id, probes, peers)));
  }
  return cells;
}
