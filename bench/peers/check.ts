/**
 * `node --no-node-snapshot bench/peers/check.ts [id…]`: checks that the peers do the jobs with the right results.
 * Times are of a single run and may be noisy. Exits with 1 if a peer returns a wrong value.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PEERS } from "./index.ts";

/** The outcome of one job: its time in ms, a wrong value, a refusal, or the reported position of an error. */
export type Outcome = { readonly job: string } & (
  | { readonly ms: number }
  | { readonly wrong: string }
  | { readonly refused: string }
  | { readonly position: string }
);

const LIMIT_MS = 60_000;
const CHILD = fileURLToPath(new URL("./check-peer.ts", import.meta.url));

async function outcomesOf(id: string): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const child = fork(CHILD, [id], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  child.on("message", (outcome: Outcome) => outcomes.set(outcome.job, outcome));
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return outcomes;
}

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "–";
  if ("ms" in outcome) return outcome.ms.toFixed(outcome.ms < 100 ? 1 : 0);
  if ("position" in outcome) return outcome.position;
  return "wrong" in outcome ? "WRONG" : "refused";
}

const asked = process.argv.slice(2);
const unknown = asked.filter((id) => PEERS.every((peer) => peer.id !== id));
if (unknown.length > 0)
  throw new Error(
    `no such peer: ${unknown.join(", ")}; there are ${PEERS.map(({ id }) => id).join(", ")}`,
  );
const ids = PEERS.map(({ id }) => id).filter((id) => asked.length === 0 || asked.includes(id));

const results = new Map<string, ReadonlyMap<string, Outcome>>();
for (const id of ids) results.set(id, await outcomesOf(id));

const jobs = new Set([...results.values()].flatMap((outcomes) => [...outcomes.keys()]));
const row = (head: string, cells: readonly string[]): string =>
  head.padEnd(20) + cells.map((each, i) => each.padStart((ids[i]?.length ?? 0) + 4)).join("");
console.log(row("ms", ids));
for (const job of jobs)
  console.log(
    row(
      job,
      ids.map((id) => cell(results.get(id)!.get(job))),
    ),
  );
console.log(`– is a job that was not reached in ${LIMIT_MS / 1000} s`);

for (const [id, outcomes] of results)
  for (const outcome of outcomes.values()) {
    if ("refused" in outcome) console.log(`${id}, ${outcome.job}: refused: ${outcome.refused}`);
    if (!("wrong" in outcome)) continue;
    console.log(`${id}, ${outcome.job}: WRONG: ${outcome.wrong}`);
    process.exitCode = 1;
  }
