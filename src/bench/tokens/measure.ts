/** Measures one workload: runs everything, then counts. */
import { breakEven, type Measured, walkCalls } from "./break-even.ts";
import { checkRun, type CodeRun, codeTranscript, runPrograms } from "./code.ts";
import { countTranscript, type Tokens } from "./count.ts";
import { directTranscript, searchTranscript, turnsOf, type WrongCall } from "./direct.ts";
import type { Exchange, Transcript } from "./messages.ts";
import { type Failure, makeMistake } from "./mistake.ts";
import type { OpenWorld } from "./open-world.ts";
import {
  type Bill,
  BILLS,
  type BreakEven,
  type Way,
  WAYS,
  type WorkloadResult,
} from "./results.ts";
import type { RecordedCall } from "./tap.ts";
import { codeSearch, hostSearch, type Needed } from "./tool-search.ts";
import type { Workload } from "./workload.ts";

/** Everything that was run; any of the conversations can be built from it. */
interface Recording {
  readonly run: CodeRun;
  readonly failure: Failure;
  /** Builds the conversation with the first `calls` calls, or all. `isRepaired`: with the failed attempt at its start. */
  transcript(way: Way, options?: { calls?: number; isRepaired?: boolean }): Transcript;
}

/** @throws Error if a program fails or does not do its job */
export async function measureWorkload(
  world: OpenWorld,
  worldId: string,
  workload: Workload,
  tokenizers: readonly Tokens[],
): Promise<{ result: WorkloadResult; breakEven: BreakEven[] }> {
  const recording = await record(world, workload);
  const { run, failure } = recording;
  const counts = Object.fromEntries(
    tokenizers.map((tokens) => [tokens.name, countWays(tokens, recording)]),
  );
  const sizes = {
    resultBytes: bytes(run.calls.map(({ content }) => content)),
    valueBytes: bytes(run.exchanges.map(({ content }) => content)),
  };
  const result: WorkloadResult = {
    world: worldId,
    id: workload.id,
    title: workload.title,
    programs: workload.programs.length,
    calls: run.calls.length,
    turns: turnsOf(run.calls).length,
    ...sizes,
    media: run.calls.reduce((all, { media }) => all + media, 0),
    counts,
    ...("reason" in failure ? { noFailure: failure.reason } : {}),
    walk: {
      direct: walk(tokenizers[0]!, recording, "direct", "everyTurn"),
      search: walk(tokenizers[0]!, recording, "search", "everyTurn"),
    },
  };
  const tools = [...world.definitions().values()].flat().length;
  const points = tokenizers.flatMap((tokens) =>
    (["direct", "search"] as const).flatMap((against) =>
      BILLS.map((bill) => {
        const measured: Measured = {
          theirs: counts[tokens.name]![against].plain,
          code: counts[tokens.name]!.code.plain,
          walk: walk(tokens, recording, against, bill),
          ...sizes,
          ...(against === "direct" ? { tools } : {}),
        };
        const names = { world: worldId, workload: workload.id, tokenizer: tokens.name };
        return { ...names, bill, against, ...breakEven(measured, bill) };
      }),
    ),
  );
  return { result, breakEven: points };
}

async function record(world: OpenWorld, workload: Workload): Promise<Recording> {
  const { task, programs, searches = [], disclosure = "tools" } = workload;
  await workload.prepare?.();
  const run = await runPrograms(world, programs);
  await checkRun(world, workload, run);
  await workload.prepare?.();
  const failure = await makeMistake(world, workload, run.calls);
  const needed = toolsOf(run.calls);
  const found = {
    search: await hostSearch(world, searches, needed),
    code:
      disclosure === "tools"
        ? await codeSearch(world, searches, needed)
        : await codeSearch(world, [], []),
  };
  return {
    run,
    failure,
    transcript(way, { calls = run.calls.length, isRepaired = false } = {}) {
      const attempt: { failed?: Exchange; wrong?: WrongCall } =
        isRepaired && "failed" in failure ? failure : {};
      const made = run.calls.slice(0, calls);
      if (way === "direct") return directTranscript(world, task, made, attempt.wrong);
      if (way === "search") return searchTranscript(found.search, task, made, attempt.wrong);
      return codeTranscript(found.code, task, run.exchanges, attempt.failed);
    },
  };
}

function countWays(tokens: Tokens, recording: Recording): WorkloadResult["counts"][string] {
  const count = (way: Way, isRepaired: boolean) =>
    countTranscript(tokens, recording.transcript(way, { isRepaired }));
  const counted = WAYS.map((way) => {
    const plain = count(way, false);
    return [way, "failed" in recording.failure ? { plain, repaired: count(way, true) } : { plain }];
  });
  return Object.fromEntries(counted) as WorkloadResult["counts"][string];
}

function walk(tokens: Tokens, recording: Recording, way: Way, bill: Bill): number[] {
  return walkCalls(tokens, bill, recording.run.calls.length, (calls) =>
    recording.transcript(way, { calls }),
  );
}

function toolsOf(calls: readonly RecordedCall[]): Needed[] {
  const needed = new Map(calls.map(({ server, tool }) => [`${server} ${tool}`, { server, tool }]));
  return [...needed.values()];
}

function bytes(texts: readonly string[]): number {
  return texts.reduce((all, text) => all + Buffer.byteLength(text), 0);
}
