/** A WebAssembly memory that cannot grow, and whether the VM tried to grow it. */
export interface FixedMemory {
  readonly wasm: WebAssembly.Memory;
  readonly memoryMb: number;
  /** An allocation failed since this was last set to false. */
  exhausted: boolean;
}

const PAGE = 65_536;

/** A memory of `memoryMb` MiB; untouched pages take no physical memory. */
export function createFixedMemory(memoryMb: number): FixedMemory {
  const pages = (memoryMb * 1024 * 1024) / PAGE;
  const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const memory: FixedMemory = { wasm, memoryMb, exhausted: false };
  // The allocator requests more memory only when none is left: that is how the host detects the end of memory.
  wasm.grow = () => {
    memory.exhausted = true;
    throw new RangeError("the memory of this VM is fixed");
  };
  return memory;
}
