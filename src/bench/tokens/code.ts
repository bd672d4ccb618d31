/** Code execution: runs the programs as a model would, and records the conversation. */
import { agentTools } from "../../agent/agent-tools.ts";
import { asked, type Exchange, type Transcript, turn } from "./messages.ts";
import type { OpenWorld } from "./open-world.ts";
import type { RecordedCall } from "./tap.ts";
import type { ToolSearch } from "./tool-search.ts";
import type { Outcome, Workload } from "./workload.ts";

/** The recording of a workload's programs. */
export interface CodeRun {
  /** One per program. */
  readonly exchanges: readonly Exchange[];
  readonly calls: readonly RecordedCall[];
  readonly values: readonly unknown[];
}

const SESSION = "bench";

/** Runs `programs` through execute_code; several share one session. Stops at the first that fails. */
export async function runPrograms(world: OpenWorld, programs: readonly string[]): Promise<CodeRun> {
  const execute = agentTools(world.runtime).find(({ name }) => name === "execute_code")!;
  const exchanges: Exchange[] = [];
  const values: unknown[] = [];
  world.take();
  for (const code of programs) {
    const input = programs.length === 1 ? { code } : { code, session: SESSION };
    const answer = await execute.execute(input);
    const { text: content, isError } = answer;
    exchanges.push({ name: execute.name, input, content, isError });
    values.push(answer.structured?.["value"]);
    if (isError) break;
  }
  if (programs.length > 1) await (await world.runtime.findSession(SESSION))?.close();
  return { exchanges, calls: world.take(), values };
}

/** @throws Error if a program failed or the job was not done */
export async function checkRun(
  world: OpenWorld,
  { id, check }: Workload,
  { exchanges, values }: CodeRun,
): Promise<void> {
  const failed = exchanges.find(({ isError }) => isError);
  if (failed !== undefined) throw new Error(`a program of ${id} failed: ${failed.content}`);
  if (!(await isDone(check, { text: exchanges.at(-1)!.content, values, read: reader(world) })))
    throw new Error(
      `the programs of ${id} ran, but did not do the job: ${exchanges.at(-1)!.content.slice(0, 200)}`,
    );
}

/** @throws what the check throws */
export async function isDone(check: Workload["check"], outcome: Outcome): Promise<boolean> {
  return (await check?.(outcome)) !== false;
}

export function reader(world: OpenWorld): Outcome["read"] {
  return async (code) => {
    const result = await world.runtime.run(code);
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  };
}

export function codeTranscript(
  search: ToolSearch,
  task: string,
  exchanges: readonly Exchange[],
  failed?: Exchange,
): Transcript {
  return {
    catalogue: search.catalogue,
    entries: [
      asked(task),
      ...search.entries,
      ...(failed === undefined ? [] : turn([failed], "failure", "failure")),
      ...exchanges.flatMap((exchange) => turn([exchange], "program", "value")),
    ],
  };
}
