import { callerNamed } from "../core/caller.ts";
import { CodecellError } from "../core/errors.ts";
import type { ExecutionResult, JsonValue } from "../core/result.ts";
import { zoneOf } from "../core/time-zone.ts";
import { FairSemaphore } from "../core/fair-semaphore.ts";
import type { Workspace } from "../files/workspace.ts";
import type { Admission } from "../run/admission.ts";
import type { OutputSchema, ValueOf } from "../run/check-output.ts";
import { checkRun, checkRunOptions } from "../run/check-run.ts";
import type { RunOptions } from "../run/job.ts";
import type { ProgramRunner } from "../run/program-runner.ts";
import {
  encodeAnswers,
  type KnownAnswers,
  limitsOfRun,
  type PendingCall,
  type RunWork,
  type SessionRun,
} from "./session-run.ts";
import { SessionState } from "./session-state.ts";
import type { StateParts } from "./state-parts.ts";

/** Options of a resumed run. It keeps the limits that it was started with. */
export interface ResumeOptions extends RunOptions {
  /**
   * Results of pending calls by {@link PendingCall.id}. A pending call without a result fails in the program.
   * @default {}
   */
  readonly answers?: Readonly<Record<number, unknown>>;
}

/** What a session needs from its registry. */
export interface SessionParts extends StateParts {
  readonly id: string;
  readonly user: string | undefined;
  readonly runner: ProgramRunner;
  readonly admission: Admission;
  /** Called when the session was used. */
  readonly onUse: (session: Session) => void;
  /** Called when it has been closed. */
  readonly onClose: (session: Session) => void;
  /** Opens another session from a snapshot; `answers` are those for which this one still waits. */
  readonly restore: (
    bytes: Uint8Array,
    id: string | undefined,
    answers: KnownAnswers,
  ) => Promise<Session>;
}

/**
 * Programs that share variables and files: each one sees the top-level declarations, the properties of `globalThis` and the
 * files in `fs` of the programs before it. Runs of one session wait for each other. Returned by `runtime.session`.
 */
export class Session {
  /** The id, as given to `runtime.session`. */
  readonly id: string;
  /** The user of the session, as given to `runtime.session`. */
  readonly user: string | undefined;
  /** The files that its programs access as `fs`. */
  readonly workspace: Workspace;
  readonly #parts: SessionParts;
  readonly #state: SessionState;
  /** One after the other; all are of one user. */
  readonly #turns = new FairSemaphore(1);
  /** Aborted when the session ends: what still waits for the lock of its store does not wait any longer. */
  readonly #ending = new AbortController();
  /** Aborted when it ends or is closed: a program goes on to its end, but calls that it did not await are not finished. */
  readonly #closing = new AbortController();
  /** Why it is closed, once it is. */
  #closed: string | undefined;

  /** @internal */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.user = parts.user;
    this.workspace = parts.workspace;
    this.#state = new SessionState(parts);
  }

  /** Number of programs that have run in the session. */
  get programs(): number {
    return this.#state.programs;
  }

  /** The names that its programs declared at the top level. */
  get declared(): readonly string[] {
    return this.#state.declared;
  }

  /** Whether a program of the session is running. */
  get busy(): boolean {
    return this.#state.host !== undefined;
  }

  /** Whether the session occupies a worker. */
  get placed(): boolean {
    return this.#state.placed;
  }

  /** Whether it has objects with methods of this host, and so stays with its worker. @internal */
  get pinned(): boolean {
    return this.#state.pinned;
  }

  /** The tool calls for which a session waits that was saved during a run; else an empty list. */
  async pending(): Promise<PendingCall[]> {
    return await this.#state.pending();
  }

  /**
   * Runs one program, after those that were given before it. The result is like that of `runtime.run`.
   * @throws CodecellError `config_error` for invalid options, or when there is a run to resume; `aborted` when the session is
   * closed; `rate_limited` when another process has the session locked for too long, or as `runtime.run`
   */
  async run<T = JsonValue | undefined, Schema extends OutputSchema | undefined = undefined>(
    code: string,
    options: Omit<RunOptions, "user" | "output"> & { readonly output?: Schema } = {},
  ): Promise<ExecutionResult<ValueOf<T, Schema>>> {
    this.#checkOpen();
    checkRun("session.run", code, options);
    const limits = limitsOfRun(options.limits, this.#parts.vm.limits);
    zoneOf(options.timeZone, this.#parts.vm.timeZone); // refuses a wrong one before anything begins
    using _admitted = this.#parts.admission.enter(this.user);
    const { signal } = options;
    const program = { source: code, limits };
    let hasBegun = false;
    const work: RunWork = (run) => {
      hasBegun = true;
      return this.#carryOut(run, options);
    };
    try {
      const turn = this.#use(() => this.#state.run(program, work, this.#waits(signal)), signal);
      return (await turn) as ExecutionResult<ValueOf<T, Schema>>;
    } catch (error) {
      if (hasBegun || signal?.aborted !== true || this.#ending.signal.aborted) throw error;
      const result = await this.#carryOut(this.#state.notBegun(program), options);
      return result as ExecutionResult<ValueOf<T, Schema>>;
    }
  }

  /**
   * Continues the run during which the session was saved. A call for which it waits is not made a second time: it returns its
   * result in `options.answers`; without one it fails, because it is not known whether the call was carried out.
   * @throws CodecellError `config_error` when there is no such run, `not_serializable` for an answer that cannot be passed
   * to a program; else as {@link run}
   */
  async resume<T = JsonValue | undefined, Schema extends OutputSchema | undefined = undefined>({
    answers = {},
    ...options
  }: Omit<ResumeOptions, "output"> & { readonly output?: Schema } = {}): Promise<
    ExecutionResult<ValueOf<T, Schema>>
  > {
    this.#checkOpen();
    checkRunOptions("session.resume", options);
    const known = encodeAnswers(answers);
    using _admitted = this.#parts.admission.enter(this.user);
    const work: RunWork = (run) => this.#carryOut(run, options);
    const waits = this.#waits(options.signal);
    const result = await this.#use(() => this.#state.resume(known, work, waits));
    return result as ExecutionResult<ValueOf<T, Schema>>;
  }

  /**
   * Deletes everything in the session: variables, timers, files, a run to resume.
   * @throws CodecellError `aborted` when the session is closed
   */
  async reset(): Promise<void> {
    this.#checkOpen();
    await this.#use(() => this.#state.reset(this.#ending.signal));
  }

  /** Ends the session and deletes it from its store. Waits until a running program has ended. */
  async close(): Promise<void> {
    await this.#end("the session is closed", () => this.#state.delete());
  }

  /**
   * Returns the session as bytes for `runtime.restore`: variables, timers and files; during a run also that run, with the calls
   * for which it waits.
   * @throws CodecellError `config_error` where the engine cannot save it, `not_serializable` while it has an object with methods
   * open, `aborted` when the session is closed
   */
  async snapshot(): Promise<Uint8Array> {
    this.#checkOpen();
    if (this.busy) return await this.#state.snapshot();
    await this.load();
    return await this.#use(() => this.#state.snapshot());
  }

  /**
   * Opens another session of the same user as a copy of this one. An open call of a run is not made a second time: both sessions
   * get its result.
   * @param id id of the copy, by default a random one
   * @throws CodecellError as {@link snapshot}; `config_error` when a session with that id exists; `quota_exceeded` when
   * there are too many sessions
   */
  async fork(id?: string): Promise<Session> {
    const before = this.#state.host?.openAnswers ?? [];
    const bytes = await this.snapshot();
    const after = this.#state.host?.openAnswers ?? [];
    return await this.#parts.restore(bytes, id, new Map([...before, ...after]));
  }

  /** Loads what other processes have stored. Returns false when they have deleted the session. @internal */
  async load(): Promise<boolean> {
    return await this.#turns.run(undefined, () => this.#state.load());
  }

  /** Stores the session. @internal */
  async save(): Promise<void> {
    await this.#use(() => this.#state.save(this.#ending.signal));
  }

  /** Leaves the worker, if nothing is lost by that. @internal */
  async park(): Promise<void> {
    if (this.#closed !== undefined) return;
    await this.#turns.run(undefined, () => this.#state.park()).catch(() => {});
  }

  /** Ends the session in this process; it stays in its store. @internal */
  async end(reason: string): Promise<void> {
    this.#ending.abort(new CodecellError("aborted", reason));
    await this.#end(reason, async () => {});
  }

  async #end(reason: string, afterwards: () => Promise<void>): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#closing.abort();
    this.#parts.onClose(this);
    await this.#use(async () => {
      await this.#state.end();
      await afterwards();
    });
  }

  async #carryOut(
    { source, limits, execute, context: { handles, ...context } }: SessionRun,
    options: RunOptions,
  ): Promise<ExecutionResult> {
    return await this.#parts.runner.run({
      source,
      limits,
      timeZone: zoneOf(options.timeZone, this.#parts.vm.timeZone),
      caller: callerNamed(this.user),
      origin: { kind: "local" },
      options,
      run: execute,
      handles,
      session: { id: this.id, ending: this.#closing.signal, ...context },
    });
  }

  /** What ends the wait for the lock of the store. */
  #waits(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#ending.signal, ...(signal === undefined ? [] : [signal])]);
  }

  /**
   * Does `work` after earlier work of the session, and counts as use.
   * @param signal aborting it while the work waits: then this rejects, and the work is not done
   */
  async #use<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.#turns.run(undefined, work, signal);
    } finally {
      this.#parts.onUse(this);
    }
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new CodecellError("aborted", this.#closed);
  }
}
