import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import type { Engine, Host, Outcome, Session } from "./engine.ts";
import { Run } from "./run.ts";
import type { Vm } from "./vm.ts";

/** VMs kept ready: one is enough for programs one after the other, two cover a burst. */
const SPARES = 2;

/**
 * An engine that prepares VMs ahead. Making one costs more than running a program in it, so each run takes one that
 * is ready and its successor is made when the thread is next idle.
 */
export class PooledEngine implements Engine {
  readonly name: string;
  readonly #create: (limits: Limits) => Vm | Promise<Vm>;
  readonly #maxRetired: number;
  readonly #spares: Vm[] = [];
  /** The limits of the last run: the next one's are most likely the same. */
  #limits: Limits | undefined;
  /** VMs of runs that are over. */
  readonly #retired: Vm[] = [];
  #refill: Promise<void> | undefined;
  #closed = false;

  /**
   * @param maxRetired used VMs that may wait for an idle moment to be disposed of: none where that is cheap; some where
   * it is not, but a caller that never lets the thread idle must not pile them up
   */
  constructor(name: string, create: (limits: Limits) => Vm | Promise<Vm>, maxRetired: number) {
    this.name = name;
    this.#create = create;
    this.#maxRetired = maxRetired;
  }

  async open(limits: Limits): Promise<Session> {
    if (this.#limits?.memoryMb !== limits.memoryMb) this.#discard();
    this.#limits = limits;
    const vm = this.#spares.pop() ?? (await this.#create(limits));
    return {
      run: (
        program: Program,
        names: NameTable,
        host: Host,
        signal: AbortSignal,
      ): Promise<Outcome> => new Run(vm, limits, names, host).execute(program, signal),
      [Symbol.asyncDispose]: async () => this.#retire(vm),
    };
  }

  /** One VM is enough to be ready; the others are made when the thread is idle. */
  async ready(limits: Limits): Promise<void> {
    if (this.#limits?.memoryMb !== limits.memoryMb) this.#discard();
    this.#limits = limits;
    if (this.#spares.length === 0) await this.#add(limits);
    void this.#fill();
  }

  #retire(vm: Vm): void {
    this.#retired.push(vm);
    if (this.#retired.length > this.#maxRetired) this.#disposeRetired();
    void this.#fill();
  }

  #disposeRetired(): void {
    for (const vm of this.#retired.splice(0)) vm[Symbol.dispose]();
  }

  async #add(limits: Limits): Promise<void> {
    const vm = await this.#create(limits);
    const wanted =
      !this.#closed && this.#limits?.memoryMb === limits.memoryMb && this.#spares.length < SPARES;
    if (wanted) this.#spares.push(vm);
    else vm[Symbol.dispose]();
  }

  #fill(): Promise<void> {
    this.#refill ??= this.#fillWhenIdle().finally(() => (this.#refill = undefined));
    return this.#refill;
  }

  async #fillWhenIdle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#disposeRetired();
    while (!this.#closed && this.#limits !== undefined && this.#spares.length < SPARES) {
      await this.#add(this.#limits);
      await new Promise((resolve) => setTimeout(resolve)); // let a run in before the next one is made
    }
  }

  #discard(): void {
    for (const vm of this.#spares.splice(0)) vm[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#refill;
    this.#discard();
    this.#disposeRetired();
  }
}
