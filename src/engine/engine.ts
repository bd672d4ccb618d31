import type { Answer } from "../core/answer.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";

/**
 * A call of a program to its host: of a tool, or of a discovery function (`server` is empty then). Every field comes from
 * hostile code: check it before use.
 */
export interface HostCall {
  /** The server (or namespace) as the program spelled it. */
  readonly server: string;
  /** The tool as the program spelled it. */
  readonly tool: string;
  /** The arguments as wire text: JSON, or `~` and tagged JSON for values that JSON lacks. */
  readonly args: string;
  /** The VM's own number of the call. */
  readonly id?: number;
  /**
   * True when a VM that was saved while it waited for this call is resumed and repeats it. The host then decides whether
   * the call was already carried out.
   * @default false
   */
  readonly again?: boolean;
}

/** The host of one run. Only text crosses, no live object. */
export interface Host {
  /** Carries out a call. Never rejects: a failed call resolves to an answer with the failure. */
  call(call: HostCall): Promise<Answer>;
  /** Receives one console entry. */
  log(entry: LogEntry): void;
  /** Receives the record of a call that was carried out where the program runs, not by this host. */
  called?(record: CallRecord): void;
  /** Receives the sum of the bytes of console output that the VM has dropped because they exceed `logBytes`. */
  dropped(bytes: number): void;
  /** Called when the program begins (true) or stops (false) to wait for its timers and nothing else. */
  idle?(idle: boolean): void;
}

/** What one run used in its engine. */
export interface EngineUsage {
  /** Time in ms that the program itself computed. */
  readonly cpuMs: number;
  /** The largest heap observed, in bytes. */
  readonly peakBytes: number;
  /** Time in ms that compiling took; near 0 for a program that was in the cache. */
  readonly compileMs?: number;
}

/**
 * How a run ended: `value` is the program's value as wire text, absent when it returned nothing; `error` is why it failed. Where
 * the run was carried out, the value is rendered as JSON and cut to `limits.resultBytes`; `cutBytes` were left out.
 */
export type Outcome = (
  | { readonly ok: true; readonly value?: string; readonly cutBytes?: number }
  | { readonly ok: false; readonly error: Failure }
) & {
  /** What the run used. */
  readonly usage: EngineUsage;
  /** False when the VM, and the worker around it, must not be used again: a limit was hit or the engine failed. */
  readonly clean: boolean;
  /** Names that the program declared for the next programs of its session. Absent outside a kept VM. */
  readonly declares?: readonly string[];
  /**
   * Open calls that the program had stopped waiting for, by the VM's numbers: what was left of a decided `Promise.race`, `any` or
   * `all`. They need not be finished.
   * @default []
   */
  readonly givenUp?: readonly number[];
};

/**
 * One VM. It serves one run or, opened with `keep`, several runs one after the other, each with the variables of the runs
 * before. Between runs no guest code runs and timers are halted. Disposal ends the VM.
 */
export interface Session extends AsyncDisposable {
  /**
   * Runs `program` to its end. Resolves whatever the program does; a rejection is a bug of the engine. After an outcome that
   * is not clean the VM cannot be used any more.
   * @param names the spellings of servers and tools that the program can look up
   * @param signal ends the run with the code `aborted`
   * @param limits caps of this run, by default those that the VM was opened with
   */
  run(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits?: Limits,
  ): Promise<Outcome>;
  /** For a kept VM: continues the run that was active when the VM was saved. `program` is the program of that run. */
  resume?(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits: Limits,
  ): Promise<Outcome>;
  /**
   * For a kept VM: returns it as data, from which `open` can restore it in another place. Also possible during a run, while
   * the program waits.
   * @throws CodecellError `config_error` where the VM cannot be saved
   */
  save?(): Promise<SavedVm>;
}

/** How a VM that is kept from run to run is opened. */
export interface KeepOptions {
  /**
   * Seed of all randomness: the same seed gives the same numbers.
   * @default none: real randomness
   */
  readonly seed?: string;
  /**
   * Start of the clock in ms since 1970. Only timers move this clock.
   * @default none: the real clock
   */
  readonly now?: number;
  /**
   * A saved VM to restore.
   * @default none: a new VM
   */
  readonly saved?: SavedVm;
  /**
   * Time in ms that restoring it may compute.
   * @default 60_000
   */
  readonly replayMs?: number;
}

/** A VM as data: its state, and what it waits for. */
export interface SavedVm {
  /** The engine with its version. Only the same one can restore the VM. */
  readonly engine: string;
  /** The VM's memory, or a journal from which the engine rebuilds it. */
  readonly image: Uint8Array;
  /** Number of runs that it has begun. */
  readonly runs: number;
  /** Whether a run was active when it was saved. */
  readonly running: boolean;
  /** Number of random values drawn from the seed. */
  readonly drawn: number;
  /** Timers that are set, each with its remaining time in ms. */
  readonly timers: readonly (readonly [id: number, ms: number])[];
  /** Calls that have no answer yet. */
  readonly calls: readonly SavedCall[];
  /** Answers that the VM has not received yet. */
  readonly answers: readonly (readonly [id: number, answer: Answer])[];
}

/** A call that a saved VM waits for. */
export interface SavedCall {
  /** The VM's own number of the call. */
  readonly id: number;
  /** `call`: a call to the host. `digest`: a digest of `crypto.subtle`, which the engine computes. */
  readonly kind: "call" | "digest";
  /** The server as the program spelled it; empty for a discovery call and for a digest. */
  readonly server: string;
  /** The tool as the program spelled it, or the name of the digest's algorithm. */
  readonly tool: string;
  /** The arguments as wire text, or the bytes to digest in base64. */
  readonly args: string;
}

/** Makes VMs, and keeps a few unused ones ready. Disposal ends the engine with its unused VMs. */
export interface Engine extends AsyncDisposable {
  /** Name in messages. */
  readonly name: string;
  /**
   * Returns an unused VM.
   * @param limits caps of its runs; `limits.memoryMb` is the cap of the VM
   * @param keep opens it for several runs; passed only where {@link keeps} is true
   * @throws CodecellError `config_error` when `keep.saved` cannot be restored here
   */
  open(limits: Limits, keep?: KeepOptions): Promise<Session>;
  /**
   * Whether `open` supports `keep`, with {@link Session.resume} and {@link Session.save}. Sessions need it.
   * @default false
   */
  readonly keeps?: boolean;
  /** Resolves when a VM for runs under `limits` is prepared. */
  ready(limits: Limits): Promise<void>;
}

/** An engine as plain data, so that it can be sent to a thread or a process, which then imports it. */
export interface EngineRef {
  /** Name in results and messages. */
  readonly name: string;
  /** The module to import: its URL, or the name of a package. It exports `createEngine`, see {@link EngineModule}. */
  readonly module: string;
  /**
   * Options for `createEngine`: plain data.
   * @default none
   */
  readonly options?: unknown;
}

/** The exports of an engine module. */
export interface EngineModule {
  /**
   * Creates the engine in this thread.
   * @param options the options of the {@link EngineRef}
   * @throws CodecellError `engine_unavailable` when the engine cannot be loaded here
   */
  createEngine(options?: unknown): Promise<Engine>;
}

/** The exports of the modules of codecell's own engines. */
export interface BuiltInEngineModule extends EngineModule {
  /**
   * Files that the engine reads besides its module: host paths by the name of the `createEngine` option for that path. A
   * sandbox shows them at other paths and sets the options. Loads nothing native.
   */
  assets(): Promise<Readonly<Record<string, string>>>;
}
