import { callerNamed } from "../core/caller.ts";
import { CodecellError } from "../core/errors.ts";
import type { ExecutionResult } from "../core/result.ts";
import { Semaphore } from "../core/semaphore.ts";
import type { Workspace } from "../files/workspace.ts";
import { checkProgram, type ProgramRunner, type RunOptions } from "../run/program-runner.ts";
import {
  encodeAnswers,
  type KnownAnswers,
  limitsOfRun,
  type PendingCall,
  type SessionRun,
} from "./session-run.ts";
import { SessionState } from "./session-state.ts";
import type { StateParts } from "./state-parts.ts";

/** How a run is resumed. It has the limits that it was started with. */
export interface ResumeOptions extends RunOptions {
  /**
   * Results of pending calls by {@link PendingCall.id}, for those whose outcome is known. A call without a result fails in
   * the program.
   */
  readonly answers?: Readonly<Record<number, unknown>>;
}

/** What a session needs of its registry. */
export interface SessionParts extends StateParts {
  readonly id: string;
  readonly user: string | undefined;
  readonly runner: ProgramRunner;
  /** Called when something was done with the session. */
  readonly onUse: (session: Session) => void;
  /** Called when it has been closed. */
  readonly onClose: (session: Session) => void;
  /** Makes another session of a snapshot; `answers` are those that this one still waits for. */
  readonly restore: (
    bytes: Uint8Array,
    id: string | undefined,
    answers: KnownAnswers,
  ) => Promise<Session>;
}

/**
 * Programs that share variables and files: each finds what those before it left on `globalThis`, declared at the top
 * level, and wrote to `fs`. Runs of one session wait for each other. Returned by `runtime.session`.
 */
export class Session {
  /** As given to `runtime.session`. */
  readonly id: string;
  /** Whose session it is, as given to `runtime.session`. */
  readonly user: string | undefined;
  /** The files that its programs see as `fs`. */
  readonly workspace: Workspace;
  readonly #parts: SessionParts;
  readonly #state: SessionState;
  readonly #turns = new Semaphore(1);
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

  /** How many programs have left something in the session. */
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

  /** The tool calls that the session waits for, where it was saved in the midst of a run; else an empty list. */
  async pending(): Promise<PendingCall[]> {
    return await this.#state.pending();
  }

  /**
   * Run one program, after those that were given before it. The result is that of `runtime.run`.
   * @throws CodecellError `config_error` for bad options, or when there is a run to resume; `aborted` when the session is
   * closed; `rate_limited` when another process is at work on the session for too long
   */
  async run(code: string, options: Omit<RunOptions, "user"> = {}): Promise<ExecutionResult> {
    this.#checkOpen();
    checkProgram(code);
    const limits = limitsOfRun(options.limits, this.#parts.vm.limits);
    return await this.#use(() =>
      this.#state.run({ source: code, limits }, (run) => this.#carryOut(run, options)),
    );
  }

  /**
   * Continue the run that the session was saved in the midst of. A call that it waits for is not made again: it returns
   * what `options.answers` has for it; without that it fails, since nobody knows whether it was carried out.
   * @throws CodecellError `config_error` when there is no such run, `not_serializable` for an answer that cannot be passed
   * to a program; else as {@link run}
   */
  async resume({ answers = {}, ...options }: ResumeOptions = {}): Promise<ExecutionResult> {
    this.#checkOpen();
    const known = encodeAnswers(answers);
    return await this.#use(() => this.#state.resume(known, (run) => this.#carryOut(run, options)));
  }

  /**
   * Forget everything: variables, timers, files, a run to resume.
   * @throws CodecellError `aborted` when the session is closed
   */
  async reset(): Promise<void> {
    this.#checkOpen();
    await this.#use(() => this.#state.reset());
  }

  /** End the session and delete what is stored of it. A program that is running ends first. */
  async close(): Promise<void> {
    await this.#end("the session is closed", () => this.#state.delete());
  }

  /**
   * The session as bytes, for `runtime.restore`: variables, timers and files; during a run also that run, with the calls
   * that it waits for.
   * @throws CodecellError `config_error` where the engine cannot save it, `aborted` when the session is closed
   */
  async snapshot(): Promise<Uint8Array> {
    this.#checkOpen();
    if (this.busy) return await this.#state.snapshot();
    await this.load();
    return await this.#use(() => this.#state.snapshot());
  }

  /**
   * Another session of the same user that begins as a copy of this one. A call that a run waits for is not made again:
   * both get its result.
   * @param id of the copy. Default: a random one
   * @throws CodecellError as {@link snapshot}; `config_error` when there is a session of that id; `quota_exceeded` when
   * there are too many
   */
  async fork(id?: string): Promise<Session> {
    const before = this.#state.host?.openAnswers ?? [];
    const bytes = await this.snapshot();
    const after = this.#state.host?.openAnswers ?? [];
    return await this.#parts.restore(bytes, id, new Map([...before, ...after]));
  }

  /** Load what other processes have stored. False when they have deleted the session. @internal */
  async load(): Promise<boolean> {
    return await this.#turns.run(() => this.#state.load());
  }

  /** Store the session as it is. @internal */
  async save(): Promise<void> {
    await this.#use(() => this.#state.save());
  }

  /** Leave the worker, if that loses nothing. @internal */
  async park(): Promise<void> {
    if (this.#closed === undefined) await this.#turns.run(() => this.#state.park()).catch(() => {});
  }

  /** End the session in this process; what is stored stays. @internal */
  async end(reason: string): Promise<void> {
    await this.#end(reason, async () => {});
  }

  async #end(reason: string, afterwards: () => Promise<void>): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#parts.onClose(this);
    await this.#use(async () => {
      await this.#state.end();
      await afterwards();
    });
  }

  async #carryOut(
    { source, limits, execute, context }: SessionRun,
    options: RunOptions,
  ): Promise<ExecutionResult> {
    return await this.#parts.runner.run({
      source,
      limits,
      caller: callerNamed(this.user),
      origin: { kind: "local" },
      options,
      run: execute,
      session: { id: this.id, ...context },
    });
  }

  /** Do `work` when it has its turn; the session was used then. */
  async #use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(work);
    } finally {
      this.#parts.onUse(this);
    }
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new CodecellError("aborted", this.#closed);
  }
}
