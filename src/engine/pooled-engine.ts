import type { Limits } from "../core/limits.ts";
import type { Engine, KeepOptions, Session } from "./engine.ts";
import { onceSession, PersistentVm } from "./persistent-vm.ts";
import type { SavableVm, Vm } from "./vm.ts";

/** Number of VMs kept ready: one is enough for sequential programs, two cover a burst. */
const SPARES = 2;

/** How an engine creates its VMs. */
export interface Making<V extends Vm> {
  readonly create: (limits: Limits) => V | Promise<V>;
  /** Returns the VM, or a wrapper of it, that can be saved. */
  readonly savable: (vm: V, engine: string) => SavableVm;
  /**
   * Number of used VMs that may wait for an idle moment before they are disposed of: 0 where disposal is cheap. It is capped
   * because a caller may never let the thread idle.
   */
  readonly maxRetired: number;
}

/**
 * An engine that prepares VMs in advance. Creating one takes longer than running a small program, so each run takes one that
 * is ready, and its successor is created when the thread is next idle.
 */
export class PooledEngine<V extends Vm> implements Engine {
  readonly name: string;
  readonly keeps = true;
  readonly #making: Making<V>;
  readonly #spares: V[] = [];
  /** The limits of the last run; most likely the next run has the same. */
  #limits: Limits | undefined;
  /** VMs of runs that are over. */
  readonly #retired: Vm[] = [];
  #refill: Promise<void> | undefined;
  #closed = false;

  constructor(name: string, making: Making<V>) {
    this.name = name;
    this.#making = making;
  }

  async open(limits: Limits, keep?: KeepOptions): Promise<Session> {
    if (this.#limits?.memoryMb !== limits.memoryMb) this.#discard();
    this.#limits = limits;
    const vm = this.#spares.pop() ?? (await this.#making.create(limits));
    const retire = (): void => this.#retire(vm);
    if (keep === undefined) return onceSession(vm, limits, retire);
    return await PersistentVm.open(this.#making.savable(vm, this.name), limits, keep, retire);
  }

  /** One VM is enough to be ready; the others are created when the thread is idle, after a first run. */
  async ready(limits: Limits): Promise<void> {
    if (this.#limits?.memoryMb !== limits.memoryMb) this.#discard();
    this.#limits = limits;
    if (this.#spares.length === 0) await this.#add(limits);
  }

  #retire(vm: Vm): void {
    this.#retired.push(vm);
    if (this.#retired.length > this.#making.maxRetired) this.#disposeRetired();
    void this.#fill();
  }

  #disposeRetired(): void {
    for (const vm of this.#retired.splice(0)) vm[Symbol.dispose]();
  }

  async #add(limits: Limits): Promise<void> {
    const vm = await this.#making.create(limits);
    const wanted =
      !this.#closed && this.#limits?.memoryMb === limits.memoryMb && this.#spares.length < SPARES;
    if (wanted) this.#spares.push(vm);
    else vm[Symbol.dispose]();
  }

  #fill(): Promise<void> {
    this.#refill ??= this.#fillWhenIdle()
      .catch(() => {}) // the next `open` reports the error
      .finally(() => (this.#refill = undefined));
    return this.#refill;
  }

  async #fillWhenIdle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#disposeRetired();
    while (!this.#closed && this.#limits !== undefined && this.#spares.length < SPARES) {
      await this.#add(this.#limits);
      await new Promise((resolve) => setTimeout(resolve)); // let a run begin before the next VM is created
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
