import type { QuickJSWASMModule } from "quickjs-emscripten-core";

/** How far into a memory its instance has ever allocated, in bytes. It never goes back. */
export type HeapEnd = (memory: WebAssembly.Memory) => number;

const PROBE_BYTES = 4 * 1024 * 1024;
/** The statics of the build lie in the first megabyte. */
const STATICS_WORDS = (1024 * 1024) / 4;

/**
 * Find where a build keeps the end of its heap (its program break), which it does not export: of the words that follow
 * when a large block is allocated, the break is the highest. The address is the same in every instance of the binary.
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
