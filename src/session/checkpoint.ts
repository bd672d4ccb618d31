import type { SavedVm } from "../engine/engine.ts";
import { compress, decompress, joined } from "./compress.ts";

/** A saved state of a session's VM. */
export class Checkpoint {
  /** Number of programs that had run in it. */
  readonly programs: number;
  /** Names that they had declared. */
  readonly names: ReadonlySet<string>;
  #vm: SavedVm;
  /** The compressed image and its size. Where it is set, the image of the VM is empty. */
  #packed: { readonly bytes: Uint8Array; readonly size: number } | undefined;

  constructor(vm: SavedVm, programs: number, names: Iterable<string>) {
    this.#vm = vm;
    this.programs = programs;
    this.names = new Set(names);
  }

  /** False when it was taken while a call was open: it lacks the answer. */
  get isComplete(): boolean {
    return this.#vm.calls.length === 0;
  }

  /** Compresses the image, so that an unused session takes little memory. */
  async pack(): Promise<void> {
    if (this.#packed !== undefined) return;
    const { image } = this.#vm;
    const bytes = await joined(await compress([image]));
    this.#packed = { bytes, size: image.length };
    this.#vm = { ...this.#vm, image: new Uint8Array() };
  }

  async vm(): Promise<SavedVm> {
    if (this.#packed === undefined) return this.#vm;
    return { ...this.#vm, image: await decompress(this.#packed.bytes, this.#packed.size) };
  }
}
