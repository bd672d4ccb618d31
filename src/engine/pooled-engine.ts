import type { Limits } from "../core/limits.ts";
import type { Engine, KeepOptions, Session } from "./engine.ts";
import { onceSession, PersistentVm } from "./persistent-vm.ts";
import type { SavableVm, Vm } from "./vm.ts";

/** VMs kept ready: one is enough for programs one after the other, two cover a burst. */
const SPARES = 2;

/** How an engine makes its VMs. */
export interface Making<V extends Vm> {
  readonly create: (limits: Limits) => V | Promise<V>;
  /** The same VM, or one around it, that can be saved. */
  readonly savable: (vm: V, engine: string) => SavableVm;
  /**
   * Used VMs that may wait for an idle moment to be disposed of: none where that is cheap; some where it is not, but a
   * caller that never lets the thread idle must not pile them up.
   */
  readonly maxRetired: number;
}

/**
 * An engine that prepares VMs ahead. Making one costs more than running a program in it, so each run takes one that
 * is ready and its successor is made when the thread is next idle.
 */
export class PooledEngine<V extends Vm> implements Engine {
  readonly name: string;
  readonly keeps = true;
  readonly #making: Making<V>;
  readonly #spares: V[] = [];
  /** The limits of the last run: the next one's are most likely the same. */
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

  /** One VM is enough to be ready; the others are made when the thread is idle, after a first run. */
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
      .catch(() => {}) // whoever needs a VM next hears of it
      .finally(() => (this.#refill = undefined));
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
