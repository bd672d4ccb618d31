import { createReadStream } from "node:fs";
import { constants, open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";

/** Bytes of the largest file. Hosts keep more than servers in one. */
const MAX_BYTES = 67_108_864;

/**
 * The text of a file that a folder holds: a named pipe must not block.
 * @throws Error for anything but a file of at most 64 MiB
 */
export async function readText(path: string): Promise<string> {
  await using handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if (!(await handle.stat()).isFile()) throw new Error("it is not a file");
  return await textOf(handle.createReadStream({ end: MAX_BYTES, autoClose: false }));
}

/**
 * The text of what somebody named, which may be a pipe. What has no end is not read to it.
 * @throws Error for more than 64 MiB
 */
export async function readNamed(path: string): Promise<string> {
  return await textOf(createReadStream(path, { end: MAX_BYTES }));
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = await buffer(stream);
  if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
  return bytes.toString("utf8");
}
