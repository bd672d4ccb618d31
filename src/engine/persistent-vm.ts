import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import type { Host, KeepOptions, Outcome, SavedVm, Session } from "./engine.ts";
import { later } from "./pending-calls.ts";
import { Run } from "./run.ts";
import { VmContext } from "./vm-context.ts";
import type { SavableVm, Vm } from "./vm.ts";

/** Default of {@link KeepOptions.replayMs}. */
const REPLAY_MS = 60_000;
/** Time that a copied VM may take to reseed its random generator. */
const COPIED_MS = 1_000;

/** A VM for one run. */
export function onceSession(vm: Vm, limits: Limits, retire: () => void): Session {
  const vmContext = new VmContext();
  return {
    run: (program, names, host, signal) =>
      new Run({ vm, limits, names, host, vmContext, run: 1, keep: false }).start(program, signal),
    [Symbol.asyncDispose]: async () => retire(),
  };
}

/** A VM that keeps its state from run to run. */
export class PersistentVm implements Session {
  readonly #vm: SavableVm;
  readonly #limits: Limits;
  readonly #clock: "host" | number | undefined;
  readonly #vmContext: VmContext;
  readonly #retire: () => void;
  #runs: number;
  #running: boolean;

  private constructor(
    vm: SavableVm,
    limits: Limits,
    { seed, now, saved }: KeepOptions,
    retire: () => void,
  ) {
    this.#vm = vm;
    this.#limits = limits;
    this.#clock = now ?? vm.clock;
    this.#vmContext = new VmContext(saved, seed);
    this.#retire = retire;
    this.#runs = saved?.runs ?? 0;
    this.#running = saved?.running ?? false;
  }

  /** @throws CodecellError when a saved VM cannot be restored here */
  static async open(
    vm: SavableVm,
    limits: Limits,
    keep: KeepOptions,
    retire: () => void,
  ): Promise<PersistentVm> {
    const { saved, seed, replayMs = REPLAY_MS } = keep;
    try {
      if (saved !== undefined)
        await vm.load({ engine: saved.engine, bytes: saved.image }, replayMs);
      // A seeded VM must return the same numbers in the copy.
      if (saved !== undefined && seed === undefined) vm.receive("copied", 0, "", COPIED_MS);
    } catch (error) {
      retire();
      throw error;
    }
    return new PersistentVm(vm, limits, keep, retire);
  }

  async run(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits = this.#limits,
  ): Promise<Outcome> {
    if (this.#vmContext.calls.size > 0) await settled(); // answers to the last run may be queued
    this.#runs++;
    return await this.#follow(this.#begin(names, host, limits).start(program, signal), program);
  }

  resume(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits: Limits,
  ): Promise<Outcome> {
    return this.#follow(this.#begin(names, host, limits).resume(program, signal), program);
  }

  #begin(names: NameTable, host: Host, limits: Limits): Run {
    const clock = this.#clock === undefined ? {} : { clock: this.#clock };
    const [vm, vmContext, run] = [this.#vm, this.#vmContext, this.#runs];
    return new Run({ vm, limits, names, host, vmContext, run, keep: true, ...clock });
  }

  async #follow(running: Promise<Outcome>, { declares }: Program): Promise<Outcome> {
    this.#running = true;
    try {
      return { ...(await running), declares };
    } finally {
      this.#running = false;
    }
  }

  async save(): Promise<SavedVm> {
    // Queued answers and timers reach the VM first, and the current slice ends.
    await settled();
    const facts = { runs: this.#runs, running: this.#running, ...this.#vmContext.save() };
    const { engine, bytes } = await this.#vm.save();
    return { engine, image: bytes, ...facts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#vmContext.timers.halt();
    this.#retire();
  }
}

/** Resolves after the tasks that are due on this thread. */
function settled(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}
