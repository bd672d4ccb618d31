import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Host, Outcome } from "../engine/engine.ts";

/** One run, as plain data. */
export interface RunRequest {
  /** The program's text as the caller gave it. It is compiled where it runs, because compiling it can be made to hang. */
  readonly source: string;
  readonly limits: Limits;
  readonly names: NameTable;
}

/** An engine somewhere: in this process, in a thread, in a process of its own. */
export interface Place extends AsyncDisposable {
  /** The word for `usage.placement`. */
  readonly name: string;
  /** Throws CodecellError `config_error` for limits of a run that this place cannot keep. */
  check?(limits: Limits): void;
  /** Run to the end. Resolves whatever the program does, and when the place dies of it. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
}
