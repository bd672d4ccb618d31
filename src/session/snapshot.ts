/**
 * A session as bytes: `CCS`, the version of the format, the SHA-256 of what follows, and that compressed with
 * Zstandard (RFC 8878): the length of the head, the head as JSON, the image of the VM, the files. The checksum finds
 * damage, not forgery.
 */
import { createHash } from "node:crypto";
import { CodecellError, messageOf } from "../core/errors.ts";
import { bytesOf } from "../files/file-content.ts";
import { compress, decompress, inTurns, joined } from "./compress.ts";
import type { SavedSession, SnapshotCaps } from "./saved-session.ts";
import { MAX_HEAD_BYTES, readSnapshotBody } from "./snapshot-body.ts";

const MAGIC = "CCS";
const VERSION = 1;
const CHECKSUM_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 1 + CHECKSUM_BYTES;

/** The smallest memory of a VM that a cap stands for: a journal has a cap of its own. */
const LEAST_MEMORY_MB = 64;
const MIB = 1024 * 1024;

/** Bytes that a snapshot of a session within `caps` has at most, decompressed. */
function largestBody({ memoryMb, workspace }: SnapshotCaps): number {
  // The image of a VM is its memory and a list of stretches of it.
  const image = Math.max(memoryMb, LEAST_MEMORY_MB) * MIB + MIB;
  return 4 + MAX_HEAD_BYTES + image + workspace.bytes;
}

/** @throws CodecellError `config_error` for a session of which too much is waiting to be saved */
export async function writeSnapshot({ vm, files, ...facts }: SavedSession): Promise<Uint8Array> {
  const { image = new Uint8Array(), ...rest } = vm ?? {};
  const sizes = files.map(([, content = ""]) => bytesOf(content));
  const head = Buffer.from(
    JSON.stringify({
      ...facts,
      ...(vm === undefined ? {} : { vm: { ...rest, imageBytes: image.length } }),
      files: files.map(([path, content, mtimeMs], at) => [
        path,
        content === undefined ? "folder" : typeof content === "string" ? "text" : "bytes",
        sizes[at],
        mtimeMs,
      ]),
    }),
  );
  if (head.length > MAX_HEAD_BYTES) {
    const message = `the session cannot be saved: its calls, answers and logs take ${head.length} bytes; the cap is ${MAX_HEAD_BYTES}`;
    throw new CodecellError("config_error", message);
  }
  const contents = files.map(([, content = ""]) => content);
  const body = await compress([lengthOf(head), head, image, ...contents]);
  return await joined([Buffer.from(MAGIC), Buffer.from([VERSION]), await sha256(body), ...body]);
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}

/**
 * Reads a snapshot, which anybody can have written: every size is checked before anything is allocated for it, and every field
 * before it is used. It never takes more memory than a session within `caps`.
 * @throws CodecellError `config_error` for bytes that are not a snapshot, or one of another version, damaged or too large
 */
export async function readSnapshot(bytes: Uint8Array, caps: SnapshotCaps): Promise<SavedSession> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < HEAD_BYTES || all.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw unreadable("it is no snapshot of a session");
  if (all[MAGIC.length] !== VERSION)
    throw unreadable(`it has version ${all[MAGIC.length]}, this codecell reads ${VERSION}`);
  const body = all.subarray(HEAD_BYTES);
  if (!(await sha256([body])).equals(all.subarray(MAGIC.length + 1, HEAD_BYTES)))
    throw unreadable("it is damaged");
  try {
    const whole = await decompress(body, largestBody(caps));
    return await readSnapshotBody(whole, caps);
  } catch (error) {
    throw unreadable(`its content makes no sense (${messageOf(error)})`, error);
  }
}

async function sha256(parts: readonly Uint8Array[]): Promise<Buffer> {
  const hash = createHash("sha256");
  for (const part of parts) for await (const piece of inTurns(part)) hash.update(piece);
  return hash.digest();
}

function unreadable(reason: string, cause?: unknown): CodecellError {
  return new CodecellError("config_error", `the snapshot cannot be read: ${reason}`, { cause });
}
