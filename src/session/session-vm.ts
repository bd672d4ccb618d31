import { outsideRuns } from "../core/async-context.ts";
import type { Limits } from "../core/limits.ts";
import type { Host, Outcome, SavedVm } from "../engine/engine.ts";
import { neverBegan } from "../engine/failed-outcome.ts";
import type { Place, RunRequest, VmLease } from "../placement/placement.ts";
import { warnOf } from "../run/dispose-object.ts";
import { EndedHandles } from "../run/ended-handles.ts";
import { Handles } from "../run/handles.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { SavedSession } from "./saved-session.ts";
import { describeLoss, hasHandles, leaseFailure, sessionFailure } from "./vm-failures.ts";

/** After this idle time a VM is saved, so that nothing is lost when its worker dies. */
const SAVE_AFTER_MS = 100;

export interface SessionVmOptions {
  readonly place: Place;
  /** Caps of the session. `memoryMb` is the fixed cap of the VM. */
  readonly limits: Limits;
  readonly timeZone: string;
  readonly seed?: string;
  readonly now?: number;
}

/**
 * The VM of a session, either in a worker or only as data. If the worker is lost, the session returns to its last saved state
 * and reports the loss.
 */
export class SessionVm {
  readonly #options: SessionVmOptions;
  #lease: VmLease | undefined;
  #checkpoint: Checkpoint | undefined;
  #programs = 0;
  #names: ReadonlySet<string> = new Set();
  /** Description of a loss between runs; the next run reports it. */
  #loss: string | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #running = false;
  readonly #endedHandles = new EndedHandles();
  #handles = new Handles("session", this.#endedHandles);

  readonly #onLost: () => void;

  /**
   * @param saved the state to begin with, by default a new VM
   * @param onLost called when the VM was lost between runs
   */
  constructor(options: SessionVmOptions, saved?: SavedSession, onLost: () => void = () => {}) {
    this.#options = options;
    this.#onLost = onLost;
    if (saved?.vm === undefined) return;
    this.#programs = saved.programs;
    this.#names = new Set(saved.declared);
    this.#checkpoint = new Checkpoint(saved.vm, this.#programs, this.#names);
  }

  /** Number of programs that have run here. */
  get programs(): number {
    return this.#programs;
  }

  /** Names that they declared. */
  get declared(): readonly string[] {
    return [...this.#names];
  }

  /** Whether it occupies a worker. */
  get placed(): boolean {
    return this.#lease !== undefined;
  }

  /** Objects with methods that programs have in the VM. While there are any it is not saved, and stays where it is. */
  get handles(): Handles {
    return this.#handles;
  }

  /**
   * Runs a program in the VM. The outcome reports a loss of earlier programs' state: either this program ended the VM, or the
   * VM was lost before; then the program is not run. It is not run either where the saved VM cannot be restored.
   */
  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    clearTimeout(this.#saveTimer);
    if (this.#loss !== undefined) return sessionFailure("worker_crashed", this.#takeLoss());
    const lease = await this.#place(signal, request.user).catch(leaseFailure);
    if ("ok" in lease) return lease;
    if (signal.aborted) return neverBegan();
    this.#running = true;
    const outcome = await lease.run(request, host, signal).finally(() => (this.#running = false));
    if (!outcome.clean) return await this.#endBy(outcome);
    if (outcome.declares === undefined) return outcome; // the program was not run
    this.#programs++;
    this.#names = this.#names.union(new Set(outcome.declares));
    const save = (): void => void this.save().catch(() => {});
    this.#saveTimer = outsideRuns(() => setTimeout(save, SAVE_AFTER_MS).unref());
    return outcome;
  }

  async #endBy(outcome: Outcome): Promise<Outcome> {
    const why = outcome.ok
      ? "its session's VM ended"
      : `its session's VM ended: ${outcome.error.message}`;
    await Promise.all([this.#endHandles(why), this.#leave(why)]);
    if (outcome.ok) return outcome;
    const { error } = outcome;
    this.#goBack(error.message);
    const hint = [error.hint, this.#takeLoss()].filter((part) => part !== undefined).join(" ");
    return { ...outcome, error: { ...error, hint } };
  }

  #takeLoss(): string {
    const loss = this.#loss ?? "";
    this.#loss = undefined;
    return loss;
  }

  /**
   * Returns the VM as data, after its last program or during one; `undefined` before the first.
   * @throws CodecellError `not_serializable` while it has objects of the host; where its engine cannot save it
   */
  async save(): Promise<SavedVm | undefined> {
    if (this.#lease === undefined || this.#isSaved()) return await this.#checkpoint?.vm();
    this.#checkHandles();
    const [programs, names] = [this.#programs, this.#names];
    const vm = await this.#lease.save();
    this.#checkHandles(); // a running program may have got one meanwhile
    if (!vm.running) this.#checkpoint = new Checkpoint(vm, programs, names);
    return vm;
  }

  #checkHandles(): void {
    if (this.#handles.size > 0) throw hasHandles(this.#handles.labels);
  }

  /** The VM's part of a snapshot. Throws like {@link save}. */
  async capture(): Promise<Omit<SavedSession, "run" | "files">> {
    const { limits, timeZone, seed, now } = this.#options;
    const vm = await this.save();
    return {
      limits,
      timeZone,
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      programs: this.#programs,
      declared: this.declared,
      ...(vm === undefined ? {} : { vm }),
    };
  }

  /** Saves the VM and leaves the worker. Throws like {@link save}; then the VM stays in the worker. */
  async park(): Promise<void> {
    if (this.#lease === undefined || this.#running) return;
    await this.save();
    await this.#leave("its session left its worker");
    await this.#checkpoint?.pack();
  }

  /** Leaves the worker and drops the VM. */
  async end(): Promise<void> {
    this.#checkpoint = undefined;
    this.#programs = 0;
    this.#names = new Set();
    this.#loss = undefined;
    await this.#leave("its session is over");
  }

  #isSaved(): boolean {
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined || this.#running) return false;
    return checkpoint.programs === this.#programs && checkpoint.isComplete;
  }

  async #place(signal: AbortSignal, user: string | undefined): Promise<VmLease> {
    if (this.#lease !== undefined) return this.#lease;
    const { place, limits, seed, now } = this.#options;
    const saved = await this.#checkpoint?.vm();
    const keep = {
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      ...(saved === undefined ? {} : { saved }),
    };
    const lease = await place.lease(limits, keep, signal, user);
    this.#lease = lease;
    outsideRuns(() => void lease.gone.then((detail) => this.#onGone(lease, detail)));
    return lease;
  }

  #onGone(lease: VmLease, detail: string): void {
    if (this.#lease !== lease || this.#running) return;
    void this.#leave(`its session's worker ended: ${detail}`);
    if (!this.#isSaved()) this.#goBack(`its worker ended: ${detail}`);
    this.#onLost();
  }

  async #leave(why: string): Promise<void> {
    clearTimeout(this.#saveTimer);
    const lease = this.#lease;
    this.#lease = undefined;
    const objects = this.#handles.size === 0 ? undefined : this.#endHandles(why);
    await Promise.all([lease?.[Symbol.asyncDispose](), objects]);
  }

  /** A run that is still at work gets no more of them; the next VM has its own. */
  async #endHandles(why: string): Promise<void> {
    const handles = this.#handles;
    this.#handles = new Handles("session", this.#endedHandles);
    warnOf(await handles.end(why));
  }

  /** Returns to the last checkpoint, or to a new VM. */
  #goBack(reason: string): void {
    const { programs, names } = this.#checkpoint ?? { programs: 0, names: new Set<string>() };
    this.#loss = describeLoss({
      reason,
      lost: this.#programs - programs,
      names: [...this.#names.difference(names)],
      kept: programs,
    });
    this.#programs = programs;
    this.#names = names;
  }
}
