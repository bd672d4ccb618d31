/** What knowing the tools costs: search, start, and the type check. */
import { createRuntime, type Runtime, type RuntimeOptions, tool } from "../src/index.ts";
import type { Contest } from "./compare.ts";

const VERBS = "create get list update delete archive approve export assign search".split(" ");
const NOUNS = "invoice customer order ticket report branch commit pipeline secret calendar".split(
  " ",
);
const PER_SERVER = 50;
const QUERIES = [
  "approve an invoice",
  "list the tickets of a customer",
  "branches",
  "exprt report",
  "delete calendar secret",
];
const PROGRAM = `const rows = await tools.service1.list_ticket_2({ ticket_id: "7", limit: 3 });
const names: string[] = [];
for (const row of [1, 2, 3]) names.push(String(row));
return { names, rows };`;

/** As many tools as large set-ups have, described as servers do. */
function catalogue(count: number): NonNullable<RuntimeOptions["tools"]> {
  return Object.fromEntries(
    Array.from({ length: count / PER_SERVER }, (_, server) => [
      `service${server}`,
      Object.fromEntries(Array.from({ length: PER_SERVER }, (_each, at) => describe(server, at))),
    ]),
  );
}

function describe(server: number, at: number): [string, ReturnType<typeof tool>] {
  const [verb, noun] = [VERBS[at % VERBS.length]!, NOUNS[(at + server) % NOUNS.length]!];
  const description =
    `Use this to ${verb} one ${noun} of service ${server}. It needs the right to do so. `.repeat(6);
  const properties = {
    [`${noun}_id`]: { type: "string" },
    limit: { type: "integer", description: `Most ${noun}s` },
  };
  return [
    `${verb}_${noun}_${at}`,
    tool({ description, input: { type: "object", properties }, run: () => [at] }),
  ];
}

const start = (count: number, more: RuntimeOptions = {}): Promise<Runtime> =>
  createRuntime({ engine: "quickjs", placement: "inline", tools: catalogue(count), ...more });

async function firstSearch(count: number): Promise<void> {
  await using runtime = await start(count);
  await runtime.searchTools(QUERIES[0]!);
}

/** The contests, and what to close after them. */
export async function knowledge(
  job: (name: string, runtime: Runtime, code: string) => Contest["subject"],
  idle: () => Promise<void>,
): Promise<{ contests: Contest[]; runtimes: Runtime[] }> {
  const [large, checked, unchecked] = await Promise.all([
    start(2_000),
    start(800, { typeCheck: true }),
    start(800),
  ]);
  let turn = 0;
  const search = (): Promise<unknown> => large.searchTools(QUERIES[turn++ % QUERIES.length]!);
  const contests: Contest[] = [
    {
      title: "a search over 2,000 tools, over nothing",
      subject: { name: "search", run: search },
      floor: { name: "nothing", run: () => {} },
      budget: 5,
      difference: true,
      iterations: 50,
    },
    {
      title: "start and first search, 2,000 tools beside 1,000 (linear: 2)",
      subject: { name: "2,000 tools", run: () => firstSearch(2_000) },
      floor: { name: "1,000 tools", run: () => firstSearch(1_000) },
      budget: 2.4,
      iterations: 3,
    },
    {
      title: "program with a call of one of 800 tools, type-checked over not",
      subject: job("type-checked", checked, PROGRAM),
      floor: job("not checked", unchecked, PROGRAM),
      difference: true,
      iterations: 15,
      pause: idle,
    },
  ];
  return { contests, runtimes: [large, checked, unchecked] };
}
