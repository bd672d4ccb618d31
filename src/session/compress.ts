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
/** Cap of the decompressed size: a few bytes can decompress to gigabytes. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Smaller inputs are compressed synchronously: passing them to another thread and back takes longer. */
const AT_ONCE_BYTES = 4 * 1024 * 1024;

export async function compress(bytes: Uint8Array): Promise<Buffer> {
  const options = { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } };
  if (bytes.length <= AT_ONCE_BYTES) return zstdCompressSync(bytes, options);
  return await promisify(zstdCompress)(bytes, options);
}

export async function decompress(bytes: Uint8Array): Promise<Buffer> {
  const options = { maxOutputLength: MAX_BYTES };
  if (bytes.length <= AT_ONCE_BYTES / 4) return zstdDecompressSync(bytes, options);
  return await promisify(zstdDecompress)(bytes, options);
}
