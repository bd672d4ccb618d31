/** What is measured: servers, and jobs on them. */
import type { RuntimeOptions } from "../../index.ts";

/** What came of a job, for its check. */
export interface Outcome {
  /** What the last program answered as a model reads it, or the model's last words. */
  readonly text: string;
  /** Values of the programs, in order; of a model that wrote them itself, of all that succeeded. */
  readonly values: readonly unknown[];
  /** Runs a program against the same servers and answers its value. @throws Error where it fails */
  read(code: string): Promise<unknown>;
}

/** The same mistake in a program and in a direct call. */
export interface Mistake {
  /** A text of the first program, and what stands in its place in the failed attempt. */
  readonly program: readonly [right: string, wrong: string];
  /** The direct call, which the server has to refuse. */
  readonly call: { readonly server: string; readonly tool: string; readonly args: unknown };
}

/** One job, with the programs that do it. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** What the user asks for: the first message in every way. */
  readonly task: string;
  /** As a model would write them. More than one are turns of one session. */
  readonly programs: readonly string[];
  /** Servers without which it cannot be done; a world that has not all of them leaves it out. Default: none. */
  readonly servers?: readonly string[];
  /** What a model would search for to find the tools. Default: the words of the used tools' names. */
  readonly searches?: readonly string[];
  /** `program`: the programs find their tools themselves, so that code execution takes no other steps. Default `tools`. */
  readonly disclosure?: "tools" | "program";
  /** Default: the name of the first tool misspelt. */
  readonly mistake?: Mistake;
  /** Puts files and the like back to how they have to be before. */
  prepare?(): Promise<void>;
  /** Throws, or answers false, when the job was not done. */
  check?(outcome: Outcome): boolean | void | Promise<boolean | void>;
}

/** Servers that are connected together, and the jobs on them. */
export interface World {
  readonly id: string;
  readonly title: string;
  /** Worlds of the same group are told of in the same tables, under its name. Default: none, tables of its own. */
  readonly group?: string;
  /** The servers, and where programs run. */
  readonly options: RuntimeOptions;
  readonly workloads: readonly Workload[];
  /** Versions of the servers, where they are known. */
  readonly versions?: Readonly<Record<string, string>>;
}
