import type { SavedVm } from "../engine/engine.ts";
import { compress, decompress } from "./compress.ts";

/** A session's VM as it was after some programs. */
export class Checkpoint {
  /** Programs that had left something in it. */
  readonly programs: number;
  /** Names that they had declared. */
  readonly names: ReadonlySet<string>;
  #vm: SavedVm;
  /** The image, compressed; the VM's own is empty then. */
  #packed: Uint8Array | undefined;

  constructor(vm: SavedVm, programs: number, names: Iterable<string>) {
    this.#vm = vm;
    this.programs = programs;
    this.names = new Set(names);
  }

  /** One that was taken while a call was still open lacks the answer. */
  get isComplete(): boolean {
    return this.#vm.calls.length === 0;
  }

  /** Compress the image: a session that nobody uses should cost little. */
  async pack(): Promise<void> {
    if (this.#packed !== undefined) return;
    this.#packed = await compress(this.#vm.image);
    this.#vm = { ...this.#vm, image: new Uint8Array() };
  }

  async vm(): Promise<SavedVm> {
    if (this.#packed === undefined) return this.#vm;
    return { ...this.#vm, image: await decompress(this.#packed) };
  }
}
