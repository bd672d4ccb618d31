/** Zstandard (RFC 8878) at its fastest level, which is enough for the empty parts of a memory image. */
import { promisify } from "node:util";
import {
  constants,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from "node:zlib";

const LEVEL = 1;

/** Smaller inputs, and outputs, are (de)compressed synchronously: passing them to another thread and back takes longer. */
const AT_ONCE_BYTES = 1024 * 1024;

export async function compress(bytes: Uint8Array): Promise<Buffer> {
  const options = {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: bytes.length, // so that the size is in the frame's header
  };
  if (bytes.length <= AT_ONCE_BYTES) return zstdCompressSync(bytes, options);
  return await promisify(zstdCompress)(bytes, options);
}

/**
 * Decompresses at most `maxBytes`: a few bytes can decompress to gigabytes. The size that the bytes claim is checked before
 * anything is allocated, and is all that is allocated.
 * @throws Error over the cap, or for bytes that {@link compress} does not make
 */
export async function decompress(bytes: Uint8Array, maxBytes: number): Promise<Buffer> {
  const size = contentSize(bytes);
  if (size === undefined || size > maxBytes)
    throw new Error(
      `it would take ${size ?? "an unknown number of"} bytes; the cap is ${maxBytes}`,
    );
  // Node keeps all chunks of output until it has copied them: one chunk has room for all.
  const options = { maxOutputLength: Math.max(size, 1), chunkSize: size + 64 };
  if (size <= AT_ONCE_BYTES && bytes.length <= AT_ONCE_BYTES)
    return zstdDecompressSync(bytes, options);
  return await promisify(zstdDecompress)(bytes, options);
}

const MAGIC = 0xfd2f_b528;

/** The size of the content that the header of a frame states (RFC 8878, section 3.1.1.1); `undefined` where it states none. */
function contentSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 6) return undefined;
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 32) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const width = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  if (width === 0 || at + width > bytes.length) return undefined;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
