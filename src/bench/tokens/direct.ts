/** Direct calling: the conversation in which the model makes the recorded calls itself. */
import { asked, type Entry, type Exchange, type Transcript, turn } from "./messages.ts";
import { directName, type OpenWorld } from "./open-world.ts";
import type { Answer, RecordedCall } from "./tap.ts";
import type { ToolSearch } from "./tool-search.ts";

/** A wrong call and the server's real result. */
export interface WrongCall {
  readonly server: string;
  readonly tool: string;
  readonly args: unknown;
  readonly answer: Answer;
}

/** The conversation with all definitions in every request. */
export function directTranscript(
  world: OpenWorld,
  task: string,
  calls: readonly RecordedCall[],
  wrong?: WrongCall,
): Transcript {
  const definitions = [...world.definitions().values()].flat();
  return {
    catalogue: JSON.stringify(definitions),
    entries: [asked(task), ...callEntries(calls, wrong)],
  };
}

/** The conversation with a search tool, which adds definitions to the conversation. */
export function searchTranscript(
  search: ToolSearch,
  task: string,
  calls: readonly RecordedCall[],
  wrong?: WrongCall,
): Transcript {
  return {
    catalogue: search.catalogue,
    entries: [asked(task), ...search.entries, ...callEntries(calls, wrong)],
  };
}

function callEntries(calls: readonly RecordedCall[], wrong?: WrongCall): Entry[] {
  const failed =
    wrong === undefined ? [] : turn([exchange(wrong, wrong.answer)], "failure", "failure");
  const done = turnsOf(calls).flatMap((together) =>
    turn(
      together.map((call) => exchange(call, call)),
      "program",
      "results",
    ),
  );
  return [...failed, ...done];
}

/** Groups calls by turn: calls that overlap in time share one, the best case of parallel tool use. */
export function turnsOf(calls: readonly RecordedCall[]): RecordedCall[][] {
  const turns: RecordedCall[][] = [];
  let end = -1;
  for (const call of calls) {
    if (call.begun < end) turns.at(-1)!.push(call);
    else turns.push([call]);
    end = Math.max(end, call.ended);
  }
  return turns;
}

function exchange(
  { server, tool, args }: Pick<RecordedCall, "server" | "tool" | "args">,
  { content, isError }: Answer,
): Exchange {
  return { name: directName(server, tool), input: args ?? {}, content, isError };
}
