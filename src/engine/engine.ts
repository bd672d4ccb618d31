import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import type { LogEntry } from "../core/result.ts";
import type { Answer } from "../core/answer.ts";

/** A tool call (or a discovery call) that a program makes. Every field comes from hostile code: check before use. */
export interface HostCall {
  /** The server (or namespace) as the program spelled it. */
  readonly server: string;
  /** The tool as the program spelled it. */
  readonly tool: string;
  /** The arguments as wire text. */
  readonly args: string;
}

/** What one run may ask of its host. Text in, text out: no live object crosses. */
export interface Host {
  /** Carry out a call. Never rejects: a failed call is an answer too. */
  call(call: HostCall): Promise<Answer>;
  /** One console entry. */
  log(entry: LogEntry): void;
  /** Characters of console output in all that the VM dropped because its log budget was used up. */
  dropped(characters: number): void;
}

export interface EngineUsage {
  /** Time the program computed, in ms. */
  readonly cpuMs: number;
  /** The largest heap seen, in bytes. */
  readonly peakBytes: number;
}

/** How a run ended. `value` is wire text, absent when the program returned nothing. */
export type Outcome = (
  | { readonly ok: true; readonly value?: string }
  | { readonly ok: false; readonly error: Failure }
) & {
  readonly usage: EngineUsage;
  /** False when the place should not be used again: a limit was hit or the engine misbehaved. */
  readonly clean: boolean;
};

/** One fresh VM for one run. */
export interface Session extends AsyncDisposable {
  /** Run `program` to its end. Resolves whatever the program does; rejects only for a bug of ours. */
  run(program: Program, names: NameTable, host: Host, signal: AbortSignal): Promise<Outcome>;
}

/** Something that makes VMs. Each holds a small pool of VMs that no program has touched. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** A VM that no program has touched, under `limits`. */
  open(limits: Limits): Promise<Session>;
  /** Resolves when VMs for runs under `limits` are prepared. */
  ready(limits: Limits): Promise<void>;
}

/**
 * An engine as plain data, so that it can be posted to a thread or a process. `module` is the URL of a module that
 * exports `createEngine(options): Promise<Engine>`; anyone can bring one.
 */
export interface EngineRef {
  readonly name: string;
  readonly module: string;
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
