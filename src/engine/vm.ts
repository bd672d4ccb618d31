/**
 * What an engine supplies: one VM with the guest prelude booted. Everything else of a run (budgets, timers, calls,
 * outcome) is the same for all engines and stands in run.ts.
 */
export interface Vm extends Disposable {
  /** Called whenever the guest sends something (see guest/door.ts); what it answers goes back as text. */
  onSend: (kind: string, id: number, name: string, text: string) => string | undefined;
  /**
   * Evaluate `code`, a function expression, and have the prelude run it until nothing more can be done without the
   * host. Throws {@link EngineSyntaxError} for code it cannot parse, anything else for what {@link state} explains.
   */
  start(code: string, setup: string, budgetMs: number): void;
  /** Hand the guest something, and let it run as far as it gets. */
  receive(kind: Delivery, id: number, text: string, budgetMs: number): void;
  /**
   * The run is over. `now`: guest code must not run on (allowed while it is running, from inside {@link onSend});
   * `soon`: what little it has left may run, under the budget of the slice, where stopping it would cost more.
   */
  stop(when: "now" | "soon"): void;
  /** What the host knows of the VM: never the guest's word. */
  readonly state: VmState;
  /** Bytes of heap in use. */
  heapBytes(): number;
  /** The host saw an allocation of this run fail for want of memory. */
  readonly exhausted: boolean;
}

/** See guest/main.ts: an answer to a request, a timer that is due, the news that this VM is a copy of another. */
export type Delivery = "answer" | "timer" | "copied";

/** A VM that can be had again elsewhere. Between slices only: no native frame may be open. */
export interface SavableVm extends Vm {
  /** The clock that programs have to see so that this works; nothing where it may be the engine's own. */
  readonly clock: "door" | undefined;
  /** What makes a VM that has just been booted this one. Throws CodecellError when there is no way. */
  save(): Promise<VmImage>;
  /** Become the VM that was saved. Throws CodecellError when that is not possible here. */
  load(image: VmImage): Promise<void>;
}

/** A saved VM. */
export interface VmImage {
  /** What the image was made with; another engine, or another build of it, cannot read it. */
  readonly engine: string;
  readonly bytes: Uint8Array;
}

export type VmState = "usable" | "out_of_memory" | "out_of_stack" | "broken";

/** The name under which engines know the program's text. */
export const PROGRAM_FILE = "program.ts";

/** An engine's own parser refused a program that the compile step accepted. */
export class EngineSyntaxError extends Error {
  override readonly name = "SyntaxError";
}
