/** Another process: restores a snapshot and says what becomes of it. Arguments: JSON of what {@link Job} has. */
import { readFileSync } from "node:fs";
import { createRuntime } from "../../src/index.ts";
import type { Combination } from "./combinations.ts";

interface Job {
  readonly engine: Combination["engine"];
  readonly placement: Combination["placement"];
  readonly file: string;
  /** Results of pending calls, in their order. */
  readonly answers?: readonly unknown[];
  readonly code?: string;
}

const { file, answers, code, engine, placement } = JSON.parse(process.argv[2]!) as Job;
await using runtime = await createRuntime({
  engine,
  placement,
  tools: { t: { once: async () => "called again" } },
});
try {
  const session = await runtime.restore(readFileSync(file), { id: "restored" });
  const pending = await session.pending();
  const known = Object.fromEntries((answers ?? []).map((answer, at) => [pending[at]!.id, answer]));
  const resumed = answers === undefined ? undefined : await session.resume({ answers: known });
  const result = code === undefined ? undefined : await session.run(code);
  console.log(JSON.stringify({ pending, resumed, result }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
