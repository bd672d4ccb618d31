import type { Answer } from "../core/answer.ts";
import { argumentsIn, SEVERAL } from "../core/call-arguments.ts";
import { decodeWithin } from "../core/decode-within.ts";
import { deepFreeze } from "../core/deep-freeze.ts";
import { encode } from "../core/encode.ts";
import { CodecellError, messageOf } from "../core/errors.ts";
import { type Limits, resolveLimits } from "../core/limits.ts";
import { MAX_PARTS } from "../core/parts.ts";
import { renderJson } from "../core/render.ts";
import type { CallRecord, ExecutionResult, JsonValue, LogEntry } from "../core/result.ts";
import { WireError } from "../core/wire-format.ts";
import type { Host, Outcome, SavedVm } from "../engine/engine.ts";
import type { Workspace } from "../files/workspace.ts";
import type { RunRequest } from "../placement/placement.ts";
import type { CallJournal } from "../run/call-journal.ts";
import type { Handles } from "../run/handles.ts";
import type { SavedRun } from "./saved-session.ts";

/** A tool call that a restored session waits for. */
export interface PendingCall {
  /** The key of its result in {@link ResumeOptions.answers}. */
  readonly id: number;
  /** `server.tool` as the program spelled it. */
  readonly tool: string;
  /** The arguments as JSON, with types that JSON lacks rendered as in the value of a result. */
  readonly args: JsonValue;
}

/** Answers to calls of a saved run, by the VM's number of the call. */
export type KnownAnswers = ReadonlyMap<number, Answer | Promise<Answer>>;

export type SessionProgram = Pick<SavedRun, "source" | "limits">;

/** A program of a session, or the rest of a resumed one, that runs now. */
export interface SessionRun extends SessionProgram {
  /** Runs the program in the session's VM. */
  readonly execute: (request: RunRequest, host: Host, signal: AbortSignal) => Promise<Outcome>;
  /** What the session adds to a run. */
  readonly context: RunContext;
}

interface RunContext {
  readonly workspace: Workspace;
  /** Names that earlier programs declared. */
  readonly declared: readonly string[];
  /** Objects with methods that its programs have. */
  readonly handles: Handles;
  /** Its calls in the store, where the session has one. */
  readonly journal: CallJournal | undefined;
  /** Set for a resumed run. */
  readonly resume: ResumedRun | undefined;
  /** Must be called when the run has its host. */
  readonly onBegin: (host: RunHost) => void;
}

/** Logs and calls of a run from before it was saved, and the answers for which it waits. */
export interface ResumedRun extends Pick<SavedRun, "logs" | "calls"> {
  readonly answers: KnownAnswers;
}

/** Executes a run. */
export type RunWork = (run: SessionRun) => Promise<ExecutionResult>;

/** The host of a run as the session uses it. */
export interface RunHost {
  readonly calls: readonly CallRecord[];
  readonly logs: { entries(): readonly LogEntry[] };
  /** Answers that are still to come, by the VM's number of the call. */
  readonly openAnswers: ReadonlyMap<number, Promise<Answer>>;
  log(entry: LogEntry): void;
}

/** @throws CodecellError `config_error` for bad limits, and for another memory cap than the session's */
export function limitsOfRun(given: unknown, own: Limits): Limits {
  const limits = resolveLimits(given, own);
  if (limits.memoryMb === own.memoryMb) return limits;
  throw new CodecellError(
    "config_error",
    `limits.memoryMb of this run is ${limits.memoryMb}; a session has the memory it was opened with, ${own.memoryMb}`,
  );
}

/** @throws CodecellError `config_error` for a key that is not an id, `not_serializable` for a value that is not data */
export function encodeAnswers(answers: Readonly<Record<number, unknown>>): KnownAnswers {
  const known = new Map<number, Answer>();
  for (const [id, value] of Object.entries(answers)) {
    if (!/^\d+$/.test(id))
      throw new CodecellError("config_error", `answers.${id} is not the id of a call`, {
        hint: "pending() lists the calls that the run waits for, with their ids.",
      });
    known.set(Number(id), encodeAnswer(value, `answers.${id}`));
  }
  return known;
}

function encodeAnswer(value: unknown, label: string): Answer {
  try {
    return encode(value, { label });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new CodecellError(error.code, error.message);
  }
}

/** Captures a run for a snapshot while the run continues. */
export class RunCapture {
  readonly #program: SessionProgram;
  readonly #host: RunHost;
  /** Calls that were open when the capture began, by the VM's numbers. */
  readonly #open: ReadonlySet<number>;
  /** Calls that had ended when the capture began. */
  readonly #ended: ReadonlySet<CallRecord>;

  constructor(program: SessionProgram, host: RunHost) {
    this.#program = program;
    this.#host = host;
    this.#open = new Set(host.openAnswers.keys());
    this.#ended = new Set(host.calls.filter(hasEnded));
  }

  /** @param vm the VM, saved after the capture began */
  finish(vm: SavedVm): SavedRun {
    const { calls, logs, openAnswers } = this.#host;
    const ended = calls.filter(hasEnded);
    // Calls that ended meanwhile, but whose answers the saved VM lacks: the resumed run repeats and records them.
    const late = vm.calls.filter(({ id }) => this.#open.has(id) && !openAnswers.has(id)).length;
    const meanwhile = ended.filter((call) => !this.#ended.has(call));
    const uncounted = new Set(meanwhile.slice(Math.max(0, meanwhile.length - late)));
    const counted = ended.filter((call) => !uncounted.has(call));
    return {
      ...this.#program,
      logs: [...logs.entries()],
      calls: structuredClone(counted),
    };
  }
}

function hasEnded({ ok, error }: CallRecord): boolean {
  return ok || error !== undefined;
}

export function pendingCalls(vm: SavedVm | undefined): PendingCall[] {
  return (vm?.calls ?? [])
    .filter(({ kind }) => kind === "call")
    .map(({ id, server, tool, args }) => ({
      id,
      tool: server === "" ? tool : `${server}.${tool}`,
      args: argsOf(args),
    }));
}

/** More levels than arguments can have that came out of a VM. */
const MAX_ARGS_DEPTH = 4_000;

/** The snapshot may be forged: arguments that would take long to read are only named. */
function argsOf(text: string): JsonValue {
  try {
    const given = argumentsIn(text);
    const list = given.startsWith(SEVERAL) ? given.slice(SEVERAL.length) : given;
    return renderJson(decodeWithin(list, { parts: MAX_PARTS, depth: MAX_ARGS_DEPTH }));
  } catch (error) {
    return `… (they cannot be read: ${messageOf(error)})`;
  }
}

/** The first log entry of a run after another program was interrupted, with the number of its `calls`. */
export function interruption(calls: number): LogEntry {
  const which =
    calls === 1 ? "the call that it had made stands" : `the ${calls} calls that it had made stand`;
  const text = `codecell: another program of this session was cut short when its host ended; ${which}`;
  return { level: "warn", text };
}

export function notResumed(): CodecellError {
  return new CodecellError("config_error", "the session was saved in the midst of a run", {
    hint: "Call resume() to go on with it, or reset() to give it up.",
  });
}

/** A result is returned with a warning when the session could not be stored, because the program has taken effect. */
export function withWarning(result: ExecutionResult, { message }: CodecellError): ExecutionResult {
  const text = `codecell: the session could not be put into its store: ${message}`;
  return deepFreeze({ ...result, logs: [...result.logs, { level: "warn" as const, text }] });
}
