import type { ErrorCode } from "./errors.ts";
import type { CallRecord, FileAccess, NetworkRequest } from "./result.ts";

/** The run that an event belongs to. */
export interface RunIdentity {
  /** UUID; the `runId` of the run's result. */
  readonly runId: string;
  /** The `user` option of the run, or the user of its session. */
  readonly user?: string;
  /** Id of the session that the run belongs to. Absent outside a session. */
  readonly session?: string;
}

/**
 * The events of a runtime by name, for audit logs and alarms. Listeners are called synchronously when the event happens,
 * with a frozen object. For each run `run_start` is the first event and `run_end` the last.
 */
export interface RuntimeEvents {
  /** A program is about to be compiled and run. */
  run_start: RunIdentity & {
    /** Name of the engine: `v8`, `quickjs`, or the name of a custom engine. */
    readonly engine: string;
    /** Name of the placement, e.g. `process`. */
    readonly placement: string;
    /** SHA-256 of the program's text as UTF-8, in hex. */
    readonly sourceHash: string;
    /** Size of the program's text in bytes of UTF-8. */
    readonly sourceBytes: number;
  };
  /** A run is over. */
  run_end: RunIdentity & {
    /** Whether the run succeeded. */
    readonly ok: boolean;
    /** Why it failed. Absent when it succeeded. */
    readonly code?: ErrorCode;
    /** Duration in ms, waiting included. */
    readonly wallMs: number;
    /** Time in ms that the program itself computed. */
    readonly cpuMs: number;
    /** The part of `wallMs` that compiling took, in ms. */
    readonly compileMs: number;
    /** Number of tool calls. */
    readonly toolCalls: number;
  };
  /** A tool call has ended. */
  call: RunIdentity & CallRecord;
  /** A run was ended because it breached a cap. */
  limit: RunIdentity & {
    /** Code of the cap, e.g. `timeout`. */
    readonly code: ErrorCode;
    /** The message of the run's error. */
    readonly message: string;
  };
  /** A call was refused, e.g. by the network settings. */
  denied: RunIdentity & {
    /** `server.tool` with original names. */
    readonly tool: string;
    /** Why the call was refused. */
    readonly message: string;
  };
  /** A program's request to the network, made or refused. */
  network: RunIdentity & NetworkRequest;
  /** A program's access to a file, of its session's workspace or of the tree of tools. */
  file: RunIdentity & FileAccess;
  /** An MCP server sent a log message (`notifications/message`). */
  server_log: {
    /** Name of the server in the config. */
    readonly server: string;
    /** Severity from `debug` to `emergency` (RFC 5424, section 6.2.1). */
    readonly level: string;
    /** Name of the logger, where the server sends one. */
    readonly logger?: string;
    /** Any JSON, as the server sent it. It is not checked. */
    readonly data: unknown;
  };
  /**
   * A server is being connected, is connected, could not be used, or lists other tools now. Of a new runtime only what happens after
   * its start.
   */
  server_state: {
    /** Name of the server in the config. */
    readonly server: string;
    /** `connecting`, `connected`, or `failed`: it is tried again later. */
    readonly state: "connecting" | "connected" | "failed";
    /** Number of tools that programs can name now. */
    readonly tools: number;
    /** Why it could not be used, where it failed. It may hold paths and the end of the server's standard error. */
    readonly failure?: string;
  };
  /**
   * An MCP server reported that one of its lists has changed. Tools are listed again immediately, resources and prompts at
   * their next use.
   */
  list_changed: {
    /** Name of the server in the config. */
    readonly server: string;
    /** The list that has changed. */
    readonly list: "tools" | "resources" | "prompts";
  };
  /** The worker of a run ended unexpectedly, not because of a limit. Possible causes are a bug of an engine and an attack on it. */
  worker_crash: RunIdentity & {
    /** Name of the engine. */
    readonly engine: string;
    /** Name of the placement. */
    readonly placement: string;
    /** The message of the run's error. */
    readonly message: string;
  };
}

/** Name of an event of {@link RuntimeEvents}. */
export type RuntimeEventName = keyof RuntimeEvents;
/** Names of the events that belong to a run. */
export type RunEventName = {
  [Name in RuntimeEventName]: RuntimeEvents[Name] extends RunIdentity ? Name : never;
}[RuntimeEventName];
/** A listener of one event. An exception in it becomes a warning of the process (`CodecellWarning`). */
export type RuntimeListener<Name extends RuntimeEventName> = (event: RuntimeEvents[Name]) => void;

type AnyListener = (event: never) => void;

/** Wraps `listener` so that an exception in it becomes a warning of the process. */
export function guarded<Event>(
  name: string,
  listener: ((event: Event) => void) | undefined,
): ((event: Event) => void) | undefined {
  if (listener === undefined) return undefined;
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      process.emitWarning(`a listener of ${name} threw: ${String(error)}`, "CodecellWarning");
    }
  };
}

/** Listeners by event. A listener that throws affects neither runs nor other listeners, see {@link guarded}. */
export class RuntimeEmitter {
  readonly #listeners = new Map<RuntimeEventName, Set<AnyListener>>();

  /** Calls `listener` for every event named `name`. Returns a function that removes it. */
  on<Name extends RuntimeEventName>(name: Name, listener: RuntimeListener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // One entry per call of `on`, also when the same function listens twice.
    const entry = guarded(name, listener as (event: unknown) => void) as AnyListener;
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<Name extends RuntimeEventName>(name: Name, event: RuntimeEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      listener(Object.freeze({ ...event }) as never);
    }
  }
}
