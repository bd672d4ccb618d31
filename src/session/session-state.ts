import { CodecellError } from "../core/errors.ts";
import type { ExecutionResult } from "../core/result.ts";
import type { Workspace } from "../files/workspace.ts";
import {
  interruption,
  type KnownAnswers,
  notResumed,
  type PendingCall,
  pendingCalls,
  type ResumedRun,
  RunCapture,
  type RunHost,
  type RunWork,
  type SessionProgram,
  withWarning,
} from "./session-run.ts";
import { SessionVm, type SessionVmOptions } from "./session-vm.ts";
import { type SavedRun, type SavedSession, writeSnapshot } from "./snapshot.ts";
import type { StateParts } from "./state-parts.ts";
import { StoredCopy } from "./stored-copy.ts";

/**
 * All that a session is in this process: its VM, its files, a run that waits to be resumed, and the stored version that
 * they come from. Nothing else changes them. The caller does one thing at a time.
 */
export class SessionState {
  readonly #options: SessionVmOptions;
  readonly #workspace: Workspace;
  readonly #stored: StoredCopy;
  #vm: SessionVm;
  /** The run that the session was saved in the midst of. */
  #suspended: SavedRun | undefined;
  /** Answers that it waits for. */
  #answers: KnownAnswers;
  /** The run at work. */
  #active: { readonly program: SessionProgram; readonly host: RunHost } | undefined;
  /** What {@link suspend} saved, until the run has ended here. */
  #left: SavedSession | undefined;

  constructor({ vm, workspace, record, start }: StateParts) {
    this.#options = vm;
    this.#workspace = workspace;
    const capture = (): Promise<SavedSession> => this.#capture();
    const restore = (saved?: SavedSession): Promise<void> => this.#restore(saved);
    this.#stored = new StoredCopy({ capture, restore }, record, start?.version);
    this.#answers = start?.answers ?? new Map();
    this.#vm = this.#open(start?.saved);
  }

  /** Programs that have left something in it. */
  get programs(): number {
    return this.#vm.programs;
  }

  /** Names that they declared. */
  get declared(): readonly string[] {
    return this.#vm.declared;
  }

  /** Whether it occupies a worker. */
  get placed(): boolean {
    return this.#vm.placed;
  }

  /** The host of the run at work, if there is one. */
  get host(): RunHost | undefined {
    return this.#active?.host;
  }

  /**
   * Do `work` as a new run: with the lock, on what other processes have stored; then store what became of it.
   * @throws CodecellError `config_error` when there is a run to resume
   */
  async run(program: SessionProgram, work: RunWork): Promise<ExecutionResult> {
    return await this.#stored.update(async () => {
      if (this.#suspended !== undefined) throw notResumed();
      return await this.#carryOut(program, work);
    }, withWarning);
  }

  /**
   * The same with the suspended run.
   * @throws CodecellError `config_error` when there is none
   */
  async resume(answers: KnownAnswers, work: RunWork): Promise<ExecutionResult> {
    return await this.#stored.update(async () => {
      if (this.#suspended === undefined)
        throw new CodecellError("config_error", "there is no run to resume");
      const { source, limits, logs, calls } = this.#suspended;
      const known = new Map([...this.#answers, ...answers]);
      return await this.#carryOut({ source, limits }, work, { logs, calls, answers: known });
    }, withWarning);
  }

  /**
   * Let the run at work wait without the lock: it is saved as it is now, and the lock is released. It must begin no more
   * calls, and be ended here: what it still does is lost. {@link resume} goes on with it, in this process or another.
   */
  async suspend(): Promise<void> {
    const saved = await this.#capture();
    if (saved.run === undefined) throw new CodecellError("internal", "no run is at work");
    await this.#stored.release(saved);
    this.#left = saved;
  }

  /** Forget everything: variables, timers, files, a suspended run. */
  async reset(): Promise<void> {
    await this.#stored.update(() => this.#restore());
  }

  /** Store it as it is. */
  async save(): Promise<void> {
    await this.#stored.update(async () => {});
  }

  /** Take what other processes have stored. False when they have deleted it. */
  async load(): Promise<boolean> {
    return await this.#stored.load();
  }

  /** As bytes; with the run at work, if there is one. */
  async snapshot(): Promise<Uint8Array> {
    return await writeSnapshot(await this.#capture());
  }

  /** Calls that the suspended run waits for. */
  async pending(): Promise<PendingCall[]> {
    return this.#suspended === undefined ? [] : pendingCalls(await this.#vm.save());
  }

  /** Leave the worker, if that loses nothing. */
  async park(): Promise<void> {
    await this.#vm.park();
  }

  /** End the VM. What is stored stays. */
  async end(): Promise<void> {
    await this.#vm.end();
  }

  /** Delete what is stored. */
  async delete(): Promise<void> {
    await this.#stored.delete();
  }

  async #carryOut(
    program: SessionProgram,
    work: RunWork,
    resume?: ResumedRun,
  ): Promise<ExecutionResult> {
    const journal = await this.#stored.openJournal(program.source);
    this.#suspended = undefined;
    const onBegin = (host: RunHost): void => {
      this.#active = { program, host };
      if (journal !== undefined && journal.interrupted > 0)
        host.log(interruption(journal.interrupted));
    };
    const [workspace, declared] = [this.#workspace, this.declared];
    try {
      return await work({
        ...program,
        execute: (request, host, signal) => this.#vm.run(request, host, signal),
        context: { workspace, declared, journal, resume, onBegin },
      });
    } finally {
      this.#active = undefined;
      if (this.#left !== undefined) await this.#restore(this.#left);
      this.#left = undefined;
    }
  }

  async #capture(): Promise<SavedSession> {
    const active = this.#active && new RunCapture(this.#active.program, this.#active.host);
    const facts = await this.#vm.capture();
    const { vm } = facts;
    const run = vm?.running === true ? (active?.finish(vm) ?? this.#suspended) : undefined;
    return {
      ...facts,
      ...(run === undefined ? {} : { run }),
      files: [...this.#workspace.entries()],
    };
  }

  /** Become what was saved; without it, what a new session is. */
  async #restore(saved?: SavedSession): Promise<void> {
    await this.#vm.end();
    this.#workspace.clear();
    this.#answers = new Map();
    this.#vm = this.#open(saved);
  }

  #open(saved: SavedSession | undefined): SessionVm {
    if (saved !== undefined) this.#workspace.load(saved.files);
    this.#suspended = saved?.run;
    return new SessionVm(this.#options, saved);
  }
}
