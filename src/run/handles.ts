/**
 * Objects with methods that local tools returned to one run. The object stays here; the program gets a stub that names it by an
 * id. Invariant: only methods found when the handle was made are called, on the object itself, and only in the run that has it.
 */
import { messageOf } from "../core/errors.ts";
import type { HandleFacts } from "../core/handle-facts.ts";
import type { LogEntry } from "../core/result.ts";
import { ToolError } from "../core/tool-error.ts";
import { waitFor } from "../core/wait-for.ts";
import type { HandleMethod } from "../tools/tool-call.ts";
import { KeptResult, PAGE } from "./kept/kept-result.ts";
import { isResource, methodsOf } from "./object-methods.ts";

/** Open handles of one run. */
export const MAX_HANDLES = 100;
/** Ended handles that errors can still name. */
const MAX_ENDED = 1_000;
/** Time for the host's objects to close at the run's end. */
const CLOSE_MS = 1_000;
const ID_BYTES = 16;
const ADDRESS = /^~([0-9a-f]{32})$/;

type Method = (...args: unknown[]) => unknown;

interface Handle {
  readonly object: object;
  readonly server: string;
  /** The tool that returned it, with the methods that led to it. */
  readonly tool: string;
  readonly methods: readonly string[];
}

/** Names of handles that have ended, and why: a stub may outlive its run. */
export class EndedHandles {
  readonly #why = new Map<string, string>();

  add(id: string, why: string): void {
    this.#why.set(id, why);
    if (this.#why.size > MAX_ENDED) this.#why.delete(this.#why.keys().next().value!);
  }

  of(id: string): string {
    return this.#why.get(id) ?? "the handle is unknown here: it belongs to another run or session";
  }
}

/** Whether a call is one of a handle's method. */
export function isHandleCall(server: string): boolean {
  return ADDRESS.test(server);
}

export class Handles {
  readonly #open = new Map<string, Handle>();
  readonly #ids = new WeakMap<object, string>();
  readonly #ended: EndedHandles;
  #isOver = false;

  constructor(ended: EndedHandles) {
    this.#ended = ended;
  }

  /**
   * The facts of which a program's stub is made; `undefined` for an object that is data.
   * @param failed whether its properties alone cannot be sent
   * @throws ToolError over the cap, and after the run's end
   */
  make(object: object, failed: boolean, server: string, tool: string): HandleFacts | undefined {
    const found = methodsOf(object);
    const iterable =
      typeof (object as Record<symbol, unknown>)[Symbol.asyncIterator] === "function";
    if (!failed && !isResource(object)) return undefined;
    if (found.length === 0 && !isResource(object)) return undefined;
    const label = `${server}.${tool}`;
    const known = this.#ids.get(object);
    const pages = object instanceof KeptResult ? { pages: true } : {};
    const facts = { label, methods: found, iterable, ...pages };
    if (known !== undefined && this.#open.has(known)) return { id: known, ...facts };
    if (this.#isOver) throw new ToolError("aborted", "the run is over");
    if (this.#open.size >= MAX_HANDLES)
      throw new ToolError(
        "output_limit",
        `${label} returned an object with methods, and the run has ${MAX_HANDLES} of them open, which is the cap`,
        { hint: "Close those that are done with: `await using x = …`, or `await x.close()`." },
      );
    const id = newId();
    this.#open.set(id, { object, server, tool, methods: found });
    this.#ids.set(object, id);
    return { id, ...facts };
  }

  /** The host's object behind a stub that a program passes on. @throws ToolError `invalid_arguments` for one that has ended */
  objectOf(id: unknown): object {
    const { object, server, tool } = this.#get(id);
    if (!(object instanceof KeptResult)) return object;
    throw new ToolError(
      "invalid_arguments",
      `the result of ${server}.${tool} is kept on the host, and is no argument of a tool`,
      { hint: "Pass a part of it: `await h.slice(0, 100)` or `await h.get(…)`." },
    );
  }

  /** What calls `name` of the handle at `address`. @throws ToolError `invalid_arguments` */
  method(address: string, name: string): HandleMethod {
    const id = ADDRESS.exec(address)?.[1] ?? "";
    const handle = this.#get(id);
    const { server, tool, object, methods } = handle;
    const shown = name === "@@dispose" ? "[Symbol.asyncDispose]" : name;
    const facts = {
      server,
      tool: `${tool}.${name === "@@iterate" ? "[Symbol.asyncIterator]" : shown}`,
    };
    if (name === "@@iterate") return { ...facts, call: () => iterate(object) };
    if (name === "@@page" && object instanceof KeptResult)
      return {
        server,
        tool: `${tool}.[Symbol.asyncIterator]`,
        call: ([from]) => object[PAGE](from),
      };
    if (name === "close" || name === "@@dispose")
      return { ...facts, call: (args) => this.#close(id, handle, name, args) };
    if (methods.includes(name))
      return {
        ...facts,
        call: (args) => Reflect.apply((object as Record<string, Method>)[name]!, object, args),
      };
    throw new ToolError(
      "unknown_tool",
      `${server}.${tool} returned an object without a method ${name.slice(0, 100)}; it has ${methods.slice(0, 20).join(", ") || "none"}`,
    );
  }

  /** Disposes of all that are open. Returns what the logs say of failures. */
  async end(): Promise<LogEntry[]> {
    this.#isOver = true;
    if (this.#open.size === 0) return [];
    const notes: LogEntry[] = [];
    const work = [...this.#open].map(async ([id, handle]) => {
      const label = `${handle.server}.${handle.tool}`;
      try {
        await this.#close(id, handle, "@@dispose", [], "its run is over");
      } catch (error) {
        const text = `codecell: what ${label} returned could not be closed: ${messageOf(error).slice(0, 200)}`;
        notes.push({ level: "warn", text });
      }
    });
    await waitFor(work, performance.now() + CLOSE_MS);
    return [...notes];
  }

  async #close(
    id: string,
    { object, server, tool }: Handle,
    name: string,
    args: readonly unknown[],
    why = "it was closed",
  ): Promise<unknown> {
    this.#open.delete(id);
    this.#ended.add(id, `the object of ${server}.${tool} cannot be used any more: ${why}`);
    const given = object as Record<PropertyKey, unknown>;
    const symbols = [Symbol.asyncDispose, Symbol.dispose];
    for (const key of name === "close" ? ["close", ...symbols] : [...symbols, "close"]) {
      const method = given[key];
      if (typeof method === "function")
        return await Reflect.apply(method, object, key === "close" ? args : []);
    }
    return undefined;
  }

  #get(id: unknown): Handle {
    const handle = typeof id === "string" ? this.#open.get(id) : undefined;
    if (handle !== undefined) return handle;
    throw new ToolError("invalid_arguments", this.#ended.of(typeof id === "string" ? id : ""), {
      hint: "Call the tool again: an object with methods lives until its run ends or it is closed.",
    });
  }
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function iterate(object: object): object {
  const iterable = object as Partial<AsyncIterable<unknown>>;
  const start = iterable[Symbol.asyncIterator];
  if (typeof start !== "function")
    throw new ToolError("invalid_arguments", "the object is not async iterable");
  const iterator = Reflect.apply(start, object, []) as AsyncIterator<unknown>;
  return {
    next: () => iterator.next(),
    close: async () => {
      await iterator.return?.();
    },
  };
}
