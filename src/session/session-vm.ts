import { CodecellError, type ErrorCode } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Host, Outcome, SavedVm } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import { compress, decompress } from "./compress.ts";
import { neverBegan } from "../placement/never-began.ts";
import type { Place, RunRequest, VmLease } from "../placement/placement.ts";

/** Idle for this long, a VM is saved, so that its worker's death costs nothing. */
const SAVE_AFTER_MS = 100;

export interface SessionVmOptions {
  readonly place: Place;
  /** Its memory cap is the VM's for good. */
  readonly limits: Limits;
  readonly seed?: string;
  readonly now?: number;
  /** Where to begin. Default: with a new VM. */
  readonly start?: {
    readonly vm: SavedVm;
    readonly programs: number;
    readonly declared: readonly string[];
  };
}

/** A VM as it was after some programs. */
interface Checkpoint {
  readonly vm: SavedVm;
  /** The image, compressed, where the VM's own is empty for that. */
  readonly packed?: Uint8Array;
  readonly programs: number;
  readonly names: ReadonlySet<string>;
}

/**
 * One session's VM: at times in a worker, at times only data. What is in a worker can be lost; then the session goes
 * back to where it was last saved, and says so.
 */
export class SessionVm {
  readonly #options: SessionVmOptions;
  #lease: VmLease | undefined;
  #checkpoint: Checkpoint | undefined;
  #programs: number;
  #names: Set<string>;
  /** What was lost while nobody looked. */
  #loss: string | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(options: SessionVmOptions) {
    this.#options = options;
    const { start } = options;
    this.#programs = start?.programs ?? 0;
    this.#names = new Set(start?.declared);
    if (start !== undefined)
      this.#checkpoint = { vm: start.vm, programs: start.programs, names: new Set(this.#names) };
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
    if (this.#loss !== undefined) return unable("worker_crashed", this.#takeLoss());
    const lease = await this.#place(signal).catch(refusal);
    if ("ok" in lease) return lease;
    if (signal.aborted) return neverBegan();
    this.#running = true;
    const outcome = await lease.run(request, host, signal).finally(() => (this.#running = false));
    if (!outcome.clean) return await this.#endBy(outcome);
    if (outcome.declares === undefined) return outcome; // it was not run at all
    this.#programs++;
    for (const name of outcome.declares) this.#names.add(name);
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
    if (this.#lease === undefined || this.#isSaved()) return await this.#saved();
    const [programs, names] = [this.#programs, new Set(this.#names)];
    const vm = await this.#lease.save();
    if (!vm.running) this.#checkpoint = { vm, programs, names };
    return vm;
  }

  /** Leave the worker, with all that is in the VM. Throws like {@link save}, and then it stays. */
  async park(): Promise<void> {
    if (this.#lease === undefined || this.#running) return;
    await this.save();
    await this.#leave();
    await this.#pack();
  }

  /** A session that nobody uses should cost little. */
  async #pack(): Promise<void> {
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined || checkpoint.packed !== undefined) return;
    const packed = await compress(checkpoint.vm.image);
    this.#checkpoint = { ...checkpoint, vm: { ...checkpoint.vm, image: new Uint8Array() }, packed };
  }

  async #saved(): Promise<SavedVm | undefined> {
    if (this.#checkpoint === undefined) return undefined;
    const { vm, packed } = this.#checkpoint;
    return packed === undefined ? vm : { ...vm, image: await decompress(packed) };
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
    const { programs, vm } = this.#checkpoint ?? {};
    // One that was taken while a call was still open lacks its answer.
    return !this.#running && programs === this.#programs && vm?.calls.length === 0;
  }

  async #place(signal: AbortSignal): Promise<VmLease> {
    if (this.#lease !== undefined) return this.#lease;
    const { place, limits, seed, now } = this.#options;
    const saved = await this.#saved();
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
    const lost = [...this.#names].filter((name) => !names.has(name));
    const count = this.#programs - programs;
    this.#loss = describeLoss(reason, { count, lost, programs });
    this.#programs = programs;
    this.#names = new Set(names);
  }
}

function unable(code: ErrorCode, message: string, hint?: string): Outcome {
  const error = { code, name: "SessionError", message, ...(hint === undefined ? {} : { hint }) };
  return failedOutcome(error, true);
}

/** The saved VM stays as it is: what cannot read it here may be another engine or version. */
function refusal(error: unknown): Outcome {
  if (!CodecellError.is(error)) throw error;
  return unable(error.code, error.message, error.hint);
}

interface Loss {
  /** Programs whose effect is gone. */
  readonly count: number;
  readonly lost: readonly string[];
  /** Programs whose effect is still there. */
  readonly programs: number;
}

function describeLoss(reason: string, { count, lost, programs }: Loss): string {
  const state =
    programs === 0 ? "The session begins anew" : `The session is as after its program ${programs}`;
  const names = lost.length === 0 ? "" : ` (${lost.slice(0, 20).join(", ")})`;
  const what =
    count === 0
      ? "nothing of earlier programs was lost"
      : `what ${count === 1 ? "one program" : `${count} programs`} left in memory is lost${names}`;
  return `${state}: ${reason}; ${what}. Its files are kept.`;
}
