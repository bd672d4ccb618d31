/** What the token benchmark found, as plain JSON. */
import type { Machine } from "../machine.ts";
import type { Part } from "./messages.ts";

/** `direct`: all definitions; `search`: definitions found by a search tool of the host; `code`: programs. */
export const WAYS = ["direct", "search", "code"] as const;
export type Way = (typeof WAYS)[number];

/** `everyTurn`: each request's whole context is input again; `once`: every message is input one time. */
export const BILLS = ["everyTurn", "once"] as const;
export type Bill = (typeof BILLS)[number];

/** Tokens by bill. */
export type Billed = Readonly<Record<Bill, number>>;

/** The account of one conversation, in tokens. */
export interface WayCount {
  /** Requests to the model, the last one for its answer to the user, which is not counted. */
  readonly requests: number;
  /** Input, by what it is for. */
  readonly parts: Readonly<Record<Part, Billed>>;
  /** Input in all. */
  readonly input: Billed;
  /** What the model writes: calls and programs. */
  readonly output: number;
}

export interface CatalogueCount {
  /** Of each server's definitions, in the form of model APIs. */
  readonly servers: Readonly<Record<string, number>>;
  /** Of what stands in every request. */
  readonly ways: Readonly<Record<Way, number>>;
  /** Of all tools as TypeScript: what code execution would cost without steps to find tools. */
  readonly declarations: number;
}

export interface CatalogueResult {
  readonly world: string;
  readonly title: string;
  /** Worlds of the same group are told of in the same tables. */
  readonly group?: string;
  readonly servers: readonly {
    readonly name: string;
    readonly tools: number;
    readonly version?: string;
    /** Why it did not start. */
    readonly failure?: string;
  }[];
  readonly tools: number;
  /** By tokenizer. */
  readonly counts: Readonly<Record<string, CatalogueCount>>;
}

export interface WorkloadResult {
  readonly world: string;
  readonly id: string;
  readonly title: string;
  readonly programs: number;
  readonly calls: number;
  /** Turns that direct calling takes, where calls at once share one. */
  readonly turns: number;
  readonly resultBytes: number;
  readonly valueBytes: number;
  /** Pictures and the like in results, which are not counted. */
  readonly media: number;
  /** By tokenizer. */
  readonly counts: Readonly<
    Record<
      string,
      Readonly<Record<Way, { readonly plain: WayCount; readonly repaired?: WayCount }>>
    >
  >;
  /** Why no failed attempt was made. */
  readonly noFailure?: string;
  /** Input and output with the first k calls only, from k = 0, by the first tokenizer and billed every turn. */
  readonly walk: Readonly<Record<"direct" | "search", readonly number[]>>;
}

/** From where on code execution costs less than another way, in input and output together. */
export interface BreakEven {
  readonly world: string;
  readonly workload: string;
  readonly tokenizer: string;
  readonly bill: Bill;
  readonly against: "direct" | "search";
  readonly theirs: number;
  readonly ours: number;
  /** Of the recorded calls; null when the other way costs no more with all of them. */
  readonly calls: number | null;
  /** Bytes of results; null where the value grows with them, or there are none. */
  readonly resultBytes: number | null;
  /** Definitions of the mean size in the catalogue; null against a host's search. */
  readonly tools: number | null;
}

/** A conversation with a model that wrote everything itself. */
export interface ModelRun {
  readonly world: string;
  readonly workload: string;
  readonly way: "direct" | "code";
  readonly solved: boolean;
  /** Why not. */
  readonly reason?: string;
  /** By tokenizer. */
  readonly counts: Readonly<Record<string, WayCount>>;
  /** As the model's provider counted, where it says. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

export interface TokenResults {
  readonly format: 1;
  readonly kind: "tokens";
  /** ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly tokenizers: readonly { readonly name: string; readonly exactFor: string }[];
  readonly catalogues: readonly CatalogueResult[];
  readonly workloads: readonly WorkloadResult[];
  readonly breakEven: readonly BreakEven[];
  readonly models: readonly ModelRun[];
  /** What could not be measured, and why. */
  readonly problems: readonly string[];
  /** What a reader has to know of the method. */
  readonly notes: readonly string[];
}
