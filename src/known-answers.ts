/** Calls whose answer is known from before: no call is made twice, whatever became of the host that made it. */
import { failureOf } from "./call-failure.ts";
import { type Answer, answerFailure, failureIn } from "./core/answer.ts";
import { isErrorCode } from "./core/errors.ts";
import type { CallRecord, LogEntry } from "./core/result.ts";
import type { Ledger } from "./session/ledger.ts";
import { ToolError } from "./tools/tool.ts";

/** A run that was saved while it waited, and goes on. */
export interface ResumedCalls {
  /** Answers to calls that it waits for, by the number of the call; of others nobody knows whether they were carried out. */
  readonly answers: ReadonlyMap<number, Answer | Promise<Answer>>;
  /** What it had logged and called. */
  readonly logs: readonly LogEntry[];
  readonly calls: readonly CallRecord[];
}

/** The answer to a call that a saved run waits for. Throws where nobody knows whether it was carried out. */
export async function answerOfBefore(
  resumed: ResumedCalls | undefined,
  id: number,
  tool: string,
): Promise<Answer> {
  const answer = resumed?.answers.get(id);
  if (answer === undefined) throw inDoubt(tool);
  return await answer;
}

/** Make a call, unless it was made before: then it comes to what it came to. */
export async function callOnce(
  ledger: Ledger,
  tool: string,
  args: string,
  make: () => Promise<string>,
): Promise<string> {
  const entry = await ledger.enter(tool, args);
  if ("inDoubt" in entry) throw inDoubt(tool);
  if ("answer" in entry) return resultIn(entry.answer, tool);
  const [made] = await Promise.allSettled([make()]);
  const answer =
    made.status === "fulfilled" ? made.value : answerFailure(failureOf(made.reason, tool));
  // Where that fails the call stays in doubt for whoever makes the run again; this program has its answer.
  await entry.end(answer).catch(() => {});
  if (made.status === "rejected") throw made.reason;
  return made.value;
}

/** The text of an answer's value. Throws the failure that it tells. */
export function resultIn(answer: Answer, tool: string): string {
  const failure = failureIn(answer);
  if (failure === undefined) return answer;
  const hint = failure.hint === undefined ? {} : { hint: failure.hint };
  const code = isErrorCode(failure.code) ? failure.code : "tool_error";
  throw new ToolError(code, failure.message, { tool, ...hint });
}

function inDoubt(tool: string): ToolError {
  return new ToolError(
    "aborted",
    `${tool} was under way when its host ended; whether it was carried out is not known`,
    { hint: "Look whether it took effect before you call it again." },
  );
}
