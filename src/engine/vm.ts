/**
 * The part that each engine implements: one VM with the booted guest prelude. Everything else of a run (budgets, timers,
 * calls, outcome) is the same for all engines and is in run.ts.
 */
export interface Vm extends Disposable {
  /** Called with each message of the guest (see guest/host-port.ts). Returns the reply as text. */
  onSend: (kind: string, id: number, name: string, text: string) => string | undefined;
  /**
   * Evaluates `code`, a function expression, and runs it in the prelude until it waits for the host.
   * @throws EngineSyntaxError for code that the engine cannot parse; anything else where {@link state} shows the cause
   */
  start(code: string, setup: string, budgetMs: number): void;
  /** Delivers a message to the guest and runs it until it waits for the host. */
  receive(kind: Delivery, id: number, text: string, budgetMs: number): void;
  /**
   * Ends the run. `now`: guest code stops immediately (allowed while it runs, from inside {@link onSend}); `soon`: the rest
   * of the slice may run under its budget, where stopping it would take longer.
   */
  stop(when: "now" | "soon"): void;
  /** The state of the VM as the host observes it, never as the guest reports it. */
  readonly state: VmState;
  /** Bytes of heap in use. */
  heapBytes(): number;
  /** The host has seen an allocation of this run fail because the memory is used up: the run is over its limit. */
  readonly exhausted: boolean;
  /**
   * Whether {@link start} and {@link receive} throw a copy of the first rejection of a slice that nothing handled; other
   * engines report rejections from inside the guest.
   * @default false
   */
  readonly rethrowsRejections?: boolean;
}

/**
 * A message to the guest, see guest/main.ts: an answer, a timer that is due, that this VM is a copy, that its run ends, or that
 * the engine has rethrown a rejection.
 */
export type Delivery = "answer" | "timer" | "copied" | "ending" | "rethrown";

/** A VM that can be saved and restored elsewhere, only between slices, when no native frame is open. */
export interface SavableVm extends Vm {
  /** The clock that programs must use so that the VM can be restored; `undefined` where it may be the engine's own. */
  readonly clock: "host" | undefined;
  /**
   * Returns the data that turns a booted VM into this one.
   * @throws CodecellError when the VM cannot be saved
   */
  save(): Promise<VmImage>;
  /**
   * Restores the saved VM in this one.
   * @throws CodecellError when that is not possible here
   */
  load(image: VmImage, budgetMs: number): Promise<void>;
}

/** A saved VM. */
export interface VmImage {
  /** The engine and build that made the image; others cannot read it. */
  readonly engine: string;
  readonly bytes: Uint8Array;
}

export type VmState = "usable" | "out_of_memory" | "out_of_stack" | "broken";

/** The file name of the program's text in stack traces. */
export const PROGRAM_FILE = "program.ts";

/** The engine's own parser rejected a program that the compile step accepted. */
export class EngineSyntaxError extends Error {
  override readonly name = "SyntaxError";
}
