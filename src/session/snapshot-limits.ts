/** What a snapshot may ask for. */
import { CodecellError } from "../core/errors.ts";
import { least, type Limits } from "../core/limits.ts";
import type { SavedSession } from "./saved-session.ts";

/** A session in a store may have been opened with more memory than the runtime's other runs: who can write there is trusted. */
export const STORED_MEMORY_MB = 1_024;

/**
 * The saved session with no limit above `most`.
 * @throws CodecellError `config_error` where its VM has more memory
 */
export function within(most: Limits, saved: SavedSession): SavedSession {
  const { memoryMb } = saved.limits;
  if (memoryMb > most.memoryMb) {
    const message = `the snapshot cannot be restored here: its VM has limits.memoryMb ${memoryMb}, and this runtime allows ${most.memoryMb}`;
    throw new CodecellError("config_error", message, {
      hint: "Raise limits.memoryMb of the runtime.",
    });
  }
  const run = saved.run && { ...saved.run, limits: least(saved.run.limits, most) };
  return { ...saved, limits: least(saved.limits, most), ...(run === undefined ? {} : { run }) };
}
