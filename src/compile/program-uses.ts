/** What a program uses, as its text shows: tools with their arguments, modules, what hides tools. */
import type { Position } from "../core/program.ts";
import type { GivenGlobal } from "./given-globals.ts";
import type { TypedParameter } from "./inspected-value.ts";
import type { NamedUse } from "./named-calls.ts";
import type { Respelled } from "./tool-references.ts";
import type { GivenArguments, HowUsed } from "./usage.ts";

/** One place of a program where a tool is called, or passed on as a value. */
export interface ToolUse extends Position, HowUsed {
  /** Original name of the server; empty for `ask`, a question to the host's model. */
  readonly server: string;
  /** Original name of the tool. Absent where it can be any tool of the server. */
  readonly tool?: string;
  /** Start of the call (or of the tool, where it is passed on) as an offset in the text, in UTF-16 units. */
  readonly start: number;
  /** Offset after its end. */
  readonly end: number;
}

/** {@link ToolUse} as the text shows it, before its tool is looked at. */
export interface InspectedUse extends ToolUse, GivenArguments {}

/** A static or dynamic import. */
export interface ImportUse extends Position {
  /** The module. Absent where it is computed. */
  readonly specifier?: string;
  /** Names of the imported exports: `default` for the default export, `*` for all. */
  readonly names: readonly string[];
}

/** An expression that can call tools which the text does not show. */
export interface DynamicUse extends Position {
  /** The expression in words, e.g. `eval, which runs texts`. */
  readonly what: string;
}

/** The tools that a program can call, as far as its text shows. */
export interface ProgramUses {
  /** Calls of tools, in the order of the text. */
  readonly tools: readonly ToolUse[];
  /** Imports, in the order of the text. */
  readonly imports: readonly ImportUse[];
  /** Expressions that hide tools. If there is one, any tool may be called. */
  readonly dynamic: readonly DynamicUse[];
}

/** {@link ProgramUses}, and what a type checker needs to read a program as a module. */
export interface InspectedProgram extends ProgramUses {
  /** What the program gets without declaring or importing it. @default none */
  readonly given?: readonly GivenGlobal[];
  /** Other spellings of servers and tools. @default none */
  readonly respelled?: readonly Respelled[];
  /** Calls by `callTool`. @default none */
  readonly named?: readonly NamedUse[];
  readonly tools: readonly InspectedUse[];
  /** The program's text, in which all that is none of it, such as a Markdown fence, is spaces. */
  readonly text: string;
  /** Whether it is more than JavaScript. */
  readonly isTyped: boolean;
  /** Offsets of the `return` keywords outside of any function. */
  readonly returns: readonly number[];
  /**
   * Names of values that it uses without asking for their `typeof`.
   * @default none
   */
  readonly values?: readonly string[];
  /**
   * Offsets of the blocks whose errors it catches.
   * @default none
   */
  readonly caught?: readonly (readonly [start: number, end: number])[];
  /**
   * Offsets of the branches that it may not come to.
   * @default none
   */
  readonly branches?: readonly (readonly [start: number, end: number])[];
  /** The parameter of its entry function, where that gets the tools. */
  readonly parameter?: TypedParameter | undefined;
  /** The object literal that it ends in without parentheses around it, `{ a: 1, b: 2 }`. */
  readonly object?: { readonly start: number; readonly end: number } | undefined;
  /**
   * Names that earlier programs of its session declared.
   * @default none
   */
  readonly declared?: readonly string[];
  /**
   * There is a model that `ask` asks.
   * @default false
   */
  readonly hasModel?: boolean;
}
