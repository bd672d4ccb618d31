/**
 * The memory of a WebAssembly VM as an image. A VM that owns its memory *is* that memory (between calls, when no
 * native frame is open): copied back, it is the VM again, closures, pending promises and all.
 */
export interface MemoryImage {
  /** Stretches of pages that hold anything; all other bytes are zero. In ascending order. */
  readonly stretches: readonly { readonly start: number; readonly bytes: Uint8Array }[];
}

const PAGE = 4_096;

/** Copy out the pages below `end` that are not empty. */
export function takeImage(memory: WebAssembly.Memory, end: number): MemoryImage {
  const words = new BigUint64Array(memory.buffer);
  const stretches: { start: number; bytes: Uint8Array }[] = [];
  let start = -1;
  for (let page = 0; page < end + PAGE; page += PAGE) {
    const used = page < end && !isEmpty(words, page);
    if (used && start < 0) start = page;
    if (used || start < 0) continue;
    stretches.push({ start, bytes: new Uint8Array(memory.buffer.slice(start, page)) });
    start = -1;
  }
  return { stretches };
}

function isEmpty(words: BigUint64Array, page: number): boolean {
  for (let at = page / 8; at < (page + PAGE) / 8; at++) if (words[at] !== 0n) return false;
  return true;
}

/** Put `image` back into a memory that was written to below `end`; nothing of what was there remains. */
export function restoreImage(memory: WebAssembly.Memory, image: MemoryImage, end: number): void {
  const bytes = new Uint8Array(memory.buffer);
  let done = 0;
  for (const stretch of image.stretches) {
    bytes.fill(0, done, stretch.start);
    bytes.set(stretch.bytes, stretch.start);
    done = stretch.start + stretch.bytes.length;
  }
  bytes.fill(0, done, Math.max(done, end));
}
