/**
 * The calls of one run that have no answer yet, and what becomes of them when its program has ended. The invariant: nothing that is
 * open holds a result for longer than the program would have waited for it, and an abort ends every wait.
 */
import { type Answer, failureIn, isFailure } from "../core/answer.ts";
import type { LogEntry } from "../core/result.ts";
import { cutText } from "../core/utf8.ts";
import { waitFor } from "../core/wait-for.ts";

/** Time in ms for calls that the program does not wait for any more, and for those of a program that failed. */
const GRACE_MS = 500;
const MAX_MESSAGE = 200;
const MAX_NAMED = 5;

interface OpenCall {
  /** The VM's number. */
  readonly id: number;
  readonly label: string;
  /** That it finished is not told. */
  readonly isQuiet: boolean;
  readonly answer: Promise<Answer>;
}

/** How the program ended. */
export interface ProgramEnd {
  readonly failed: boolean;
  /** Calls that it had stopped waiting for, by the VM's numbers. */
  readonly givenUp: readonly number[];
  /** The wall limit, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Aborted when the calls are not to be finished. */
  readonly signal: AbortSignal;
}

/** What a call came to: its answer, or none in time. */
type Finished = OpenCall & { readonly text: Answer | undefined };

export class OpenCalls {
  readonly #open = new Map<Promise<Answer>, OpenCall>();

  add(answer: Promise<Answer>, call: Omit<OpenCall, "answer">): void {
    this.#open.set(answer, { ...call, answer });
    void answer.then(() => this.#open.delete(answer));
  }

  /** Answers that are still to come, by the VM's number of the call. */
  get answers(): ReadonlyMap<number, Promise<Answer>> {
    return new Map([...this.#open.values()].map(({ id, answer }) => [id, answer]));
  }

  /** Resolves when none is open. */
  async settled(): Promise<void> {
    await Promise.all(this.#open.keys());
  }

  /**
   * Waits for the open calls of a program that ended by itself: to the wall limit for those that it had started and not awaited, for what they
   * do matters though nobody reads their results; for a moment for those that it had given up, and for all of a program that failed.
   * @param abort ends what is open then
   * @returns what the logs say about it
   */
  async finish(end: ProgramEnd, abort: () => void): Promise<LogEntry[]> {
    if (this.#open.size === 0) return [];
    const { failed, deadline, signal } = end;
    const until = performance.now() + GRACE_MS;
    const calls = [...this.#open.values()];
    const texts = new Map<OpenCall, Answer>();
    for (const call of calls) void call.answer.then((text) => texts.set(call, text));
    const givenUp = new Set(end.givenUp);
    const left = calls.filter(({ id }) => givenUp.has(id));
    const started = calls.filter(({ id }) => !givenUp.has(id));
    const soon = Math.min(until, deadline);
    await waitFor(answersOf(started), failed ? soon : deadline, signal);
    await waitFor(answersOf(left), soon, signal);
    const finished = (call: OpenCall): Finished => ({ ...call, text: texts.get(call) });
    if (texts.size < calls.length) abort();
    const why = whyEnded(end);
    return [...notesOfStarted(started.map(finished), why), ...notesOfLeft(left.map(finished))];
  }
}

function answersOf(calls: readonly OpenCall[]): Promise<Answer>[] {
  return calls.map(({ answer }) => answer);
}

function whyEnded({ failed, signal }: ProgramEnd): string {
  if (signal.aborted) return "aborted with the run";
  return failed ? "aborted, for the program had failed" : "aborted at the time limit";
}

/** A call that nobody awaited is told, and how it ended: only one that succeeded is finished. */
function notesOfStarted(calls: readonly Finished[], aborted: string): LogEntry[] {
  const done = calls.filter(
    ({ text, isQuiet }) => !isQuiet && text !== undefined && !isFailure(text),
  );
  const open = calls.filter(({ text }) => text === undefined);
  const ends: [calls: readonly Finished[], end: string][] = [
    [done, "finished before the run ended"],
    ...calls
      .filter(hasFailed)
      .map(({ ...call }): [Finished[], string] => [
        [call],
        `failed: ${cutText(failureIn(call.text!)?.message ?? "", MAX_MESSAGE)}`,
      ]),
    [open, aborted],
  ];
  return ends
    .filter(([group]) => group.length > 0)
    .map(([group, end]) => warning(`${count(group)} not awaited (${names(group)}) and ${end}`));
}

function hasFailed({ text }: Finished): boolean {
  return text !== undefined && isFailure(text);
}

/** What the program had given up is its own business, unless it is not known whether it was done. */
function notesOfLeft(calls: readonly Finished[]): LogEntry[] {
  const open = calls.filter(({ text }) => text === undefined);
  if (open.length === 0) return [];
  const text = `codecell: ${count(open)} given up by the program (${names(open)}) and aborted when it had ended`;
  return [{ level: "info", text }];
}

function warning(text: string): LogEntry {
  return { level: "warn", text: `codecell: ${text}; await every call` };
}

function count({ length }: readonly OpenCall[]): string {
  return length === 1 ? "1 tool call was" : `${length} tool calls were`;
}

function names(calls: readonly OpenCall[]): string {
  return [...new Set(calls.map(({ label }) => label))].slice(0, MAX_NAMED).join(", ");
}
