import type { Failure } from "./core/errors.ts";
import type { Limits } from "./core/limits.ts";
import { Meter } from "./core/meter.ts";
import type { CallRecord, LogEntry } from "./core/result.ts";
import { Semaphore } from "./core/semaphore.ts";
import { utf8Length } from "./core/utf8.ts";
import { type Answer, answerFailure } from "./core/answer.ts";
import { decode } from "./core/decode.ts";
import { isContextRequest } from "./discovery/context.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { Host, HostCall } from "./engine/engine.ts";
import { failureOf } from "./call-failure.ts";
import { encodeResult } from "./call-result.ts";
import { LogBuffer } from "./log-buffer.ts";
import { answerOfBefore, callOnce, type ResumedCalls, resultIn } from "./known-answers.ts";
import { LookUps } from "./look-ups.ts";
import type { RunFiles } from "./run-files.ts";
import type { Ledger } from "./session/ledger.ts";
import type { Catalogue, ResolvedTool } from "./tools/catalogue.ts";
import type { HeldResults } from "./tokens/ledger.ts";
import { type NetworkRequest, ToolError } from "./tools/tool.ts";

export interface BridgeOptions {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
  readonly files: RunFiles;
  readonly limits: Limits;
  /** Who runs the program, for tools that want to know. */
  readonly user: string | undefined;
  readonly ledger: Ledger | undefined;
  readonly resumed: ResumedCalls | undefined;
  readonly onLog: ((entry: LogEntry) => void) | undefined;
  readonly onCall: ((call: CallRecord) => void) | undefined;
  /** What a tool answered. */
  readonly onResult: ((tool: ResolvedTool, value: unknown) => void) | undefined;
  /** Keeps the texts of results until they are counted, where that is wanted. */
  readonly held: HeldResults | undefined;
  /** A call was refused. */
  readonly onDenied: (denial: { readonly tool: string; readonly message: string }) => void;
  /** A tool made, or was refused, a request to the network for the program. */
  readonly onRequest: (request: NetworkRequest) => void;
  /** A cap was breached that the place should have kept: the run has to be ended from here. */
  readonly onBreach: (failure: Failure) => void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One run's host: text in, text out. Every call is decoded, capped, carried out and encoded here; whatever a tool
 * does, the answer is text and the promise resolves.
 */
export class Bridge implements Host {
  readonly calls: Mutable<CallRecord>[] = [];
  readonly logs: LogBuffer;
  bytesIn = 0;
  bytesOut = 0;
  readonly #options: BridgeOptions;
  readonly #meter: Meter;
  readonly #slots: Semaphore;
  readonly #lookUps: LookUps;
  readonly #abort = new AbortController();
  /** Calls that the program made and that have no answer yet. */
  readonly #open = new Map<Promise<Answer>, OpenCall>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#meter = new Meter(options.limits);
    this.#slots = new Semaphore(options.limits.parallelCalls);
    const { discovery, files, limits, onBreach, resumed } = options;
    const onBytes = (size: number): void => this.#countBytes(size);
    this.#lookUps = new LookUps({ discovery, files }, limits, onBytes, onBreach);
    this.logs = new LogBuffer(options.limits.logBytes, options.onLog, resumed?.logs);
    for (const call of resumed?.calls ?? []) {
      this.calls.push(call);
      options.held?.miss(call.bytes);
    }
  }

  /** Answers that are still to come, by the VM's number of the call. */
  get openAnswers(): ReadonlyMap<number, Promise<Answer>> {
    return new Map([...this.#open].map(([answer, { id }]) => [id, answer]));
  }

  log(entry: LogEntry): void {
    this.logs.add(entry);
  }

  dropped(characters: number): void {
    this.logs.drop(characters);
  }

  called(record: CallRecord): void {
    const breach = this.#meter.call(true, 0);
    if (breach !== undefined) return this.#options.onBreach(breach);
    this.calls.push({ ...record });
    this.#options.held?.miss(record.bytes);
    this.#options.onCall?.(record);
  }

  call(call: HostCall): Promise<Answer> {
    const isTool = call.server !== "" || isContextRequest(call.tool);
    const size = utf8Length(call.args);
    const breach = this.#meter.call(isTool, size);
    if (breach !== undefined) {
      this.#options.onBreach(breach);
      return Promise.resolve(answerFailure(breach));
    }
    if (!isTool) return this.#lookUps.answer(call);
    this.bytesOut += size;
    const answer = this.#slots.run(() => this.#carryOut(call));
    const label = call.server === "" ? call.tool : `${call.server}.${call.tool}`;
    this.#open.set(answer, { id: call.id ?? 0, label });
    void answer.then(() => this.#open.delete(answer));
    return answer;
  }

  async #carryOut(call: HostCall): Promise<Answer> {
    const record: Mutable<CallRecord> = {
      tool: `${call.server}.${call.tool}`,
      ok: false,
      ms: 0,
      bytes: 0,
    };
    if (this.#abort.signal.aborted)
      return answerFailure({ code: "aborted", message: "the run is over", tool: record.tool });
    this.calls.push(record);
    const started = performance.now();
    try {
      const text = await this.#answerFor(call, record);
      record.ok = true;
      record.bytes = utf8Length(text);
      this.#countResult(record.bytes);
      this.#options.held?.add(text, record.bytes);
      return text;
    } catch (error) {
      const failure = failureOf(error, record.tool);
      record.error = failure.message;
      if (failure.code === "denied")
        this.#options.onDenied({ tool: record.tool, message: failure.message });
      return answerFailure(failure);
    } finally {
      record.ms = Math.round((performance.now() - started) * 1_000) / 1_000;
      this.#options.onCall?.({ ...record });
    }
  }

  /** The text of the result: known from before, or of the call. Throws what went wrong. */
  async #answerFor(call: HostCall, record: Mutable<CallRecord>): Promise<string> {
    const { ledger, resumed } = this.#options;
    const label = record.tool; // as the program spelled it: it is known by that when the run is made again
    if (call.again === true) {
      const known = answerOfBefore(resumed, call.id ?? 0, label);
      return resultIn(await untilAborted(known, this.#abort.signal), label);
    }
    const make = (): Promise<string> => this.#callTool(call, record);
    return ledger === undefined ? await make() : await callOnce(ledger, label, call.args, make);
  }

  async #callTool(call: HostCall, record: Mutable<CallRecord>): Promise<string> {
    const { catalogue, limits, user, onRequest, onResult } = this.#options;
    if (call.server === "") return await this.#askServer(call, record);
    const tool: ResolvedTool = catalogue.resolve(call.server, call.tool);
    record.tool = `${tool.server}.${tool.tool}`;
    const args = decode(call.args);
    const { signal } = this.#abort;
    const value = await untilAborted(
      catalogue.call(tool, args, { signal, user, onRequest }),
      signal,
    );
    onResult?.(tool, value);
    return encodeResult(value, limits, record.tool);
  }

  /** A resource or a prompt: no tool, but a request to a server all the same. */
  async #askServer(call: HostCall, record: Mutable<CallRecord>): Promise<string> {
    const { discovery, limits, user } = this.#options;
    const given = decode(call.args);
    const args: readonly unknown[] = Array.isArray(given) ? given : [];
    record.tool = discovery.context.label(call.tool, args);
    const { signal } = this.#abort;
    const asked = discovery.context.request(call.tool, args, { signal, user });
    return encodeResult(await untilAborted(asked, signal), limits, record.tool);
  }

  #countResult(bytes: number): void {
    this.bytesIn += bytes;
    this.#countBytes(bytes);
  }

  #countBytes(bytes: number): void {
    const breach = this.#meter.bytes(bytes);
    if (breach !== undefined) this.#options.onBreach(breach);
  }

  /**
   * After the program ended by itself: calls that it did not await are finished, for what they do matters though
   * nobody reads their results; at the deadline they are aborted. The log tells.
   * @param deadline on the clock of `performance.now()`
   */
  async drain(deadline: number): Promise<void> {
    if (this.#open.size === 0) return;
    const names = [...this.#open.values()].map(({ label }) => label);
    const all = Promise.all(this.#open.keys()).then(() => true);
    const { promise: expired, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), Math.max(0, deadline - performance.now()));
    const finished = await Promise.race([all, expired]);
    clearTimeout(timer);
    if (!finished) this.abort();
    this.logs.add({ level: "warn", text: unawaited(names, finished) });
  }

  /** End all calls that are still going on. */
  abort(): void {
    this.#lookUps.end();
    this.#abort.abort();
  }
}

interface OpenCall {
  /** The VM's number. */
  readonly id: number;
  readonly label: string;
}

function unawaited(names: readonly string[], finished: boolean): string {
  const list = [...new Set(names)].slice(0, 5).join(", ");
  const count = names.length === 1 ? "1 tool call was" : `${names.length} tool calls were`;
  const end = finished ? "finished before the run ended" : "aborted at the time limit";
  return `codecell: ${count} not awaited (${list}) and ${end}; await every call`;
}

/** A tool that ignores its signal must not hold up a run that is over. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void =>
    reject(new ToolError("aborted", "the run ended before the tool answered"));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", onAbort));
}
