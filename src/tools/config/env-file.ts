import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parseEnv } from "node:util";
import { messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { configError } from "../../core/setting-errors.ts";

/** Bytes of the largest file. */
const MAX_BYTES = 1_048_576;

/**
 * The variables of a file in the format of dotenv.
 * @throws CodecellError `config_error` naming the setting at path `at`
 */
export function readEnvFile(path: string, at: string): Record<string, string> {
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "which does not exist" : `which cannot be read: ${messageOf(cause)}`;
    throw configError(`${at} names ${oneLine(path)}, ${why}`);
  }
  const variables = Object.entries(parseEnv(text));
  return Object.fromEntries(variables.map(([name, value]) => [name, value ?? ""]));
}

/** A named pipe must not block, and a device must end. */
function readText(path: string): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error("it is not a file");
    if (stats.size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
