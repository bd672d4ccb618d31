/** Calls whose result was recorded: no call is made twice, also where the host that made it died. */
import { type Answer, answerFailure, failureIn } from "../core/answer.ts";
import { decode } from "../core/decode.ts";
import { isErrorCode } from "../core/errors.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import { failureOf, ToolError } from "../core/tool-error.ts";
import { untilAborted } from "../core/until-aborted.ts";
import type {
  AskedCall,
  CallingRun,
  CallResult,
  Middleware,
  Next,
  ToolCall,
} from "../tools/tool-call.ts";
import type { CallJournal } from "./call-journal.ts";

/** A saved run that is resumed. */
export interface ResumedCalls {
  /** Results of calls that it waits for, by the number of the call; whether others were carried out is unknown. */
  readonly answers: ReadonlyMap<number, Answer | Promise<Answer>>;
  /** What it had logged and called. */
  readonly logs: readonly LogEntry[];
  readonly calls: readonly CallRecord[];
}

/** The recorded calls of one run. */
export interface Recording {
  /** Where they are recorded as they happen. */
  readonly journal: CallJournal | undefined;
  /** Those that it waited for when it was saved. */
  readonly resumed: ResumedCalls | undefined;
}

/** The link that returns recorded results, and records new ones. */
export class RecordedCalls {
  readonly #byRun = new WeakMap<CallingRun, Recording>();

  /** From now on, calls of `run` return what `recording` holds. */
  attach(run: CallingRun, recording: Recording): void {
    this.#byRun.set(run, recording);
  }

  readonly link: Middleware = async (call, next) => {
    const { journal, resumed } = this.#byRun.get(call.run) ?? {};
    if (call.asked.again) return await resumedResult(call, resumed);
    return journal === undefined ? await next(call) : await callOnce(call, next, journal);
  };
}

/** The result of a call that a saved run waits for. Throws where it is unknown whether it was carried out. */
async function resumedResult(
  { asked, signal }: ToolCall,
  resumed: ResumedCalls | undefined,
): Promise<CallResult> {
  const answer = resumed?.answers.get(asked.id);
  if (answer === undefined) throw inDoubt(asked);
  return resultIn(await untilAborted(Promise.resolve(answer), signal), asked);
}

/** Makes a call, unless it was made before: then returns the recorded result. */
async function callOnce(call: ToolCall, next: Next, journal: CallJournal): Promise<CallResult> {
  const { asked } = call;
  const entry = await journal.begin(asked.label, asked.args);
  if ("inDoubt" in entry) throw inDoubt(asked);
  if ("answer" in entry) return resultIn(entry.answer, asked);
  const [made] = await Promise.allSettled([next(call)]);
  const answer =
    made.status === "fulfilled"
      ? recordOf(made.value, asked)
      : answerFailure(failureOf(made.reason, asked.label));
  // Where that fails the call stays in doubt for whoever makes the run again; this program has its result.
  await entry.end(answer).catch(() => {});
  if (made.status === "rejected") throw made.reason;
  return made.value;
}

/** A handle ends with its host: a run that is made again gets an error in its place, and the call is not made twice. */
function recordOf({ text, handles }: CallResult, { label }: AskedCall): Answer {
  if (handles === undefined) return text!;
  const message = `${label} had returned an object with methods, which ended with its host`;
  return answerFailure({ code: "aborted", message, tool: label });
}

/** The result in an answer. Throws the failure in it. */
function resultIn(answer: Answer, { label }: AskedCall): CallResult {
  const failure = failureIn(answer);
  if (failure === undefined) return new RecordedResult(answer);
  const hint = failure.hint === undefined ? {} : { hint: failure.hint };
  const data = failure.data === undefined ? undefined : decode(failure.data);
  const code = isErrorCode(failure.code) ? failure.code : "tool_error";
  throw new ToolError(code, failure.message, { tool: label, data, ...hint });
}

/** Decoded only for a link that looks at the value. */
class RecordedResult implements CallResult {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get value(): unknown {
    return decode(this.text);
  }
}

function inDoubt({ label }: AskedCall): ToolError {
  return new ToolError(
    "aborted",
    `${label} was under way when its host ended; whether it was carried out is not known`,
    { hint: "Look whether it took effect before you call it again." },
  );
}
