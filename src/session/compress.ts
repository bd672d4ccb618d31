/** Zstandard (RFC 8878), as fast as it still takes the emptiness out of memory. */
import { promisify } from "node:util";
import {
  constants,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from "node:zlib";

const LEVEL = 1;
/** A few bytes can be made to say gigabytes. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** What is smaller is done at once: handing it to another thread and back takes longer than a session's caller should wait. */
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
