/** Snapshots that somebody else than codecell wrote. */
import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import { DEFAULT_LIMITS } from "../../src/index.ts";

const MIB = 1024 * 1024;
export const CAPS = { memoryMb: 64, workspace: { bytes: 16 * MIB, entries: 1_000 } };

/** A snapshot with a valid checksum of anything. */
export function snapshotOf(...parts: Uint8Array[]): Buffer {
  const whole = Buffer.concat(parts);
  const body = zstdCompressSync(whole, { pledgedSrcSize: whole.length });
  const checksum = createHash("sha256").update(body).digest();
  return Buffer.concat([Buffer.from("CCS"), Buffer.from([1]), checksum, body]);
}

export function withHead(head: unknown, ...rest: Uint8Array[]): Buffer {
  const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return snapshotOf(length, text, ...rest);
}

/** The head of a session that has not run anything, and what a head has of a VM. */
export const EMPTY = { limits: DEFAULT_LIMITS, programs: 0, declared: [], files: [] };
export const VM = {
  engine: "x",
  runs: 1,
  running: false,
  drawn: 0,
  timers: [],
  calls: [],
  answers: [],
  imageBytes: 0,
};
