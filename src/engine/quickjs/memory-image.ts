/**
 * The memory of a WebAssembly VM as an image. Between calls, when no native frame is open, the memory is the whole state of
 * the VM: copying it back restores the VM with its closures and pending promises.
 */
export interface MemoryImage {
  /** Ranges of pages that are not empty, in ascending order; all other bytes are zero. */
  readonly stretches: readonly { readonly start: number; readonly bytes: Uint8Array }[];
}

const PAGE = 4_096;

const NOTHING: MemoryImage = { stretches: [] };

/** Copies the pages below `end` that are not empty. */
export function takeImage(memory: WebAssembly.Memory, end: number): MemoryImage {
  return takeChanges(memory, NOTHING, end);
}

/** Copies the pages below `end` that differ from `base`. */
export function takeChanges(
  memory: WebAssembly.Memory,
  base: MemoryImage,
  end: number,
): MemoryImage {
  const now = new Uint8Array(memory.buffer);
  const stretches: { start: number; bytes: Uint8Array }[] = [];
  let start = -1;
  let next = 0;
  for (let page = 0; page < end + PAGE; page += PAGE) {
    while (next < base.stretches.length && endOf(base.stretches[next]!) <= page) next++;
    const changed = page < end && !isSame(now, page, base.stretches[next]);
    if (changed && start < 0) start = page;
    if (changed || start < 0) continue;
    stretches.push({ start, bytes: new Uint8Array(memory.buffer.slice(start, page)) });
    start = -1;
  }
  return { stretches };
}

type Stretch = MemoryImage["stretches"][number];

function endOf({ start, bytes }: Stretch): number {
  return start + bytes.length;
}

/** Whether a page equals that of its stretch; a page outside of all stretches was empty. */
function isSame(now: Uint8Array, page: number, stretch: Stretch | undefined): boolean {
  if (stretch === undefined || stretch.start > page) return isEqual(now, page, EMPTY, 0);
  return isEqual(now, page, stretch.bytes, page - stretch.start);
}

const EMPTY = new Uint8Array(PAGE);

/** Compares one page of each, with Node's own function where there is Node, which is several times faster. */
function isEqual(one: Uint8Array, at: number, other: Uint8Array, otherAt: number): boolean {
  if (globalThis.Buffer !== undefined) {
    const { compare } = Buffer.prototype;
    return compare.call(one, other, otherAt, otherAt + PAGE, at, at + PAGE) === 0;
  }
  for (let byte = 0; byte < PAGE; byte++)
    if (one[at + byte] !== other[otherAt + byte]) return false;
  return true;
}

/** Restores `image` in a memory that was written to below `end`. Nothing of the previous content remains. */
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

/**
 * Applies `changes` to a memory that equals their base.
 * @throws RangeError when they do not fit
 */
export function applyChanges(memory: WebAssembly.Memory, changes: MemoryImage): void {
  const bytes = new Uint8Array(memory.buffer);
  for (const stretch of changes.stretches) bytes.set(stretch.bytes, stretch.start);
}

/** An image as bytes: the number of stretches, the start and length of each, their bytes. Numbers are 32 bits, little-endian. */
export function writeImage({ stretches }: MemoryImage): Uint8Array<ArrayBuffer> {
  const head = 4 + 8 * stretches.length;
  const size = stretches.reduce((sum, { bytes }) => sum + bytes.length, head);
  const written = new Uint8Array(size);
  const view = new DataView(written.buffer);
  view.setUint32(0, stretches.length, true);
  let at = head;
  for (const [index, { start, bytes }] of stretches.entries()) {
    view.setUint32(4 + 8 * index, start, true);
    view.setUint32(8 + 8 * index, bytes.length, true);
    written.set(bytes, at);
    at += bytes.length;
  }
  return written;
}

/**
 * Reads what {@link writeImage} wrote.
 * @throws RangeError for anything else
 */
export function readImage(written: Uint8Array): MemoryImage {
  const view = new DataView(written.buffer, written.byteOffset, written.length);
  const count = view.getUint32(0, true);
  const stretches = [];
  let at = 4 + 8 * count;
  for (let index = 0; index < count; index++) {
    const start = view.getUint32(4 + 8 * index, true);
    const length = view.getUint32(8 + 8 * index, true);
    const bytes = written.subarray(at, at + length);
    if (bytes.length !== length) throw new RangeError("the image is cut off");
    stretches.push({ start, bytes });
    at += length;
  }
  if (at !== written.length) throw new RangeError("there is more than an image");
  return { stretches };
}
