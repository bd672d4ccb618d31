import type { Bridge } from "./bridge.ts";
import { type Answer } from "./core/answer.ts";
import { decode } from "./core/decode.ts";
import { encode } from "./core/encode.ts";
import { CodecellError } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import { renderJson } from "./core/render.ts";
import type { ExecutionResult, JsonValue } from "./core/result.ts";
import type { ProgramRunner, RunOptions } from "./program-runner.ts";
import type { Backing, Visit } from "./session/backing.ts";
import { SessionVm, type SessionVmOptions } from "./session/session-vm.ts";
import {
  readSnapshot,
  type SavedRun,
  type SavedSession,
  writeSnapshot,
} from "./session/snapshot.ts";
import type { Workspace } from "./session/workspace.ts";

/** A tool call that a restored session waits for. */
export interface PendingCall {
  readonly id: number;
  /** `server.tool` as the program spelled it. */
  readonly tool: string;
  readonly args: JsonValue;
}

export interface ResumeOptions extends RunOptions {
  /** Results of pending calls by {@link PendingCall.id}, for those whose outcome is known. */
  readonly answers?: Readonly<Record<number, unknown>>;
}

/** What a session needs of those who hold it. */
export interface SessionParts {
  readonly id: string;
  readonly user: string | undefined;
  readonly runner: ProgramRunner;
  readonly vm: Omit<SessionVmOptions, "start">;
  readonly workspace: Workspace;
  /** Where the session's state is kept beyond this process, if anywhere. */
  readonly backing: Backing | undefined;
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
  #vm: SessionVm;
  #last: Promise<unknown> = Promise.resolve();
  /** The run at work. */
  #active: (SavedRun & { readonly bridge: Bridge }) | undefined;
  /** The run that the session was saved in the midst of. */
  #suspended: SavedRun | undefined;
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
    this.#vm = this.#load(saved);
  }

  #load(saved: SavedSession | undefined): SessionVm {
    const { vm } = this.#parts;
    if (saved !== undefined) this.workspace.load(saved.files);
    this.#suspended = saved?.run;
    if (saved?.vm === undefined) return new SessionVm(vm);
    const { programs, declared } = saved;
    return new SessionVm({ ...vm, start: { vm: saved.vm, programs, declared } });
  }

  /** Programs that have left something in it. */
  get programs(): number {
    return this.#vm.programs;
  }

  /** Names that its programs declared. */
  get declared(): readonly string[] {
    return this.#vm.declared;
  }

  /** Whether a run is at work, or waits to be. */
  get busy(): boolean {
    return this.#active !== undefined;
  }

  /** Whether it occupies a worker. */
  get placed(): boolean {
    return this.#vm.placed;
  }

  /** Calls that a session waits for which was saved in the midst of a run. Empty for all others. */
  async pending(): Promise<PendingCall[]> {
    if (this.#suspended === undefined) return [];
    const vm = await this.#vm.save();
    return (vm?.calls ?? [])
      .filter(({ kind }) => kind === "call")
      .map(({ id, server, tool, args }) => ({
        id,
        tool: server === "" ? tool : `${server}.${tool}`,
        args: renderJson(decode(args)),
      }));
  }

  /**
   * Run one program, after those that were given before it. As `runtime.run`, with the same result.
   * @throws CodecellError `config_error` for bad options, `aborted` when the session is closed
   */
  async run(code: string, options: Omit<RunOptions, "user"> = {}): Promise<ExecutionResult> {
    this.#check(code);
    const limits = this.#limitsOf(options);
    return await this.#queue(() => {
      if (this.#suspended !== undefined)
        throw new CodecellError("config_error", "the session was saved in the midst of a run", {
          hint: "Call resume() to go on with it, or reset() to give it up.",
        });
      return this.#visit(code, (visit) => this.#run(code, limits, options, visit));
    });
  }

  /**
   * Go on with the run that the session was saved in the midst of. A call that it waits for is not made again: it gets
   * its answer from `options.answers`, else it fails, since nobody knows whether it was carried out.
   * @throws CodecellError `config_error` when there is none
   */
  async resume({ answers = {}, ...options }: ResumeOptions = {}): Promise<ExecutionResult> {
    this.#check("");
    return await this.#queue(async () => {
      const suspended = this.#suspended;
      if (suspended === undefined)
        throw new CodecellError("config_error", "there is no run to resume");
      this.#suspended = undefined;
      const { source, limits, logs, calls } = suspended;
      const known = new Map<number, Answer | Promise<Answer>>(this.#answers);
      for (const [id, value] of Object.entries(answers)) known.set(Number(id), encode(value));
      return await this.#run(source, limits, options, undefined, { answers: known, logs, calls });
    });
  }

  /** Forget everything: variables, timers, files. */
  async reset(): Promise<void> {
    this.#check("");
    await this.#queue(async () => {
      await this.#vm.end();
      this.#vm = new SessionVm(this.#parts.vm);
      this.#suspended = undefined;
      this.workspace.clear();
      await this.#visit("", async () => {});
    });
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
    this.#check("");
    if (this.#active !== undefined) return await this.#bytes();
    return await this.#queue(() => this.#bytes());
  }

  /**
   * Another session that begins where this one is. Calls that a run waits for are not made again: both get the answer.
   * @param id default: a random one
   */
  async fork(id?: string): Promise<Session> {
    const answers = this.#active?.bridge.openAnswers ?? new Map<number, Promise<Answer>>();
    return await this.#parts.restore(await this.snapshot(), id, answers);
  }

  /** @internal Keep it in its store. */
  async keep(): Promise<void> {
    await this.#queue(() => this.#visit("", async () => {}));
  }

  /** @internal Leave the worker, if that loses nothing. */
  async park(): Promise<void> {
    if (this.#closed === undefined) await this.#queue(() => this.#vm.park()).catch(() => {});
  }

  /** @internal */
  async end(reason: string, forget: boolean): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#parts.onClose(this);
    await this.#queue(async () => {
      await this.#vm.end();
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
        options: { ...options, ...(this.user === undefined ? {} : { user: this.user }) },
        run: (request, host, signal) => this.#vm.run(request, host, signal),
        session: {
          id: this.id,
          workspace: this.workspace,
          declared: this.#vm.declared,
          ledger: visit?.ledger,
          resume,
          onBegin: (bridge) => {
            this.#active = { source, limits, logs: [], calls: [], bridge };
            if (visit !== undefined && visit.interrupted > 0)
              bridge.log({ level: "warn", text: interruption(visit.interrupted) });
          },
        },
      });
    } finally {
      this.#active = undefined;
    }
  }

  /** With a store: take what others made of the session meanwhile, and leave there what it has become. */
  async #visit<T>(source: string, work: (visit: Visit | undefined) => Promise<T>): Promise<T> {
    const { backing } = this.#parts;
    if (backing === undefined) return await work(undefined);
    await using visit = await backing.enter(source);
    if (visit.newer !== undefined) {
      await this.#vm.end();
      this.#vm = this.#load(await readSnapshot(visit.newer));
    }
    const result = await work(visit);
    await visit.save(await this.#bytes());
    return result;
  }

  async #bytes(): Promise<Uint8Array> {
    const { limits, seed, now } = this.#parts.vm;
    const active = this.#active;
    const vm = await this.#vm.save();
    const run = active === undefined ? this.#suspended : savedRun(active);
    return await writeSnapshot({
      limits,
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      programs: this.#vm.programs,
      declared: this.#vm.declared,
      ...(vm === undefined ? {} : { vm }),
      ...(run === undefined || vm?.running !== true ? {} : { run }),
      files: [...this.workspace.entries()],
    });
  }

  async #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    try {
      return await done;
    } finally {
      this.#parts.onUse(this);
    }
  }

  #check(code: unknown): void {
    if (this.#closed !== undefined) throw new CodecellError("aborted", this.#closed);
    if (typeof code !== "string")
      throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
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

function savedRun({ source, limits, bridge }: SavedRun & { readonly bridge: Bridge }): SavedRun {
  // A call without an end is made known again when its answer is there.
  const calls = bridge.calls.filter(({ ok, error }) => ok || error !== undefined);
  return { source, limits, logs: bridge.logs.entries(), calls: structuredClone(calls) };
}
