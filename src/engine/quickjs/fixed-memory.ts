/** A WebAssembly memory that cannot grow, and whether it was asked to. */
export interface FixedMemory {
  readonly wasm: WebAssembly.Memory;
  readonly memoryMb: number;
  /** An allocation failed since this was last set to false. */
  exhausted: boolean;
}

const PAGE = 65_536;

/** A memory of `memoryMb` MiB; pages that nobody touches cost nothing. */
export function createFixedMemory(memoryMb: number): FixedMemory {
  const pages = (memoryMb * 1024 * 1024) / PAGE;
  const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const memory: FixedMemory = { wasm, memoryMb, exhausted: false };
  // The allocator's last resort is to ask for more: the host's own sign that memory ran out.
  wasm.grow = () => {
    memory.exhausted = true;
    throw new RangeError("the memory of this VM is fixed");
  };
  return memory;
}
