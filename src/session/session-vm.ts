import type { Limits } from "../core/limits.ts";
import type { Host, Outcome, SavedVm } from "../engine/engine.ts";
import { neverBegan } from "../engine/failed-outcome.ts";
import type { Place, RunRequest, VmLease } from "../placement/placement.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { SavedSession } from "./snapshot.ts";
import { describeLoss, leaseFailure, sessionFailure } from "./vm-failures.ts";

/** Idle for this long, a VM is saved, so that its worker's death costs nothing. */
const SAVE_AFTER_MS = 100;

export interface SessionVmOptions {
  readonly place: Place;
  /** Its memory cap is the VM's for good. */
  readonly limits: Limits;
  readonly seed?: string;
  readonly now?: number;
}

/**
 * One session's VM: at times in a worker, at times only data. What is in a worker can be lost; then the session goes
 * back to where it was last saved, and says so.
 */
export class SessionVm {
  readonly #options: SessionVmOptions;
  #lease: VmLease | undefined;
  #checkpoint: Checkpoint | undefined;
  #programs = 0;
  #names: ReadonlySet<string> = new Set();
  /** What was lost between runs; the next run reports it. */
  #loss: string | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #running = false;

  /** @param saved where to begin. Default: with a new VM */
  constructor(options: SessionVmOptions, saved?: SavedSession) {
    this.#options = options;
    if (saved?.vm === undefined) return;
    this.#programs = saved.programs;
    this.#names = new Set(saved.declared);
    this.#checkpoint = new Checkpoint(saved.vm, this.#programs, this.#names);
  }

  /** Programs that have left something here. */
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

  /**
   * Run a program in the VM. Where something of earlier programs was lost, the outcome says so: because this one ended
   * the VM, or because that happened meanwhile; then it is not run. Nor is it where the saved VM cannot be had again.
   */
  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    clearTimeout(this.#saveTimer);
    if (this.#loss !== undefined) return sessionFailure("worker_crashed", this.#takeLoss());
    const lease = await this.#place(signal).catch(leaseFailure);
    if ("ok" in lease) return lease;
    if (signal.aborted) return neverBegan();
    this.#running = true;
    const outcome = await lease.run(request, host, signal).finally(() => (this.#running = false));
    if (!outcome.clean) return await this.#endBy(outcome);
    if (outcome.declares === undefined) return outcome; // it was not run at all
    this.#programs++;
    this.#names = this.#names.union(new Set(outcome.declares));
    this.#saveTimer = setTimeout(() => void this.save().catch(() => {}), SAVE_AFTER_MS);
    this.#saveTimer.unref();
    return outcome;
  }

  async #endBy(outcome: Outcome): Promise<Outcome> {
    await this.#leave();
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
   * The VM as data, after its last program or in the midst of one; nothing when there was none.
   * @throws CodecellError where its engine cannot
   */
  async save(): Promise<SavedVm | undefined> {
    if (this.#lease === undefined || this.#isSaved()) return await this.#checkpoint?.vm();
    const [programs, names] = [this.#programs, this.#names];
    const vm = await this.#lease.save();
    if (!vm.running) this.#checkpoint = new Checkpoint(vm, programs, names);
    return vm;
  }

  /** What a snapshot holds of it. Throws like {@link save}. */
  async capture(): Promise<Omit<SavedSession, "run" | "files">> {
    const { limits, seed, now } = this.#options;
    const vm = await this.save();
    return {
      limits,
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      programs: this.#programs,
      declared: this.declared,
      ...(vm === undefined ? {} : { vm }),
    };
  }

  /** Leave the worker, with all that is in the VM. Throws like {@link save}, and then it stays. */
  async park(): Promise<void> {
    if (this.#lease === undefined || this.#running) return;
    await this.save();
    await this.#leave();
    await this.#checkpoint?.pack();
  }

  /** Leave the worker; the VM is not wanted any more. */
  async end(): Promise<void> {
    this.#checkpoint = undefined;
    this.#programs = 0;
    this.#names = new Set();
    this.#loss = undefined;
    await this.#leave();
  }

  #isSaved(): boolean {
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined || this.#running) return false;
    return checkpoint.programs === this.#programs && checkpoint.isComplete;
  }

  async #place(signal: AbortSignal): Promise<VmLease> {
    if (this.#lease !== undefined) return this.#lease;
    const { place, limits, seed, now } = this.#options;
    const saved = await this.#checkpoint?.vm();
    const keep = {
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      ...(saved === undefined ? {} : { saved }),
    };
    const lease = await place.lease(limits, keep, signal);
    this.#lease = lease;
    void lease.gone.then((detail) => this.#onGone(lease, detail));
    return lease;
  }

  #onGone(lease: VmLease, detail: string): void {
    if (this.#lease !== lease || this.#running) return;
    void this.#leave();
    if (!this.#isSaved()) this.#goBack(`its worker ended: ${detail}`);
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#saveTimer);
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.[Symbol.asyncDispose]();
  }

  /** To the last checkpoint, or to the beginning. */
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
