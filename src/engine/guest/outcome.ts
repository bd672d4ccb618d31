/** What a program came to: its value or its error, told to the host as text. */
import * as native from "../../core/primordials.ts";
import { encode } from "../../core/encode.ts";
import { WireError } from "../../core/wire.ts";
import { failureOf, promiseThen } from "./calls.ts";
import { reportDropped } from "./console.ts";
import { send } from "./door.ts";
import { inspect } from "./inspect.ts";

/** Longest text of an error that leaves the VM, in characters. */
const MAX_TEXT = 8_192;

const NativeRangeError = RangeError;
const settledGet = native.uncurry(Map.prototype.get) as (map: unknown, promise: object) => unknown;
const settledHas = native.uncurry(Map.prototype.has) as (map: unknown, promise: object) => boolean;

/**
 * Send the value. Promises inside it (an array of calls that nobody awaited, say) are awaited first: round by round,
 * since what they resolve to may hold more of them.
 */
export function sendValue(value: unknown, maxLength: number, maxDepth: number): void {
  const settled = new native.NativeMap<object, unknown>();
  const attempt = (): void => {
    const found: object[] = [];
    const text = encodeValue(value, maxLength, maxDepth, (promise) => {
      if (settledHas(settled, promise)) return settledGet(settled, promise);
      native.defineProperty(found, found.length, {
        __proto__: null,
        value: promise,
        enumerable: true,
      } as never);
      return undefined;
    });
    if (text === undefined) return;
    if (found.length === 0) end("value", text);
    else awaitAll(found, settled, attempt);
  };
  attempt();
}

function encodeValue(
  value: unknown,
  maxLength: number,
  maxDepth: number,
  settled: (promise: object) => unknown,
): string | undefined {
  if (value === undefined) return "";
  try {
    return encode(value, { maxLength, maxDepth, settled });
  } catch (error) {
    sendError(error);
    return undefined;
  }
}

function awaitAll(found: readonly object[], settled: Map<object, unknown>, done: () => void): void {
  let open = found.length;
  for (let at = 0; at < found.length; at++) {
    const promise = found[at]!;
    promiseThen(
      promise as Promise<unknown>,
      (value) => {
        native.mapSet(settled, promise, value);
        if (--open === 0) done();
      },
      sendError,
    );
  }
}

/** Send what was thrown. Reading it may run the program's own getters, which cost the program's own time. */
export function sendError(thrown: unknown): void {
  let description: Description;
  try {
    description = describe(thrown);
  } catch {
    // A proxy whose traps throw, or no memory is left to describe it in, which the host knows. The run has ended.
    const message = "something was thrown that cannot be described";
    description = { __proto__: null, code: "memory", name: "Error", message, stack: "" };
  }
  end("throw", native.stringifyJson(description));
}

function end(kind: "value" | "throw", text: string): void {
  reportDropped();
  send(kind, 0, "", text);
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

function describe(thrown: unknown): Description {
  const stack = read(thrown, "stack");
  const failure = failureOf(thrown);
  if (failure !== undefined) {
    const { code, message, tool, hint } = failure;
    return { __proto__: null, code, name: "ToolError", message, stack, tool, hint };
  }
  if (thrown instanceof WireError) {
    return {
      __proto__: null,
      code: thrown.code,
      name: "NotSerializable",
      message: thrown.message,
      stack,
    };
  }
  const isError = native.tagOf(thrown) === "[object Error]";
  const name = read(thrown, "name");
  const message = isError
    ? read(thrown, "message")
    : cut(typeof thrown === "string" ? thrown : inspect(thrown));
  return {
    __proto__: null,
    code: engineFailure(thrown, message),
    name: name === "" ? "Error" : name,
    message,
    stack,
  };
}

/**
 * Running out of stack or memory is an ordinary error inside the VM. What is said here is a hint that the host checks
 * against what it knows itself; a program that fakes it only mislabels its own failure.
 */
function engineFailure(thrown: unknown, message: string): string {
  if (thrown === null) return "memory"; // QuickJS throws null when it cannot even allocate the error
  if (message === "out of memory") return "memory";
  const overflow =
    message === "Maximum call stack size exceeded" && thrown instanceof NativeRangeError;
  return overflow || message === "stack overflow" ? "stack_overflow" : "program_error";
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
  return text.length > MAX_TEXT ? `${native.sliceText(text, 0, MAX_TEXT)}…` : text;
}
