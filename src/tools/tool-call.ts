/** One call from a program to what carries it out, and the type of the links that it passes. */
import type { Caller } from "../core/caller.ts";
import type { RunEventName, RunIdentity, RuntimeEvents } from "../core/events.ts";
import type { HandleFacts } from "../core/handle-facts.ts";
import type { Limits } from "../core/limits.ts";
import type { ModelHandler } from "./model.ts";
import type { ToolInfo } from "./tool.ts";

/** The run that makes a call. One object per run: links may keep what they know of a run by it, in a `WeakMap`. */
export interface CallingRun {
  readonly id: string;
  /** The id of its session, if it has one. */
  readonly session: string | undefined;
  /** Who runs the program. */
  readonly caller: Caller;
  readonly limits: Limits;
  /** Where objects with methods are kept that its calls return. */
  readonly handles?: HandleMaker;
  /** Answers its questions; absent where the host gives it no model. */
  readonly model?: ModelHandler | undefined;
  /** Emits an event of the run. After the run's end nothing is emitted any more. */
  emit<Name extends RunEventName>(
    name: Name,
    facts: Omit<RuntimeEvents[Name], keyof RunIdentity>,
  ): void;
}

/**
/**
 * `fetch` is the tool behind the global of that name; resources and prompts are requests to an MCP server; `model` is a question to
 * the host's model; `method` is one of an object that a local tool returned.
 */
export type CallKind = "tool" | "resource" | "prompt" | "fetch" | "model" | "method";

/** A method of an object that a local tool returned; `tool` is the tool's name and the method's. */
export interface HandleMethod {
  readonly server: string;
  readonly tool: string;
  call(args: readonly unknown[]): unknown;
}

/** The call that returned an object with methods. */
export interface HandleOrigin {
  readonly server: string;
  readonly tool: string;
  /** Takes the ids of new handles. */
  readonly made: string[];
}

/** The objects with methods that a program has. */
export interface HandleMaker {
  /**
   * The facts of which a program's stub is made; `undefined` for an object that is data.
   * @param failed whether its properties alone cannot be sent
   * @throws ToolError `output_limit` over a cap, `aborted` after the end
   */
  make(object: object, failed: boolean, from: HandleOrigin): HandleFacts | undefined;
  /** Disposes of new objects that the program does not get. */
  drop(ids: readonly string[]): void;
  /** Disposes of all objects with methods in what a tool returned, but those that the program has. */
  discard(value: unknown, from: Omit<HandleOrigin, "made">): void;
}

/** The call as the program made it. It is recognised by this when the same program runs again. */
export interface AskedCall {
  /** `server.tool` as the program spelled it. */
  readonly label: string;
  /** The arguments as wire text; of a method after the address of its object. */
  readonly args: string;
  /** The VM's own number of the call. */
  readonly id: number;
  /** The VM was saved while it waited for this call, and was restored. */
  readonly again: boolean;
}

/** One call. Links that change something pass on a changed copy. */
export interface ToolCall {
  readonly run: CallingRun;
  readonly kind: CallKind;
  /** Original name of the server (or namespace); as the program spelled it where there is none of that name; empty for `ask`. */
  readonly server: string;
  /** Original name of the tool; `resources/read`, `prompts/get` and `ask` for the other kinds. */
  readonly tool: string;
  /** What is known of the tool; absent where there is no such tool, and for resources and prompts. */
  readonly info: ToolInfo | undefined;
  /** Decoded arguments: of a tool its argument, else `{ uri }`, `{ name, arguments }` or `{ prompt, schema }`. */
  readonly args: unknown;
  /** Several arguments, which are `args` as a list then. Absent for one argument, and once they are the parts of an object. */
  readonly positional?: readonly unknown[] | undefined;
  /** For the kind `method`. */
  readonly method?: HandleMethod;
  /** The arguments hold objects of the host, which programs passed as stubs. */
  readonly hasObjects?: boolean | undefined;
  /** The result stays here, and the program gets a handle of it. */
  readonly keeps?: boolean;
  readonly asked: AskedCall;
  /** Aborted when the run is over. */
  readonly signal: AbortSignal;
}

/** What a call returned. */
export interface CallResult {
  readonly value: unknown;
  /** The value as it goes to the program. A link that changes the value leaves it out. */
  readonly text?: string;
  /** New objects with methods in it, by id. Absent where the text names none at all. */
  readonly handles?: readonly string[];
}

/** Passes a call to the next link; the last one carries it out. @throws ToolError */
export type Next = (call: ToolCall) => Promise<CallResult>;

/** A link of the chain: what happens around a call. It may refuse, wait, change the call or change its result. */
export type Middleware = (call: ToolCall, next: Next) => Promise<CallResult>;

/** `server.tool` with original names; `ask` for a question. */
export function labelOf({ server, tool }: ToolCall): string {
  return server === "" ? tool : `${server}.${tool}`;
}
