/** What the token benchmark measures: servers, and workloads that use them. */
import type { RuntimeOptions } from "../../index.ts";

/** The outcome of a workload, for its check. */
export interface Outcome {
  /** The output of the last program as a model reads it, or the final text of the model. */
  readonly text: string;
  /** Values of the programs, in order; for a model that wrote them itself, of all that succeeded. */
  readonly values: readonly unknown[];
  /** Runs a program against the same servers and returns its value. @throws Error if the program fails */
  read(code: string): Promise<unknown>;
}

/** The same mistake in a program and in a direct call. */
export interface Mistake {
  /** A text of the first program, and its replacement in the failed attempt. */
  readonly program: readonly [right: string, wrong: string];
  /** The direct call, which the server must refuse. */
  readonly call: {
    /** Name of the server. */
    readonly server: string;
    /** Name of the tool. */
    readonly tool: string;
    /** Arguments of the call. */
    readonly args: unknown;
  };
}

/** One job, with the programs that do it. */
export interface Workload {
  /** Unique within its world. */
  readonly id: string;
  /** Name in tables and charts. */
  readonly title: string;
  /** The user's request: the first message in every way. */
  readonly task: string;
  /** Programs as a model would write them; at least one. Several are turns of one session. */
  readonly programs: readonly string[];
  /** Names of servers that it needs; a world in which one did not start omits it. @default none */
  readonly servers?: readonly string[];
  /** Queries by which a model would search for the tools. @default the words of the used tools' names */
  readonly searches?: readonly string[];
  /** `program`: the programs find their tools themselves, so code execution takes no search steps. @default "tools" */
  readonly disclosure?: "tools" | "program";
  /** The mistake of the failed attempt. @default the name of the first used tool, without its last letter */
  readonly mistake?: Mistake;
  /** Restores files and other state before each attempt. @default nothing to restore */
  prepare?(): Promise<void>;
  /** Returns false, or throws, if the job was not done. @default every outcome is accepted */
  check?(outcome: Outcome): boolean | void | Promise<boolean | void>;
}

/** Servers that are connected together, and the workloads that use them. */
export interface World {
  /** Unique among the worlds of a benchmark. */
  readonly id: string;
  /** Name in tables and charts. */
  readonly title: string;
  /** Name of a group; worlds of one group share their tables. @default none: tables of its own */
  readonly group?: string;
  /** The servers, and where programs run. */
  readonly options: RuntimeOptions;
  /** The jobs, measured in order. */
  readonly workloads: readonly Workload[];
  /** Versions of the servers by name, if known; they are shown beside the servers. @default none */
  readonly versions?: Readonly<Record<string, string>>;
}
