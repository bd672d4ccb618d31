/** Zstandard (RFC 8878) at its fastest level, which is enough for the empty parts of a memory image. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import * as zlib from "node:zlib"; // as a whole: a name that an old Node lacks would be a syntax error there
import { hostTurns } from "../core/host-turns.ts";
import { asBytes, bytesOf, type FileContent } from "../files/file-content.ts";

const LEVEL = 1;

/**
 * Smaller inputs are compressed synchronously, in a few milliseconds: passing them to another thread and back takes longer. So are
 * smaller outputs decompressed, which takes twice the time: their memory is new.
 */
const COMPRESSED_AT_ONCE = 4 * 1024 * 1024;
const DECOMPRESSED_AT_ONCE = 1024 * 1024;

/** Bytes that this thread works on at a time. */
const PIECE_BYTES = 1024 * 1024;

/** Compresses `parts` one after the other, texts in UTF-8. What comes out is in pieces. */
export async function compress(parts: readonly FileContent[]): Promise<readonly Uint8Array[]> {
  const size = parts.reduce((sum, part) => sum + bytesOf(part), 0);
  const options = {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: size, // so that the size is in the frame's header
  };
  if (size <= COMPRESSED_AT_ONCE) {
    await hostTurns.take(size);
    return [zlib.zstdCompressSync(Buffer.concat(parts.map(asBytes)), options)];
  }
  const pieces: Uint8Array[] = [];
  await pipeline(
    Readable.from(turns(parts)),
    zlib.createZstdCompress({ ...options, chunkSize: PIECE_BYTES }),
    async (output) => {
      for await (const piece of output) pieces.push(piece as Buffer);
    },
  );
  return pieces;
}

async function* turns(parts: readonly FileContent[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (typeof part === "string") await hostTurns.take(bytesOf(part));
    yield* inTurns(asBytes(part));
  }
}

/** Bytes in pieces, each in a turn of its own: a session can have many megabytes. */
export async function* inTurns(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    await hostTurns.take(piece.length);
    yield piece;
  }
}

/** All pieces one after the other. */
export async function joined(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    await hostTurns.take(piece.length);
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
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
  if (size <= DECOMPRESSED_AT_ONCE && bytes.length <= DECOMPRESSED_AT_ONCE)
    return zlib.zstdDecompressSync(bytes, options);
  return await promisify(zlib.zstdDecompress)(bytes, options);
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
