import { CodecellError } from "../core/errors.ts";
import type { ExecutionResult } from "../core/result.ts";
import { neverBegan } from "../engine/failed-outcome.ts";
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
  type SessionRun,
  withWarning,
} from "./session-run.ts";
import { SessionVm, type SessionVmOptions } from "./session-vm.ts";
import type { SavedRun, SavedSession } from "./saved-session.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { StateParts } from "./state-parts.ts";
import { StoredCopy } from "./stored-copy.ts";

/**
 * The state of a session in this process: its VM, its files, a run that waits to be resumed, and the stored version that
 * they come from. Nothing else changes them. The caller makes one call at a time.
 */
export class SessionState {
  readonly #options: SessionVmOptions;
  readonly #workspace: Workspace;
  readonly #stored: StoredCopy;
  #vm: SessionVm;
  /** The run that was active when the session was saved. */
  #suspended: SavedRun | undefined;
  /** Answers for which it waits. */
  #answers: KnownAnswers;
  /** The active run. */
  #active: { readonly program: SessionProgram; readonly host: RunHost } | undefined;
  /** The state that {@link suspend} saved, until the run has ended here. */
  #left: SavedSession | undefined;

  constructor({ vm, workspace, record, readStored, start }: StateParts) {
    this.#options = vm;
    this.#workspace = workspace;
    const capture = (): Promise<SavedSession> => this.#capture();
    const restore = (saved?: SavedSession): Promise<void> => this.#restore(saved);
    const isPinned = (): boolean => this.pinned;
    const original = { capture, restore, readStored, isPinned };
    this.#stored = new StoredCopy(original, record, start?.version);
    this.#answers = start?.answers ?? new Map();
    this.#vm = this.#open(start?.saved);
  }

  /** Number of programs that have run in it. */
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

  /** Whether it has objects of this host, and so stays with its worker. */
  get pinned(): boolean {
    return this.#vm.handles.size > 0;
  }

  /** The host of the active run, if there is one. */
  get host(): RunHost | undefined {
    return this.#active?.host;
  }

  /**
   * Does `work` as a new run: locks the session, loads what other processes have stored, and stores the new state.
   * @param waits aborting it ends the wait for the lock
   * @throws CodecellError `config_error` when there is a run to resume; the reason of the signal
   */
  async run(program: SessionProgram, work: RunWork, waits: AbortSignal): Promise<ExecutionResult> {
    const run = async (): Promise<ExecutionResult> => {
      if (this.#suspended !== undefined) throw notResumed();
      return await this.#carryOut(program, work);
    };
    return await this.#stored.update(run, waits, withWarning);
  }

  /** The program as a run that is over before it begins: nothing of the session is used for it. */
  notBegun(program: SessionProgram): SessionRun {
    const nothing = { journal: undefined, resume: undefined, onBegin: () => {} };
    const context = { ...this.#shared, ...nothing };
    return { ...program, execute: async () => neverBegan(), context };
  }

  /**
   * Does `work` as the rest of the suspended run, in the same way as {@link run}.
   * @throws CodecellError `config_error` when there is none
   */
  async resume(answers: KnownAnswers, work: RunWork, waits: AbortSignal): Promise<ExecutionResult> {
    const resume = async (): Promise<ExecutionResult> => {
      if (this.#suspended === undefined)
        throw new CodecellError("config_error", "there is no run to resume");
      const { source, limits, logs, calls } = this.#suspended;
      const known = new Map([...this.#answers, ...answers]);
      return await this.#carryOut({ source, limits }, work, { logs, calls, answers: known });
    };
    return await this.#stored.update(resume, waits, withWarning);
  }

  /**
   * Lets the active run wait without the lock: saves its current state and releases the lock. The run must begin no more calls
   * and must be ended here: its later effects are lost. {@link resume} continues it, in this process or another.
   */
  async suspend(): Promise<void> {
    const saved = await this.#capture();
    if (saved.run === undefined) throw new CodecellError("internal", "no run is at work");
    this.#left = saved; // before the first wait: the run can end while the state is stored
    try {
      await this.#stored.release(saved);
    } catch (error) {
      this.#left = undefined;
      throw error;
    }
  }

  /** Deletes everything: variables, timers, files, a suspended run. */
  async reset(waits: AbortSignal): Promise<void> {
    await this.#stored.update(() => this.#restore(), waits);
  }

  /** Stores the current state. */
  async save(waits: AbortSignal): Promise<void> {
    await this.#stored.update(async () => {}, waits);
  }

  /** Loads what other processes have stored. Returns false when they have deleted the session. */
  async load(): Promise<boolean> {
    return await this.#stored.load();
  }

  /** Returns the session as bytes, with the active run, if there is one. */
  async snapshot(): Promise<Uint8Array> {
    return await writeSnapshot(await this.#capture());
  }

  /** Calls that the suspended run waits for. */
  async pending(): Promise<PendingCall[]> {
    return this.#suspended === undefined ? [] : pendingCalls(await this.#vm.save());
  }

  /** Leaves the worker, if nothing is lost by that. */
  async park(): Promise<void> {
    await this.#vm.park();
  }

  /** Ends the VM. The stored session stays. */
  async end(): Promise<void> {
    await this.#vm.end();
    await this.#stored.unlock();
  }

  /** Deletes the stored session. */
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
    const shared = this.#shared;
    try {
      return await work({
        ...program,
        execute: (request, host, signal) => this.#vm.run(request, host, signal),
        context: { ...shared, journal, resume, onBegin },
      });
    } finally {
      this.#active = undefined;
      if (this.#left !== undefined) await this.#restore(this.#left);
      this.#left = undefined;
    }
  }

  /** What programs of the session have together. */
  get #shared(): Pick<SessionRun["context"], "workspace" | "declared" | "handles"> {
    return { workspace: this.#workspace, declared: this.declared, handles: this.#vm.handles };
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

  /** Restores a saved session; without one, the state of a new session. */
  async #restore(saved?: SavedSession): Promise<void> {
    await this.#vm.end();
    this.#workspace.clear();
    this.#answers = new Map();
    this.#vm = this.#open(saved);
  }

  #open(saved: SavedSession | undefined): SessionVm {
    if (saved !== undefined) this.#workspace.load(saved.files);
    this.#suspended = saved?.run;
    return new SessionVm(this.#options, saved, () => void this.#stored.unlock());
  }
}
