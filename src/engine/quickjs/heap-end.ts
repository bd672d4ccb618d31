import type { QuickJSWASMModule } from "quickjs-emscripten-core";

/** Returns the end of the memory that an instance has ever allocated, in bytes. It never decreases. */
export type HeapEnd = (memory: WebAssembly.Memory) => number;

const PROBE_BYTES = 4 * 1024 * 1024;
/** The statics of the build lie in the first megabyte. */
const STATICS_WORDS = (1024 * 1024) / 4;

/**
 * Finds the address at which a build stores the end of its heap (its program break), which it does not export: of the words
 * that change with the allocation of a large block, the break is the highest. All instances of the binary have the same
 * address.
 * @param library an instance to experiment with; not to be used afterwards
 */
export function findHeapEnd(library: QuickJSWASMModule, memory: WebAssembly.Memory): HeapEnd {
  const words = new Uint32Array(memory.buffer, 0, STATICS_WORDS);
  const { _malloc } = (
    library.getFFI() as unknown as { module: { _malloc(bytes: number): number } }
  ).module;
  const before = words.slice();
  const block = _malloc(PROBE_BYTES);
  let highest = 0;
  for (let at = 0; at < words.length; at++) {
    if (words[at]! - before[at]! >= PROBE_BYTES && words[at]! > words[highest]!) highest = at;
  }
  if (words[highest]! < block + PROBE_BYTES)
    throw new Error("this QuickJS build keeps no program break");
  return ({ buffer }) => new DataView(buffer).getUint32(highest * 4, true);
}
