/**
 * The format of a message on a byte stream: four bytes of length (big-endian), then UTF-8 text. Where bytes come with it, the
 * length has a mark, four more bytes have their number, and they follow the text.
 */
import type { ReceivedBytes } from "./received-bytes.ts";

/** Bytes of the header of a message without bytes; those of another message are twice as many. */
export const HEADER_BYTES = 4;
const WITH_BYTES = 0x8000_0000;

/** The sizes that the header of a frame states. */
export interface Frame {
  readonly headerBytes: number;
  readonly textBytes: number;
  readonly tailBytes: number;
}

/**
 * Reads the header at the start of what has come. Returns a number where so many bytes are needed for it.
 * @throws Error where the text is over its cap, before the rest of the header is waited for
 */
export function readHeader(bytes: ReceivedBytes, maxTextBytes: number): Frame | number {
  const first = bytes.uint32(0);
  const textBytes = first % WITH_BYTES;
  checkSize(textBytes, maxTextBytes);
  if (first < WITH_BYTES) return { headerBytes: HEADER_BYTES, textBytes, tailBytes: 0 };
  const headerBytes = 2 * HEADER_BYTES;
  if (bytes.length < headerBytes) return headerBytes;
  return { headerBytes, textBytes, tailBytes: bytes.uint32(HEADER_BYTES) };
}

/** @throws Error */
export function checkSize(size: number, cap: number): void {
  if (size > cap) throw new Error(`it sent a message of ${size} bytes, and the cap is ${cap}`);
}

/** The frame of a message, without the bytes that follow. */
export function frameOf(text: string, bytes: Uint8Array | undefined): Buffer {
  const length = Buffer.byteLength(text);
  const headerBytes = bytes === undefined ? HEADER_BYTES : 2 * HEADER_BYTES;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame.writeUInt32BE(bytes === undefined ? length : WITH_BYTES + length, 0);
  if (bytes !== undefined) frame.writeUInt32BE(bytes.length, HEADER_BYTES);
  frame.write(text, headerBytes);
  return frame;
}
