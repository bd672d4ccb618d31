/** Results of the token benchmark, as plain JSON. */
import type { Machine } from "../machine.ts";
import type { Part } from "./messages.ts";

/** The values of {@link Way}. */
export const WAYS = ["direct", "search", "code"] as const;

/**
 * How a model reaches the tools. `direct`: all definitions are in every request; `search`: a search tool of the host
 * loads definitions; `code`: the model writes programs.
 */
export type Way = (typeof WAYS)[number];

/** The values of {@link Bill}. */
export const BILLS = ["everyTurn", "once"] as const;

/**
 * How input is billed. `everyTurn`: the whole context of each request is input again (no prompt cache); `once`: every
 * message is input one time (a perfect prompt cache).
 */
export type Bill = (typeof BILLS)[number];

/** Input tokens by bill. */
export type Billed = Readonly<Record<Bill, number>>;

/** The tokens of one conversation. */
export interface WayCount {
  /** Requests to the model. The last one is for the reply to the user, whose text is not counted. */
  readonly requests: number;
  /** Input tokens by purpose. */
  readonly parts: Readonly<Record<Part, Billed>>;
  /** Input tokens in total. */
  readonly input: Billed;
  /** Output tokens: the calls and programs that the model writes. */
  readonly output: number;
}

/** Tokens of the tool definitions of a world, by one tokenizer. */
export interface CatalogueCount {
  /** Tokens of each server's definitions, in the form of model APIs. */
  readonly servers: Readonly<Record<string, number>>;
  /** Tokens in every request, by way. */
  readonly ways: Readonly<Record<Way, number>>;
  /** Tokens of all tools as TypeScript declarations: the cost of code execution without steps to find tools. */
  readonly declarations: number;
}

/** The tool definitions of one world. */
export interface CatalogueResult {
  /** Id of the world. */
  readonly world: string;
  /** Title of the world. */
  readonly title: string;
  /** Name of the world's group; worlds of one group share their tables. */
  readonly group?: string;
  /** The servers of the world. */
  readonly servers: readonly {
    /** Name of the server. */
    readonly name: string;
    /** Number of its tools; 0 if it did not start. */
    readonly tools: number;
    /** Version, if the world names it. */
    readonly version?: string;
    /** Why it did not start. */
    readonly failure?: string;
  }[];
  /** Number of tools of all servers. */
  readonly tools: number;
  /** Tokens, by name of the tokenizer. */
  readonly counts: Readonly<Record<string, CatalogueCount>>;
}

/** One workload, done in all ways. */
export interface WorkloadResult {
  /** Id of the world. */
  readonly world: string;
  /** Id of the workload. */
  readonly id: string;
  /** Title of the workload. */
  readonly title: string;
  /** Number of programs. */
  readonly programs: number;
  /** Tool calls that the programs made. */
  readonly calls: number;
  /** Turns of direct calling; calls that overlap in time share a turn. */
  readonly turns: number;
  /** UTF-8 bytes of the results of all tool calls. */
  readonly resultBytes: number;
  /** UTF-8 bytes that the programs returned to the model. */
  readonly valueBytes: number;
  /** Images and other non-text parts in results, which are not counted as tokens. */
  readonly media: number;
  /** Tokens, by name of the tokenizer. */
  readonly counts: Readonly<
    Record<
      string,
      Readonly<
        Record<
          Way,
          {
            /** The conversation in which the first attempt succeeds. */
            readonly plain: WayCount;
            /** The same with one failed attempt at its start; absent if `noFailure` is present. */
            readonly repaired?: WayCount;
          }
        >
      >
    >
  >;
  /** Why no failed attempt was made. */
  readonly noFailure?: string;
  /** Input and output tokens with only the first k calls, from k = 0, by the first tokenizer, billed every turn. */
  readonly walk: Readonly<Record<"direct" | "search", readonly number[]>>;
}

/** The sizes from which code execution costs less than another way, in input and output tokens together. */
export interface BreakEven {
  /** Id of the world. */
  readonly world: string;
  /** Id of the workload. */
  readonly workload: string;
  /** Name of the tokenizer. */
  readonly tokenizer: string;
  /** How input is billed. */
  readonly bill: Bill;
  /** The way that code execution is compared with. */
  readonly against: "direct" | "search";
  /** Tokens of the other way. */
  readonly theirs: number;
  /** Tokens of code execution. */
  readonly ours: number;
  /** Number of the recorded calls; null if the other way costs no more even with all of them. */
  readonly calls: number | null;
  /** Bytes of results; null if the returned value grows with the results, or there are none. */
  readonly resultBytes: number | null;
  /** Number of definitions of the mean size in the catalogue; null for `search`. */
  readonly tools: number | null;
}

/** A workload that a model did itself. */
export interface ModelRun {
  /** Id of the world. */
  readonly world: string;
  /** Id of the workload. */
  readonly workload: string;
  /** How the model reached the tools. */
  readonly way: "direct" | "code";
  /** Whether the workload's check accepted the outcome. */
  readonly solved: boolean;
  /** Why it is not solved. */
  readonly reason?: string;
  /** Tokens of the conversation, by name of the tokenizer. */
  readonly counts: Readonly<Record<string, WayCount>>;
  /** Tokens of all requests as the model's provider counted them, if the adapter reports them. */
  readonly usage?: {
    /** Input tokens. */
    readonly inputTokens: number;
    /** Output tokens. */
    readonly outputTokens: number;
  };
}

/** All results of one call of `benchTokens`: plain JSON. */
export interface TokenResults {
  /** Version of this layout. */
  readonly format: 1;
  /** Distinguishes these results from latencies. */
  readonly kind: "tokens";
  /** When the measurement ended, ISO 8601. */
  readonly at: string;
  /** The machine on which the programs ran. */
  readonly machine: Machine;
  /** Versions of codecell and of the tokenizer packages, by name; `not found` if a package is not installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** The tokenizers that counted; the first one is used in charts. */
  readonly tokenizers: readonly {
    /** Key of all counts. */
    readonly name: string;
    /** The models for which its counts are exact. */
    readonly exactFor: string;
  }[];
  /** The tool definitions of each world. */
  readonly catalogues: readonly CatalogueResult[];
  /** The workloads that were measured. */
  readonly workloads: readonly WorkloadResult[];
  /** One for each workload, tokenizer, bill and other way. */
  readonly breakEven: readonly BreakEven[];
  /** Runs of the model; empty without one. */
  readonly models: readonly ModelRun[];
  /** What could not be measured, with the reason. */
  readonly problems: readonly string[];
  /** The method, for readers of the figures. */
  readonly notes: readonly string[];
}
