/**
 * A session as bytes: `CCS`, the version of the format, the SHA-256 of what follows, and that compressed with
 * Zstandard (RFC 8878): the length of the head, the head as JSON, the image of the VM, the files. The checksum finds
 * damage, not forgery.
 */
import { createHash } from "node:crypto";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import type { SavedVm } from "../engine/engine.ts";
import type { FileContent } from "../files/file-content.ts";
import { compress, decompress } from "./compress.ts";

const MAGIC = "CCS";
const VERSION = 1;
const CHECKSUM_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 1 + CHECKSUM_BYTES;

/** A run that was active when the session was saved. */
export interface SavedRun {
  readonly source: string;
  readonly limits: Limits;
  readonly logs: readonly LogEntry[];
  readonly calls: readonly CallRecord[];
}

export type SavedFile = readonly [path: string, content: FileContent | undefined, mtimeMs: number];

/** A session as data. */
export interface SavedSession {
  readonly limits: Limits;
  readonly seed?: string;
  readonly now?: number;
  /** Number of programs that it has run. */
  readonly programs: number;
  /** Names that they declared. */
  readonly declared: readonly string[];
  /** Absent for a session that has not run anything. */
  readonly vm?: SavedVm;
  readonly run?: SavedRun;
  readonly files: readonly SavedFile[];
}

export async function writeSnapshot({ vm, files, ...facts }: SavedSession): Promise<Uint8Array> {
  const { image = new Uint8Array(), ...rest } = vm ?? {};
  const contents = files.map(([, content = ""]) =>
    typeof content === "string" ? Buffer.from(content) : content,
  );
  const head = Buffer.from(
    JSON.stringify({
      ...facts,
      ...(vm === undefined ? {} : { vm: { ...rest, imageBytes: image.length } }),
      files: files.map(([path, content, mtimeMs], at) => [
        path,
        content === undefined ? "folder" : typeof content === "string" ? "text" : "bytes",
        contents[at]!.length,
        mtimeMs,
      ]),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = await compress(Buffer.concat([length, head, image, ...contents]));
  const checksum = createHash("sha256").update(body).digest();
  return Buffer.concat([Buffer.from(MAGIC), Buffer.from([VERSION]), checksum, body]);
}

/** @throws CodecellError `config_error` for bytes that are not a snapshot, or one of another version or damaged */
export async function readSnapshot(bytes: Uint8Array): Promise<SavedSession> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < HEAD_BYTES || all.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw unreadable("it is no snapshot of a session");
  if (all[MAGIC.length] !== VERSION)
    throw unreadable(`it has version ${all[MAGIC.length]}, this codecell reads ${VERSION}`);
  const body = all.subarray(HEAD_BYTES);
  if (
    !createHash("sha256")
      .update(body)
      .digest()
      .equals(all.subarray(MAGIC.length + 1, HEAD_BYTES))
  )
    throw unreadable("it is damaged");
  try {
    return readBody(await decompress(body));
  } catch (error) {
    throw unreadable("its content makes no sense", error);
  }
}

type SavedHead = Omit<SavedSession, "vm" | "files"> & {
  readonly vm?: Omit<SavedVm, "image"> & { readonly imageBytes: number };
  readonly files: readonly (readonly [string, "folder" | "text" | "bytes", number, number])[];
};

function readBody(whole: Buffer): SavedSession {
  const start = 4 + whole.readUInt32LE(0);
  const { vm, files, ...facts } = JSON.parse(whole.toString("utf8", 4, start)) as SavedHead;
  const { imageBytes = 0, ...rest } = vm ?? {};
  let at = start + imageBytes;
  const image = whole.subarray(start, at);
  return {
    ...facts,
    ...(vm === undefined ? {} : { vm: { ...(rest as Omit<SavedVm, "image">), image } }),
    files: files.map(([path, kind, length, mtimeMs]) => {
      const content = whole.subarray(at, (at += length));
      if (kind === "folder") return [path, undefined, mtimeMs];
      return [path, kind === "text" ? content.toString() : new Uint8Array(content), mtimeMs];
    }),
  };
}

function unreadable(reason: string, cause?: unknown): CodecellError {
  return new CodecellError("config_error", `the snapshot cannot be read: ${reason}`, { cause });
}
