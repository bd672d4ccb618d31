import { type Answer } from "./core/answer.ts";
import { deepFreeze } from "./core/deep-freeze.ts";
import { encode } from "./core/encode.ts";
import { callerNamed } from "./core/caller.ts";
import { CodecellError } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import type { ExecutionResult } from "./core/result.ts";
import { checkProgram } from "./option-checks.ts";
import type { ProgramRunner, RunOptions } from "./program-runner.ts";
import {
  type ActiveRun,
  type PendingCall,
  SessionState,
  type StateParts,
} from "./session-state.ts";
import type { Visit } from "./session/backing.ts";
import type { SavedRun, SavedSession } from "./session/snapshot.ts";
import type { Workspace } from "./session/workspace.ts";

export interface ResumeOptions extends RunOptions {
  /** Results of pending calls by {@link PendingCall.id}, for those whose outcome is known. */
  readonly answers?: Readonly<Record<number, unknown>>;
}

/** What a session needs of those who hold it. */
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
    answers: ReadonlyMap<number, Promise<Answer>>,
  ) => Promise<Session>;
}

/**
 * Programs that find what those before them left: `globalThis` and what they declared at the top level. Runs of one
 * session wait for each other. Made by `runtime.session`.
 */
export class Session {
  readonly id: string;
  readonly user: string | undefined;
  /** The files that its programs see as `fs`. */
  readonly workspace: Workspace;
  readonly #parts: SessionParts;
  readonly #state: SessionState;
  #last: Promise<unknown> = Promise.resolve();
  /** The run at work. */
  #active: ActiveRun | undefined;
  #answers: ReadonlyMap<number, Promise<Answer>>;
  #closed: string | undefined;

  /** @internal */
  constructor(
    parts: SessionParts,
    saved?: SavedSession,
    answers: ReadonlyMap<number, Promise<Answer>> = new Map(),
  ) {
    this.#parts = parts;
    this.id = parts.id;
    this.user = parts.user;
    this.workspace = parts.workspace;
    this.#answers = answers;
    this.#state = new SessionState(parts, saved);
  }

  /** Programs that have left something in it. */
  get programs(): number {
    return this.#state.vm.programs;
  }

  /** Names that its programs declared. */
  get declared(): readonly string[] {
    return this.#state.vm.declared;
  }

  /** Whether a run is at work, or waits to be. */
  get busy(): boolean {
    return this.#active !== undefined;
  }

  /** Whether it occupies a worker. */
  get placed(): boolean {
    return this.#state.vm.placed;
  }

  /** Calls that a session waits for which was saved in the midst of a run. Empty for all others. */
  async pending(): Promise<PendingCall[]> {
    return await this.#state.pending();
  }

  /**
   * Run one program, after those that were given before it. As `runtime.run`, with the same result.
   * @throws CodecellError `config_error` for bad options, `aborted` when the session is closed
   */
  async run(code: string, options: Omit<RunOptions, "user"> = {}): Promise<ExecutionResult> {
    this.#checkOpen();
    checkProgram(code);
    const limits = this.#limitsOf(options);
    return await this.#queue(() => {
      if (this.#state.suspended !== undefined)
        throw new CodecellError("config_error", "the session was saved in the midst of a run", {
          hint: "Call resume() to go on with it, or reset() to give it up.",
        });
      const run = (visit?: Visit): Promise<ExecutionResult> =>
        this.#run(code, limits, options, visit);
      return this.#state.visit(code, run, withWarning);
    });
  }

  /**
   * Go on with the run that the session was saved in the midst of. A call that it waits for is not made again: it gets
   * its answer from `options.answers`, else it fails, since nobody knows whether it was carried out.
   * @throws CodecellError `config_error` when there is none
   */
  async resume({ answers = {}, ...options }: ResumeOptions = {}): Promise<ExecutionResult> {
    this.#checkOpen();
    const known = new Map<number, Answer | Promise<Answer>>(this.#answers);
    for (const [id, value] of Object.entries(answers)) known.set(Number(id), encode(value));
    const resume = async (visit?: Visit): Promise<ExecutionResult> => {
      const { suspended } = this.#state;
      if (suspended === undefined)
        throw new CodecellError("config_error", "there is no run to resume");
      this.#state.suspended = undefined;
      const { source, limits, logs, calls } = suspended;
      return await this.#run(source, limits, options, visit, { answers: known, logs, calls });
    };
    return await this.#queue(() =>
      this.#state.visit(this.#state.suspended?.source ?? "", resume, withWarning),
    );
  }

  /** Forget everything: variables, timers, files. */
  async reset(): Promise<void> {
    this.#checkOpen();
    await this.#queue(() => this.#state.visit("", () => this.#state.become()));
  }

  /** End the session: what it holds is gone, in its store too. What is running is finished first. */
  async close(): Promise<void> {
    await this.end("the session is closed", true);
  }

  /**
   * All that the session is, as bytes: variables, timers, files; during a run also that, with the calls it waits for.
   * @throws CodecellError `config_error` where the engine cannot
   */
  async snapshot(): Promise<Uint8Array> {
    this.#checkOpen();
    if (this.#active !== undefined) return await this.#state.bytes(this.#active);
    await this.refresh();
    return await this.#queue(() => this.#state.bytes(this.#active));
  }

  /**
   * Another session that begins where this one is. Calls that a run waits for are not made again: both get the answer.
   * @param id default: a random one
   */
  async fork(id?: string): Promise<Session> {
    const before = this.#active?.bridge.openAnswers ?? [];
    const bytes = await this.snapshot();
    const after = this.#active?.bridge.openAnswers ?? [];
    return await this.#parts.restore(bytes, id, new Map([...before, ...after]));
  }

  /** @internal Take what other processes have made of it. False when it is gone. */
  async refresh(): Promise<boolean> {
    return await this.#inTurn(() => this.#state.refresh());
  }

  /** @internal Keep it in its store. */
  async keep(): Promise<void> {
    await this.#queue(() => this.#state.visit("", async () => {}));
  }

  /** @internal Leave the worker, if that loses nothing. */
  async park(): Promise<void> {
    if (this.#closed === undefined) await this.#inTurn(() => this.#state.vm.park()).catch(() => {});
  }

  /** @internal */
  async end(reason: string, forget: boolean): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#parts.onClose(this);
    await this.#queue(async () => {
      await this.#state.vm.end();
      if (forget) await this.#parts.backing?.forget();
    });
  }

  async #run(
    source: string,
    limits: Limits,
    options: RunOptions,
    visit: Visit | undefined,
    resume?: { answers: ReadonlyMap<number, Answer | Promise<Answer>> } & Pick<
      SavedRun,
      "logs" | "calls"
    >,
  ): Promise<ExecutionResult> {
    try {
      return await this.#parts.runner.run({
        source,
        limits,
        caller: callerNamed(this.user),
        origin: { kind: "local" },
        options,
        run: (request, host, signal) => this.#state.vm.run(request, host, signal),
        session: {
          id: this.id,
          workspace: this.workspace,
          declared: this.#state.vm.declared,
          ledger: visit?.ledger,
          resume,
          onBegin: (bridge) => {
            this.#active = { source, limits, bridge };
            if (visit !== undefined && visit.interrupted > 0)
              bridge.log({ level: "warn", text: interruption(visit.interrupted) });
          },
        },
      });
    } finally {
      this.#active = undefined;
    }
  }

  /** Do it when what was asked before is done; the session is used by that. */
  async #queue<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#inTurn(work);
    } finally {
      this.#parts.onUse(this);
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return await done;
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new CodecellError("aborted", this.#closed);
  }

  #limitsOf({ limits }: Pick<RunOptions, "limits">): Limits {
    const own = this.#parts.vm.limits;
    const resolved = resolveLimits(limits, own);
    if (resolved.memoryMb === own.memoryMb) return resolved;
    throw new CodecellError(
      "config_error",
      `limits.memoryMb of this run is ${resolved.memoryMb}; a session has the memory it was opened with, ${own.memoryMb}`,
    );
  }
}

function interruption(calls: number): string {
  const which =
    calls === 1 ? "the call that it had made stands" : `the ${calls} calls that it had made stand`;
  return `codecell: another program of this session was cut short when its host ended; ${which}`;
}

/** What the program did and answered is worth more than where the session is kept. */
function withWarning(result: ExecutionResult, { message }: CodecellError): ExecutionResult {
  const text = `codecell: the session could not be put into its store: ${message}`;
  return deepFreeze({ ...result, logs: [...result.logs, { level: "warn" as const, text }] });
}
