import type { Caller } from "../core/caller.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";
import type { Outcome } from "../engine/engine.ts";
import type { Workspace } from "../files/workspace.ts";
import type { RunRequest } from "../placement/placement.ts";
import type { ModelHandler } from "../tools/model.ts";
import type { Bridge } from "./bridge.ts";
import type { CallJournal } from "./call-journal.ts";
import type { OutputSchema } from "./check-output.ts";
import type { Handles } from "./handles.ts";
import type { HostInContext } from "./host-in-context.ts";
import type { ResumedCalls } from "./recorded-calls.ts";

/** What `run` takes besides the program. */
export interface RunOptions {
  /**
   * Aborting ends the run with `aborted`.
   * @default none
   */
  readonly signal?: AbortSignal;
  /**
   * Who runs the program; local tools receive it as `context.user`.
   * @default no user
   */
  readonly user?: string;
  /**
   * Caps of this run.
   * @default each is the runtime's
   */
  readonly limits?: Partial<Limits>;
  /**
   * The time zone of its local times (`getHours`, `toString`, `Intl` where it names none): a name of the IANA database.
   * @default that of the session or of the runtime
   */
  readonly timeZone?: string;
  /**
   * `"auto"`: check the program as the option `typeCheck: "auto"` of a runtime does, where the runtime has no setting of it.
   * @default the runtime's setting
   */
  readonly typeCheck?: "auto";
  /**
   * Called with each console entry as it comes. All entries are in the result too.
   * @default none
   */
  readonly onLog?: (entry: LogEntry) => void;
  /**
   * Called with each tool call when it has ended. All calls are in the result too.
   * @default none
   */
  readonly onCall?: (call: CallRecord) => void;
  /**
   * Answers `ask` of this program, where the runtime has no `onModel`.
   * @default `ask` is refused
   */
  readonly onModel?: ModelHandler;
  /**
   * What the value must be: a Standard Schema (zod 3.24 and later, valibot, arktype …) or a JSON Schema. The value of the
   * result is what the schema returns, with its defaults and transforms; it is not frozen. A value that does not fit is a
   * `program_error` whose message names what is wrong, for whoever wrote the program; one that is too large to be whole in
   * a result (`resultBytes`) is an `output_limit`. An asynchronous schema has as long as the program had (`wallMs`).
   * Of a JSON Schema, `pattern`, `patternProperties`, `format` and `uniqueItems` are not checked, nor are `not`, `if` and the like
   * beside them.
   * @default the value is any JSON value, and is not checked
   */
  readonly output?: OutputSchema | undefined;
}

/** What a session adds to a run. */
export interface SessionContext {
  readonly id: string;
  readonly workspace: Workspace;
  /** Names that earlier programs declared. */
  readonly declared: readonly string[];
  /** Recorded calls of the run, and where new ones are recorded. */
  readonly journal?: CallJournal | undefined;
  /** Resume a saved run instead of starting one. */
  readonly resume?: ResumedCalls | undefined;
  /** Aborted when the session is closed: what the program did not await is not finished then. */
  readonly ending?: AbortSignal;
  /** Called with the run's host when it begins. */
  readonly onBegin?: (bridge: Bridge) => void;
}

/**
 * Where a program comes from. One that another runtime sent here, which has this one as its placement, comes with the
 * names that it can spell; its types are checked and its tokens are counted there.
 */
export type Origin =
  | { readonly kind: "local" }
  | { readonly kind: "remote"; readonly names: NameTable };

/** One program to run. */
export interface Job {
  readonly source: string;
  readonly limits: Limits;
  readonly timeZone: string | undefined;
  /** Who runs the program. */
  readonly caller: Caller;
  readonly origin: Origin;
  readonly options: Omit<RunOptions, "user" | "limits" | "timeZone">;
  /**
   * Objects with methods of a VM that outlives the run.
   * @default none: they end with the run
   */
  readonly handles?: Handles;
  /** Carries it out somewhere. */
  readonly run: (request: RunRequest, host: HostInContext, signal: AbortSignal) => Promise<Outcome>;
  readonly session?: SessionContext;
}
