import { type Answer, answerFailure } from "../core/answer.ts";
import type { Failure } from "../core/errors.ts";
import { hostTurns } from "../core/host-turns.ts";
import { Meter } from "../core/meter.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import { Semaphore } from "../core/semaphore.ts";
import { failureOf, ToolError } from "../core/tool-error.ts";
import { untilAborted } from "../core/until-aborted.ts";
import { cutText, utf8Length } from "../core/utf8.ts";
import { waitFor } from "../core/wait-for.ts";
import type { Host, HostCall } from "../engine/engine.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { type CallingRun, labelOf, type Next } from "../tools/tool-call.ts";
import { MAX_CALL_ERROR, MAX_TOOL_NAME } from "./capped-calls.ts";
import { LastAnswers } from "./hints/answers.ts";
import { DiscoveryCalls, type DiscoverySources } from "./discovery-calls.ts";
import { DISPOSE } from "./handle-method.ts";
import type { Handles } from "./handles.ts";
import { LogBuffer } from "./log-buffer.ts";
import { OpenCalls, type ProgramEnd } from "./open-calls.ts";
import { isCall, labelOfAsked, parseCall } from "./parse-call.ts";
import type { ResumedCalls } from "./recorded-calls.ts";

/** What one run's bridge is made of. */
export interface BridgeParts {
  readonly run: CallingRun;
  /** The tools that its caller may see. */
  readonly catalogue: Catalogue;
  readonly discoveryCalls: DiscoverySources;
  /** Carries out a call, with all that happens around it. */
  readonly chain: Next;
  /** Logs and calls of the same run from before it was saved. */
  readonly earlier: Pick<ResumedCalls, "logs" | "calls"> | undefined;
  readonly listeners: BridgeListeners;
  /** Objects with methods that its tools return. */
  readonly handles: Handles;
  /** They outlive the run. */
  readonly keepsHandles: boolean;
}

export interface BridgeListeners {
  readonly onLog: ((entry: LogEntry) => void) | undefined;
  /** A call has ended. */
  readonly onCall: (call: CallRecord) => void;
  /** A cap was breached that the place should have enforced: the run has to be ended from here. */
  readonly onBreach: (failure: Failure) => void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a call costs its host besides its arguments and its result, in the unit of {@link hostTurns}. */
const CALL_BYTES = 2_048;

/** Time for calls to stop when they are aborted, so that what they did is reported before the run's end. */
const STOP_MS = 100;

/**
 * The host of one run: text in, text out. Every call is capped, decoded, sent through the chain and recorded here; whatever
 * a tool does, the result is text and the promise resolves.
 */
export class Bridge implements Host {
  readonly calls: Mutable<CallRecord>[] = [];
  readonly logs: LogBuffer;
  readonly answers: LastAnswers = new LastAnswers();
  bytesIn = 0;
  bytesOut = 0;
  /** Bytes of results whose text was never here: of calls made before the run was saved, or where the program runs. */
  bytesElsewhere = 0;
  readonly #parts: BridgeParts;
  readonly #meter: Meter;
  readonly #slots: Semaphore;
  readonly #discoveryCalls: DiscoveryCalls;
  readonly #abort = new AbortController();
  readonly #open = new OpenCalls();
  /** What carries calls out, until that is over: longer than the call where it does not stop at once. */
  readonly #working = new Set<Promise<unknown>>();
  #isOver = false;

  constructor(parts: BridgeParts) {
    this.#parts = parts;
    const { run, discoveryCalls, earlier, listeners } = parts;
    this.#meter = new Meter(run.limits);
    this.#slots = new Semaphore(run.limits.parallelCalls);
    const onBytes = (size: number): void => this.#countBytes(size);
    this.#discoveryCalls = new DiscoveryCalls(
      discoveryCalls,
      run.limits,
      onBytes,
      listeners.onBreach,
    );
    this.logs = new LogBuffer(run.limits.logBytes, listeners.onLog, earlier?.logs);
    for (const call of earlier?.calls ?? []) this.#addElsewhere(call);
  }

  /** Answers that are still to come, by the VM's number of the call. */
  get openAnswers(): ReadonlyMap<number, Promise<Answer>> {
    return this.#open.answers;
  }

  get #user(): string | undefined {
    return this.#parts.run.caller.user;
  }

  log(entry: LogEntry): void {
    if (!this.#isOver) this.logs.add(entry);
  }

  dropped(bytes: number): void {
    this.logs.drop(bytes);
  }

  called(record: CallRecord): void {
    if (this.#isOver) return;
    const breach = this.#meter.call(true, 0);
    if (breach !== undefined) return this.#parts.listeners.onBreach(breach);
    this.#addElsewhere(record);
    this.#parts.listeners.onCall(record);
  }

  #addElsewhere(record: CallRecord): void {
    this.calls.push({ ...record });
    this.bytesElsewhere += record.bytes;
  }

  call(call: HostCall): Promise<Answer> {
    const isTool = isCall(call);
    const size = utf8Length(call.args);
    const breach = this.#meter.call(isTool, size);
    if (breach !== undefined) {
      this.#parts.listeners.onBreach(breach);
      return Promise.resolve(answerFailure(breach));
    }
    if (!isTool) return this.#discoveryCalls.answer(call);
    this.bytesOut += size;
    const answer = this.#slots.run(() => this.#carryOut(call, size));
    const method = this.#parts.handles.labelOf(call);
    const label = method ?? (call.server === "" ? call.tool : labelOfAsked(call));
    const isQuiet = method !== undefined && call.tool === DISPOSE; // `using` awaits nothing
    this.#open.add(answer, { id: call.id ?? 0, label, isQuiet });
    return answer;
  }

  /** @param size bytes of the arguments */
  async #carryOut(asked: HostCall, size: number): Promise<Answer> {
    const tool = this.#parts.handles.labelOf(asked) ?? labelOfAsked(asked);
    const turn = hostTurns.take(size + CALL_BYTES, this.#user);
    if (turn !== undefined) await turn;
    if (this.#abort.signal.aborted)
      return answerFailure({ code: "aborted", message: "the run is over", tool });
    const record: Mutable<CallRecord> = {
      tool: cutText(tool, MAX_TOOL_NAME),
      ok: false,
      ms: 0,
      bytes: 0,
    };
    this.calls.push(record);
    const started = performance.now();
    try {
      const { text, handles } = await this.#resultOf(asked, record);
      if (text.length > CALL_BYTES) await hostTurns.take(text.length, this.#user); // to send it
      if (handles !== undefined && this.#abort.signal.aborted) {
        this.#parts.handles.drop(handles); // they might outlive the run, and no program has them
        throw new ToolError("aborted", "the run is over");
      }
      record.ok = true;
      record.bytes = utf8Length(text);
      this.bytesIn += record.bytes;
      this.#countBytes(record.bytes);
      return text;
    } catch (error) {
      const failure = failureOf(error, record.tool);
      record.error = cutText(failure.message, MAX_CALL_ERROR);
      const answer = answerFailure(failure);
      if (answer.length > CALL_BYTES) await hostTurns.take(answer.length);
      if (failure.data !== undefined) this.#countBytes(utf8Length(failure.data));
      return answer;
    } finally {
      record.ms = Math.round((performance.now() - started) * 1_000) / 1_000;
      this.#parts.listeners.onCall({ ...record });
    }
  }

  /** The text of the result, and the new objects in it. Throws what went wrong. */
  async #resultOf(
    asked: HostCall,
    record: Mutable<CallRecord>,
  ): Promise<{ text: string; handles: readonly string[] | undefined }> {
    const { run, catalogue, chain, handles } = this.#parts;
    const { signal } = this.#abort;
    const call = parseCall(asked, catalogue, run, signal, handles);
    record.tool = cutText(labelOf(call), MAX_TOOL_NAME);
    const work = chain(call);
    this.#working.add(work);
    const done = (): unknown => this.#working.delete(work);
    work.then(done, done);
    try {
      const { text, handles: made } = await untilAborted(work, signal);
      if (call.kind !== "fetch") this.answers.note(record.tool, text!, call.info?.outputSchema);
      return { text: text!, handles: made };
    } catch (error) {
      void work.then(({ handles: late = [] }) => handles.drop(late), done);
      throw error;
    }
  }

  #countBytes(bytes: number): void {
    const breach = this.#meter.bytes(bytes);
    if (breach !== undefined) this.#parts.listeners.onBreach(breach);
  }

  /** Whether a call has no answer yet. */
  get isWaiting(): boolean {
    return this.#open.answers.size > 0;
  }

  /** After the program ended by itself, see {@link OpenCalls.finish}. */
  async finish(end: ProgramEnd): Promise<void> {
    for (const note of await this.#open.finish(end, () => this.abort())) this.logs.add(note);
  }

  /** End all calls that are still going on. */
  abort(): void {
    void this.#discoveryCalls.end();
    this.#abort.abort();
  }

  async #endHandles(): Promise<void> {
    const { handles, keepsHandles } = this.#parts;
    if (keepsHandles) return;
    for (const problem of await handles.end("its run is over"))
      this.logs.add({ level: "warn", text: `codecell: ${problem}` });
  }

  /** The run is over: ends its calls, and resolves when all of them are recorded. Nothing changes afterwards. */
  async end(): Promise<void> {
    this.abort();
    await this.#open.settled();
    const last = this.#discoveryCalls.end();
    const work = last === undefined ? [...this.#working] : [last, ...this.#working];
    await waitFor(work, performance.now() + STOP_MS); // most runs have nothing to wait for, and set no timer
    await this.#endHandles();
    this.#isOver = true;
  }
}
