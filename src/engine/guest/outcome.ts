/** The outcome of a program, its value or its error, sent to the host as text. */
import { encode } from "../../core/encode.ts";
import * as native from "../../core/primordials.ts";
import { cutUnits } from "../../core/utf8.ts";
import { wireError, wireFailureOf } from "../../core/wire-format.ts";
import { failureOf, givenUpCalls } from "./calls.ts";
import { reportDropped, write } from "./console.ts";
import { factsOf } from "./handles.ts";
import { send, sizeOutside } from "./host-port.ts";
import { impliedBy } from "./implied.ts";
import { inspect } from "./inspect.ts";
import { unwatchHandlers } from "./late-handlers.ts";
import { promiseThen, takeRejections } from "./promises.ts";
import { missingHint } from "./missing.ts";

/** Longest text of an error that leaves the VM, in characters. */
const MAX_TEXT = 8_192;

const settledGet = native.uncurry(Map.prototype.get) as (map: unknown, promise: object) => unknown;
const settledHas = native.uncurry(Map.prototype.has) as (map: unknown, promise: object) => boolean;

/** Errors outside of a program's own code path (e.g. of a timer) end the active run. */
let currentRun = 0;

export function beginRun(run: number): void {
  currentRun = run;
}

/** What is done with what the value of a run throws when it is read, or with the reason of a promise in it. */
interface Failing {
  readonly unreadable: (error: unknown) => void;
  readonly rejected: (reason: unknown) => void;
}

/**
 * Sends the value of a run. Promises in it (e.g. an array of calls without `await`) are awaited first, in rounds, because
 * they may resolve to values with further promises. What is only implied to be the value is none where it cannot be.
 */
export function sendValue(result: unknown, maxBytes: number, maxDepth: number, run: number): void {
  const given = impliedBy(result);
  const value = given === undefined ? result : given.value;
  const failing = given === undefined ? endsRun(run) : endsWithout(run);
  const settled = new native.NativeMap<object, unknown>();
  const attempt = (): void => {
    const found: object[] = [];
    const settledValue = (promise: object): unknown => {
      if (settledHas(settled, promise)) return settledGet(settled, promise);
      native.defineProperty(found, found.length, {
        __proto__: null,
        value: promise,
        enumerable: true,
      } as never);
      return undefined;
    };
    let text = "";
    try {
      if (value !== undefined)
        text = encode(value, {
          maxBytes,
          maxDepth,
          sizeOf: sizeOutside,
          settled: settledValue,
          stubId: refuseHandle,
        });
    } catch (error) {
      return failing.unreadable(error);
    }
    if (found.length > 0) return awaitAll(found, settled, failing, attempt);
    if (given?.source !== undefined) write("info", declaredNote(given.source));
    end("value", text, run);
  };
  attempt();
}

function declaredNote(source: string): string {
  return `the value is that of '${source}', which the last statement declares; write \`return ${source}\` to say so`;
}

function endsRun(run: number): Failing {
  const fail = (error: unknown): void => sendError(error, run);
  return { unreadable: fail, rejected: fail };
}

/** A rejection is told as if nothing had waited for it. */
function endsWithout(run: number): Failing {
  const endEmpty = (): void => end("value", "", run);
  return {
    unreadable: endEmpty,
    rejected: (reason) => {
      reportRejected(reason);
      endEmpty();
    },
  };
}

/** A handle ends with its run: as the run's value it would be of no use. */
function refuseHandle(value: object): undefined {
  const facts = factsOf(value);
  if (facts === undefined) return;
  throw wireError(
    "not_serializable",
    `value has the object with methods that ${facts.label} returned, which stays on the host and cannot leave the program: return what you need of it`,
  );
}

function awaitAll(
  found: readonly object[],
  settled: Map<object, unknown>,
  failing: Failing,
  done: () => void,
): void {
  let open = found.length;
  for (let at = 0; at < found.length; at++) {
    const promise = found[at]!;
    try {
      promiseThen(
        promise as Promise<unknown>,
        (value) => {
          native.mapSet(settled, promise, value);
          if (--open === 0) done();
        },
        failing.rejected,
      );
    } catch (error) {
      return failing.unreadable(error); // it only claims to be a promise
    }
  }
}

/** Sends a thrown value. Reading it may run the program's own getters, which count as CPU time of the program. */
export function sendError(thrown: unknown, run = currentRun): void {
  end("throw", native.stringifyJson(description(thrown)), run);
}

function description(thrown: unknown): Description {
  try {
    return describe(thrown);
  } catch {
    // A proxy whose traps throw, or too little memory for a description, which the host detects.
    const message = "something was thrown that cannot be described";
    return { __proto__: null, code: "memory", name: "Error", message, stack: "" };
  }
}

function end(kind: "value" | "throw", text: string, run: number): void {
  reportDropped();
  try {
    reportLeft();
  } catch {
    // too little memory for that: the outcome comes first
  }
  send(kind, run, "", text);
}

/** Reports what the program leaves behind: rejections that nothing handled, and calls that it does not wait for any more. */
export function reportLeft(): void {
  unwatchHandlers();
  const more = takeRejections(reportRejected);
  if (more > 0) send("rejected", more, "", "");
  const givenUp = givenUpCalls();
  if (givenUp !== "") send("given up", 0, "", givenUp);
}

function reportRejected(reason: unknown): void {
  send("rejected", 1, "", native.stringifyJson(description(reason)));
}

/** Reports a rejection that was handled after the engine had told the host of it. */
export function reportHandled(reason: unknown): void {
  send("handled", 0, "", native.stringifyJson(description(reason)));
}

interface Description {
  readonly __proto__: null;
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly tool?: string | undefined;
  readonly hint?: string | undefined;
}

/**
 * A code other than `program_error` is taken from state of the prelude ({@link failureOf}, {@link wireFailureOf}), never from
 * the error: a program can give it any class, prototype, tag, name, code and message.
 */
function describe(thrown: unknown): Description {
  const stack = read(thrown, "stack");
  const failure = failureOf(thrown);
  if (failure !== undefined) {
    const { code, message, tool, hint } = failure;
    return { __proto__: null, code, name: "ToolError", message, stack, tool, hint };
  }
  const unsendable = wireFailureOf(thrown);
  if (unsendable !== undefined) {
    const { code, message } = unsendable;
    return { __proto__: null, code, name: "NotSerializable", message, stack };
  }
  const isError = native.tagOf(thrown) === "[object Error]";
  const name = read(thrown, "name");
  const message = isError
    ? read(thrown, "message")
    : cut(typeof thrown === "string" ? thrown : inspect(thrown));
  const code = engineFailure(thrown, message, isError);
  if (code !== "program_error")
    return { __proto__: null, code, name: "RangeError", message, stack };
  const hint = missingHint(name, message);
  return { __proto__: null, code, name: name === "" ? "Error" : name, message, stack, hint };
}

/**
 * Running out of stack or memory is an ordinary error inside the VM. The code reported here is a hint that the host checks;
 * a program that fakes it only mislabels its own failure.
 */
function engineFailure(thrown: unknown, message: string, isError: boolean): string {
  if (thrown === null) return "memory"; // QuickJS throws null when it cannot even allocate the error
  if (!isError) return "program_error";
  if (message === "out of memory") return "memory";
  return message === "Maximum call stack size exceeded" || message === "stack overflow"
    ? "stack_overflow"
    : "program_error";
}

function read(thrown: unknown, key: "name" | "message" | "stack"): string {
  if (typeof thrown !== "object" || thrown === null) return "";
  try {
    const text = (thrown as Record<string, unknown>)[key];
    return typeof text === "string" ? cut(text) : "";
  } catch {
    return "";
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${cutUnits(text, MAX_TEXT)}…` : text;
}
