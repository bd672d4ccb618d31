import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Host, KeepOptions, Outcome, SavedVm } from "../engine/engine.ts";

/** One run, as plain data. */
export interface RunRequest {
  /** The program's text as the caller gave it. It is compiled where it runs, because compiling it can be made to hang. */
  readonly source: string;
  readonly limits: Limits;
  readonly names: NameTable;
  /** In a leased VM: go on with the run of `source` that was at work when the VM was saved. Default: start it. */
  readonly resume?: boolean;
}

/** An engine somewhere: in this process, in a thread, in a process of its own. */
export interface Place extends AsyncDisposable {
  /** The word for `usage.placement`. */
  readonly name: string;
  /** Throws CodecellError `config_error` for limits of a run that this place cannot keep. */
  check?(limits: Limits): void;
  /** Run to the end. Resolves whatever the program does, and when the place dies of it. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /**
   * A VM of one's own, for one run after the other.
   * @throws CodecellError when the engine keeps nothing between runs, or cannot have the saved VM again
   */
  lease(limits: Limits, keep: KeepOptions, signal: AbortSignal): Promise<VmLease>;
  /** Called when runs wait for a worker and none is free: whoever leases a VM and does not need it should end that. */
  onPressure: (() => void) | undefined;
  /** Runs and leases that wait for a worker, and none is being started for them. */
  readonly waiting: number;
}

/** A VM at a place, held until it is disposed of. */
export interface VmLease extends AsyncDisposable {
  /** As {@link Place.run}; one at a time. After an outcome that is not clean the VM is gone. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /** What it takes to have the VM again elsewhere; also during a run. Throws CodecellError where there is no way. */
  save(): Promise<SavedVm>;
  /** Settles when the VM is gone, with how that came about. */
  readonly gone: Promise<string>;
}
