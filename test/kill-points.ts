/**
 * `npm run kill-points -- COUNT`: a service is killed at so many random moments of a run (default 40 for each engine), and
 * the program is sent again to another one over the same store. No payment of a run that was cut short may be made twice, and
 * none may be lost that the program was told of. Exits with 1 when one was.
 */
import { startRedis } from "./support/databases.ts";
import { startPair } from "./support/replicas.ts";

const count = Number(process.argv[2] ?? 40);
/** Each dead service keeps its lock for 10 s: these wait for that at the same time. */
const AT_ONCE = 2;
const PAYMENTS = 6;
/** About as long as the run takes. */
const LONGEST_MS = 1_500;

const PROGRAM = `
  for (let id = 0; id < ${PAYMENTS}; id++) {
    await tools.till.pay({ id: String(id), ms: 100 });
    total++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  total
`;
const ALL = Array.from({ length: PAYMENTS }, (_, id) => String(id));

await using redis = await startRedis();
const outcomes = new Map<string, number>();
let wrong = 0;
let points = 0;

/** What is wrong with the second answer and the payments, or how it came out. */
function judge(answer: { ok: boolean; value?: unknown; error?: { code: string } }, paid: string[]) {
  // The first run was over and saved, and only its answer was lost: sent again, the program runs again, as any program does.
  if (answer.ok && answer.value === 2 * PAYMENTS && `${paid}` === `${[...ALL, ...ALL]}`)
    return { outcome: "over, its answer lost" };
  if (new Set(paid).size !== paid.length) return { wrong: `paid twice: ${paid}` };
  if (!answer.ok)
    return answer.error!.code === "aborted"
      ? { outcome: "one call was under way" }
      : { wrong: `it failed with ${answer.error!.code}` };
  const isWhole = answer.value === PAYMENTS && `${paid}` === `${ALL}`;
  return isWhole ? { outcome: "whole" } : { wrong: `${String(answer.value)} of ${paid}` };
}

async function kill(engine: string): Promise<void> {
  await using pair = await startPair(engine, redis.url, `s${++points}`);
  const [first, second] = pair.replicas;
  await first.run("let total = 0");
  const afterMs = Math.random() * LONGEST_MS;
  const lost = first.run(PROGRAM).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  first.process.kill("SIGKILL");
  const answered = await lost;
  const verdict =
    answered === undefined
      ? judge(await second.run(PROGRAM), pair.paid())
      : judge(answered, pair.paid());
  const outcome = answered === undefined ? verdict.outcome : "over before";
  if (verdict.wrong !== undefined) {
    wrong++;
    console.error(`${engine}, killed after ${afterMs.toFixed(0)} ms: ${verdict.wrong}`);
  } else outcomes.set(`${engine}: ${outcome}`, (outcomes.get(`${engine}: ${outcome}`) ?? 0) + 1);
}

for (const engine of ["quickjs", "v8"]) {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await kill(engine);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
console.table(Object.fromEntries(outcomes));
console.log(`${points} kill points, ${wrong} wrong`);
if (wrong > 0) process.exitCode = 1;
