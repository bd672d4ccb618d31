import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { messageOf } from "../../core/errors.ts";
import { configError } from "../../core/setting-errors.ts";

/** A config file that nobody named: what is trusted of it is what was read here. It is not read again. */
export interface FoundFile {
  /** Where it was found. */
  readonly path: string;
  /** The file itself, behind symbolic links. */
  readonly realPath: string;
  /**
   * What is trusted: its name in its real folder. A link is another place than the file behind it, because relative commands
   * of a file start what is in the folder where it is found.
   */
  readonly place: string;
  readonly text: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
}

/** Bytes of the largest file: hundreds of servers fit, and a link to something endless ends. */
const MAX_BYTES = 1_048_576;
/** A named pipe must not block, and what `realpath` found must not become a link. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** @throws CodecellError `config_error` for anything but a file of at most 1 MiB */
export async function readFound(path: string): Promise<FoundFile> {
  try {
    const realPath = await realpath(path);
    const place = await placeOf(path);
    await using handle = await open(realPath, FLAGS);
    const bytes = await readBytes(handle);
    const digest = createHash("sha256").update(bytes).digest("hex");
    return { path, realPath, place, text: bytes.toString("utf8"), digest };
  } catch (cause) {
    throw configError(`the config file ${path} cannot be read: ${messageOf(cause)}`);
  }
}

/** @throws Error where there is no such folder */
export async function placeOf(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}

async function readBytes(handle: FileHandle): Promise<Buffer> {
  if (!(await handle.stat()).isFile()) throw new Error("it is not a file");
  const bytes = await buffer(handle.createReadStream({ end: MAX_BYTES, autoClose: false }));
  if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
  return bytes;
}
