/** One method of an object with methods, as what a call carries out. */
import { ToolError } from "../core/tool-error.ts";
import type { HandleMethod } from "../tools/tool-call.ts";
import { KeptResult, PAGE } from "./kept/kept-result.ts";

/** An object of the host that a program may call. */
export interface Handle {
  readonly object: object;
  readonly server: string;
  /** The tool that returned it, with the methods that led to it. */
  readonly tool: string;
  readonly methods: readonly string[];
}

/** Names of methods that have none, as calls spell them; see the guest's handles.ts. */
export const DISPOSE = "@@dispose";
const ITERATE = "@@iterate";
/** The next rows of a result that stays on the host. */
const NEXT_PAGE = "@@page";

type Method = (...args: unknown[]) => unknown;

const ID_BYTES = 16;
const ADDRESS = /^~([0-9a-f]{32})$/;
const MAX_NAME = 100;
const MAX_NAMED = 20;

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The id in the name of a server that is none; no server can be named so. */
export function addressOf(server: string): string | undefined {
  return ADDRESS.exec(server)?.[1];
}

/** The name of a method as a program writes it. */
export function shownName(name: string): string {
  if (name === ITERATE || name === NEXT_PAGE) return "[Symbol.asyncIterator]";
  return name === DISPOSE ? "[Symbol.asyncDispose]" : name;
}

/** How a handle ends. */
export interface HandleEnds {
  /** Disposes of its object, with the arguments of `close` where the program called that. */
  close(args?: readonly unknown[]): unknown;
  /** Its object has come to its end by itself. */
  over(): void;
}

/** What calls `name` of an object. @throws ToolError `unknown_tool` */
export function methodOf(
  { object, server, tool, methods }: Handle,
  name: string,
  { close, over }: HandleEnds,
): HandleMethod {
  const to = { server, tool: `${tool}.${shownName(name)}` };
  if (name === ITERATE) return { ...to, call: () => iterate(object, over) };
  if (name === "next" && object instanceof Iteration)
    return { ...to, call: () => object.next(over) };
  if (name === NEXT_PAGE && object instanceof KeptResult)
    return { ...to, call: ([from]) => object[PAGE](from) };
  if (name === DISPOSE) return { ...to, call: () => close() };
  if (name === "close") return { ...to, call: close };
  if (methods.includes(name)) {
    const method = (object as Record<string, Method>)[name]!;
    return { ...to, call: (args) => Reflect.apply(method, object, args) };
  }
  const known = methods.slice(0, MAX_NAMED).join(", ") || "none";
  throw new ToolError(
    "unknown_tool",
    `${server}.${tool} returned an object without a method ${name.slice(0, MAX_NAME)}; it has ${known}`,
  );
}

/** A generator is its own iteration, and ends with it: no program has a name for it in `for await (… of await tools.x.y())`. */
function iterate(object: object, over: () => void): Iteration {
  const start = (object as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator];
  if (typeof start !== "function")
    throw new ToolError("invalid_arguments", "the object is not async iterable");
  const iterator = Reflect.apply(start, object, []) as AsyncIterator<unknown>;
  const isGenerator = Object.prototype.toString.call(object) === "[object AsyncGenerator]";
  return new Iteration(iterator, isGenerator ? over : () => {});
}

/** One iteration over an object. Programs do not close one that has come to its end: nothing of it is left open then. */
class Iteration implements AsyncDisposable {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #onOver: () => void;

  constructor(iterator: AsyncIterator<unknown>, onOver: () => void) {
    this.#iterator = iterator;
    this.#onOver = onOver;
  }

  async next(over: () => void): Promise<unknown> {
    let isOver = true; // also where it fails
    try {
      const step = await this.#iterator.next();
      isOver = step.done === true;
      return step;
    } finally {
      if (isOver) {
        over();
        this.#onOver();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onOver();
    await this.#iterator.return?.();
  }
}
