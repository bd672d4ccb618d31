import type { ErrorCode } from "./errors.ts";
import type { CallRecord, FileAccess, NetworkRequest } from "./result.ts";

/** Which run an event belongs to. */
export interface RunIdentity {
  readonly runId: string;
  /** As the caller of `run` named them. */
  readonly user?: string;
  /** The session that it belongs to, if to one. */
  readonly session?: string;
}

/** What a runtime tells, for audit logs and alarms. Times are those of the listener's call: events are not delayed. */
export interface RuntimeEvents {
  /** A program is about to be compiled and run. */
  run_start: RunIdentity & {
    readonly engine: string;
    readonly placement: string;
    /** SHA-256 of the program's text, in hex. */
    readonly sourceHash: string;
    /** The program's size in UTF-8. */
    readonly sourceBytes: number;
  };
  /** A run is over. */
  run_end: RunIdentity & {
    readonly ok: boolean;
    /** Absent when the run succeeded. */
    readonly code?: ErrorCode;
    readonly wallMs: number;
    readonly cpuMs: number;
    /** Of `wallMs`, what compiling took. */
    readonly compileMs: number;
    readonly toolCalls: number;
  };
  /** A tool call has ended. */
  call: RunIdentity & CallRecord;
  /** A run was ended because it breached a cap. */
  limit: RunIdentity & { readonly code: ErrorCode; readonly message: string };
  /** A call was refused: by the network's rules, by a policy. */
  denied: RunIdentity & { readonly tool: string; readonly message: string };
  /** A program's request to the network, made or refused. */
  network: RunIdentity & NetworkRequest;
  /** A program's access to a file, of its session's workspace or of the tree of tools. */
  file: RunIdentity & FileAccess;
  /** A server logged something (`notifications/message`). What it holds is the server's own. */
  server_log: {
    readonly server: string;
    /** `debug` to `emergency`, as in RFC 5424. */
    readonly level: string;
    readonly logger?: string;
    readonly data: unknown;
  };
  /** A server said that a list of its has changed. Tools are listed again at once, the rest when it is next wanted. */
  list_changed: { readonly server: string; readonly list: "tools" | "resources" | "prompts" };
  /** The worker of a run died, and not by a limit: a bug of an engine, or an attempt at one. */
  worker_crash: RunIdentity & {
    readonly engine: string;
    readonly placement: string;
    readonly message: string;
  };
}

export type RuntimeEventName = keyof RuntimeEvents;
/** Events that belong to a run. */
export type RunEventName = {
  [Name in RuntimeEventName]: RuntimeEvents[Name] extends RunIdentity ? Name : never;
}[RuntimeEventName];
export type RuntimeListener<Name extends RuntimeEventName> = (event: RuntimeEvents[Name]) => void;

type AnyListener = (event: never) => void;

/** `listener`, but what it throws is told of as a warning of the process. */
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

/** Listeners by event. One that throws is told of as a warning of the process and disturbs neither runs nor others. */
export class RuntimeEmitter {
  readonly #listeners = new Map<RuntimeEventName, Set<AnyListener>>();

  /** Call `listener` for every event called `name`; the answer stops that. */
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
