import type { Answer } from "../core/answer.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import type { CallRecord, LogEntry } from "../core/result.ts";

/** A tool call (or a discovery call) that a program makes. Every field comes from hostile code: check before use. */
export interface HostCall {
  /** The server (or namespace) as the program spelled it. */
  readonly server: string;
  /** The tool as the program spelled it. */
  readonly tool: string;
  /** The arguments as wire text. */
  readonly args: string;
  /** The VM's own number of the call. */
  readonly id?: number;
  /** The VM was saved while it waited for this call, and goes on: the host knows whether it was carried out. */
  readonly again?: boolean;
}

/** What one run may ask of its host. Text in, text out: no live object crosses. */
export interface Host {
  /** Carry out a call. Never rejects: a failed call is an answer too. */
  call(call: HostCall): Promise<Answer>;
  /** One console entry. */
  log(entry: LogEntry): void;
  /** A call that was carried out where the program runs, not here. */
  called?(record: CallRecord): void;
  /** Bytes of console output in all that the VM dropped because its log budget was used up. */
  dropped(bytes: number): void;
  /** Whether the program waits for its timers, and for nothing else. Told where it changes. */
  idle?(idle: boolean): void;
}

export interface EngineUsage {
  /** Time the program computed, in ms. */
  readonly cpuMs: number;
  /** The largest heap seen, in bytes. */
  readonly peakBytes: number;
  /** Time that compiling took before, in ms; next to nothing for a program that was compiled before. */
  readonly compileMs?: number;
}

/** How a run ended. `value` is wire text, absent when the program returned nothing. */
export type Outcome = (
  | { readonly ok: true; readonly value?: string }
  | { readonly ok: false; readonly error: Failure }
) & {
  readonly usage: EngineUsage;
  /** False when the place should not be used again: a limit was hit or the engine misbehaved. */
  readonly clean: boolean;
  /** Names that the program leaves to the next ones of its session. */
  readonly declares?: readonly string[];
};

/**
 * One VM. It serves one run, or, where it was opened to be kept, one run after the other: each finds what the ones
 * before left. Between runs no guest code runs; timers wait.
 */
export interface Session extends AsyncDisposable {
  /**
   * Run `program` to its end. Resolves whatever the program does; rejects only for a bug of ours. After an outcome that
   * is not clean the VM is done for.
   */
  run(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits?: Limits,
  ): Promise<Outcome>;
  /** Of a kept VM: go on with the run that was at work when it was saved, which was of `program`. */
  resume?(
    program: Program,
    names: NameTable,
    host: Host,
    signal: AbortSignal,
    limits: Limits,
  ): Promise<Outcome>;
  /** Of a kept VM: what it takes to have it again elsewhere. Possible during a run, while it waits. */
  save?(): Promise<SavedVm>;
}

/** How a VM that is kept from run to run is opened. */
export interface KeepOptions {
  /** Randomness comes from here alone: the same seed gives the same. Default: real randomness. */
  readonly seed?: string;
  /** The clock starts here and only timers move it; ms since 1970. Default: the real clock. */
  readonly now?: number;
  /** The VM as it was saved. Default: a new one. */
  readonly saved?: SavedVm;
}

/** A VM as data: what it is, and what it waits for. */
export interface SavedVm {
  /** What it was saved by and can be read by: an engine with its version. */
  readonly engine: string;
  /** Its memory, or how it came to be. */
  readonly image: Uint8Array;
  /** Runs that it has begun. */
  readonly runs: number;
  /** A run is at work. */
  readonly running: boolean;
  /** Numbers drawn from the seed. */
  readonly drawn: number;
  /** Timers that are set, with what is left of their time in ms. */
  readonly timers: readonly (readonly [id: number, ms: number])[];
  /** Calls that have no answer yet. */
  readonly calls: readonly SavedCall[];
  /** Answers that came when no program was at work. */
  readonly answers: readonly (readonly [id: number, answer: Answer])[];
}

/** A call that a saved VM waits for. */
export interface SavedCall {
  readonly id: number;
  /** `digest`: no call of a tool, but a digest that the VM asked its engine for. */
  readonly kind: "call" | "digest";
  readonly server: string;
  readonly tool: string;
  readonly args: string;
}

/** Something that makes VMs. Each holds a small pool of VMs that no program has touched. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /**
   * A VM that no program has touched, under `limits`; with `keep`, one for any number of runs. An engine without
   * {@link keeps} makes VMs for one run only.
   */
  open(limits: Limits, keep?: KeepOptions): Promise<Session>;
  /** Whether `open` knows `keep`. */
  readonly keeps?: boolean;
  /** Resolves when VMs for runs under `limits` are prepared. */
  ready(limits: Limits): Promise<void>;
}

/**
 * An engine as plain data, so that it can be posted to a thread or a process. `module` is the URL of a module that
 * exports `createEngine(options): Promise<Engine>`; anyone can bring one.
 */
export interface EngineRef {
  /** What results and messages call it. */
  readonly name: string;
  /** The module to import: its address, or the name of a package. It exports `createEngine`, see {@link EngineModule}. */
  readonly module: string;
  /**
   * What `createEngine` gets: plain data.
   * @default none
   */
  readonly options?: unknown;
}

/** What an engine module exports. */
export interface EngineModule {
  createEngine(options?: unknown): Promise<Engine>;
}

/** What the modules of the engines that come with codecell export besides. */
export interface BuiltInEngineModule extends EngineModule {
  /**
   * Files that the engine reads besides its module: host paths by the name of the option that tells `createEngine`
   * where they are. A sandbox shows them at other paths and sets the options. Nothing native is loaded for this.
   */
  assets(): Promise<Readonly<Record<string, string>>>;
}
