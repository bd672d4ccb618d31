import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Host, KeepOptions, Outcome, SavedVm } from "../engine/engine.ts";

/** One run, as plain data. */
export interface RunRequest {
  /** The program's text as the caller gave it. It is compiled where it runs, because hostile text can make the compiler hang. */
  readonly source: string;
  readonly limits: Limits;
  readonly names: NameTable;
  /**
   * The time zone of its local times, an IANA name.
   * @default "UTC"
   */
  readonly timeZone?: string | undefined;
  /**
   * Who the program runs for.
   * @default no user; all runs without one count as runs of one
   */
  readonly user?: string | undefined;
  /**
   * In a leased VM: continue the run of `source` that was active when the VM was saved.
   * @default false: start a new run
   */
  readonly resume?: boolean;
}

/** Runs programs with an engine in this process, in a thread, or in another process. */
export interface Place extends AsyncDisposable {
  /** Name of the placement, for `usage.placement`. */
  readonly name: string;
  /** @throws CodecellError `config_error` for limits of a run that this place cannot enforce */
  check?(limits: Limits): void;
  /** Runs a program to its end. Resolves whatever the program does, also when its worker dies. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /**
   * Leases a VM for several runs, one after the other.
   * @param user who the programs run for
   * @throws CodecellError when the engine has no sessions, or cannot restore the saved VM
   */
  lease(
    limits: Limits,
    keep: KeepOptions,
    signal: AbortSignal,
    user: string | undefined,
  ): Promise<VmLease>;
  /** Called when runs wait for a worker and none is free: the holder of an unused lease should end it. */
  onPressure: (() => void) | undefined;
  /** Number of runs and leases that wait for a worker while none is being started for them. */
  readonly waiting: number;
  /** Whether one of them may have a worker that `user` holds and does not use, so that users hold about as many. */
  mayTakeFrom(user: string | undefined): boolean;
}

/** A VM at a place, held until it is disposed of. */
export interface VmLease extends AsyncDisposable {
  /** Like {@link Place.run}; one run at a time. After an outcome that is not clean the VM is lost. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /**
   * Returns the VM as data, also during a run.
   * @throws CodecellError where the engine cannot save it
   */
  save(): Promise<SavedVm>;
  /** Resolves when the VM is lost, with the reason. */
  readonly gone: Promise<string>;
}
