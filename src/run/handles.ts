/**
 * Objects with methods that local tools returned to the programs of one VM. The object stays here; the program gets a stub that
 * names it by an id. Invariants: only methods found when the handle was made are called, on the object itself, and only from
 * the VM whose table has it; each object is disposed of once for each time that a tool handed it out.
 */
import type { HandleFacts } from "../core/handle-facts.ts";
import { ToolError } from "../core/tool-error.ts";
import type { HostCall } from "../engine/engine.ts";
import type { HandleMaker, HandleMethod, HandleOrigin } from "../tools/tool-call.ts";
import { disposeOf, disposeQuietly, warnOf } from "./dispose-object.ts";
import { EndedHandles } from "./ended-handles.ts";
import { hostObjectsIn } from "./host-objects.ts";
import { addressOf, DISPOSE, type Handle, methodOf, newId, shownName } from "./handle-method.ts";
import { KeptResult } from "./kept/kept-result.ts";
import {
  classNameOf,
  MAX_METHOD_NAME,
  MAX_METHODS,
  methodsOf,
  staysOnHost,
} from "./object-methods.ts";

/** Open handles of one run, or of one session. */
export const MAX_HANDLES = 100;
/** Time in ms for all of them to close at the end. */
const END_MS = 1_000;
const MAX_NAMED = 3;
const NOT_HERE =
  "the object is not open here: it ended with its host, or belongs to another run or session";

export class Handles implements HandleMaker {
  readonly #open = new Map<string, Handle>();
  readonly #ids = new WeakMap<object, string>();
  readonly #ended: EndedHandles;
  /** Whose they are, for messages: "run" or "session". */
  readonly #owner: string;
  #ending: Promise<string[]> | undefined;

  /** @param ended where the names of those that have ended are kept */
  constructor(owner: "run" | "session", ended = new EndedHandles()) {
    this.#owner = owner;
    this.#ended = ended;
  }

  /** Number of open handles. */
  get size(): number {
    return this.#open.size;
  }

  /** Names those that are open: tool and class. */
  get labels(): string {
    const open = [...this.#open.values()].map(labelWithClass);
    const more = open.length > MAX_NAMED ? ` and ${open.length - MAX_NAMED} more` : "";
    return open.slice(0, MAX_NAMED).join(", ") + more;
  }

  make(object: object, failed: boolean, from: HandleOrigin): HandleFacts | undefined {
    if (!staysOnHost(object, failed)) return undefined;
    const { server, tool } = from;
    const methods = methodsOf(object);
    const label = `${server}.${tool}`;
    const iterable =
      typeof (object as Record<symbol, unknown>)[Symbol.asyncIterator] === "function";
    const pages = object instanceof KeptResult ? { pages: true } : {};
    const facts = { label, methods, iterable, ...pages };
    const known = this.#ids.get(object);
    if (known !== undefined && this.#open.has(known)) return { id: known, ...facts };
    this.#checkRoom(label, methods);
    const id = newId();
    this.#open.set(id, { object, server, tool, methods });
    this.#ids.set(object, id);
    from.made.push(id);
    return { id, ...facts };
  }

  #checkRoom(label: string, methods: readonly string[]): void {
    if (this.#ending !== undefined) throw new ToolError("aborted", "the run is over");
    const breached =
      this.#open.size >= MAX_HANDLES
        ? `the ${this.#owner} has ${MAX_HANDLES} of them open, which is the cap`
        : methods.length > MAX_METHODS
          ? `it has more than ${MAX_METHODS} of them, which is the cap`
          : methods.some((name) => name.length > MAX_METHOD_NAME)
            ? `the name of one has more than ${MAX_METHOD_NAME} characters, which is the cap`
            : undefined;
    if (breached === undefined) return;
    const message = `${label} returned an object with methods, and ${breached}`;
    if (this.#open.size < MAX_HANDLES) throw new ToolError("output_limit", message);
    const hint = "Close those that are done with: `await x.close()`.";
    throw new ToolError("output_limit", message, { hint });
  }

  /** Whether a call is for an object that is or was here. */
  knows(server: string): boolean {
    const id = addressOf(server);
    return id !== undefined && (this.#open.has(id) || this.#ended.has(id));
  }

  /** What a call of a method is named before it is parsed; `undefined` for any other call. */
  labelOf({ server, tool }: HostCall): string | undefined {
    const id = addressOf(server);
    if (id === undefined) return undefined;
    const handle = this.#open.get(id) ?? this.#ended.get(id);
    const of = handle === undefined ? "handle" : `${handle.server}.${handle.tool}`;
    return `${of}.${shownName(tool)}`;
  }

  /** The host's object behind a stub that a program passes on. @throws ToolError `invalid_arguments` for one that has ended */
  objectOf(id: unknown): object {
    const { object, server, tool } = this.#get(id);
    if (!(object instanceof KeptResult)) return object;
    throw new ToolError(
      "invalid_arguments",
      `the result of ${server}.${tool} is kept on the host, and is no argument of a tool`,
      { hint: "Pass a part of it: `await h.slice(0, 100)` or `await h.get(0)`." },
    );
  }

  /** What calls `name` of the handle at `address`. @throws ToolError `invalid_arguments`, `unknown_tool` */
  method(address: string, name: string): HandleMethod {
    const id = addressOf(address);
    const ended = id === undefined ? undefined : this.#ended.get(id);
    // `await using` after `close()`, as everywhere.
    if (ended !== undefined && name === DISPOSE)
      return { server: ended.server, tool: `${ended.tool}.${shownName(name)}`, call: () => {} };
    const handle = this.#get(id);
    return methodOf(handle, name, {
      close: (args) => {
        const isFirst = this.#remove(id!, handle, "it was closed");
        return isFirst ? disposeOf(handle.object, args) : undefined;
      },
      over: () => void this.#remove(id!, handle, "it had come to its end"),
    });
  }

  drop(ids: readonly string[]): void {
    for (const id of ids.toReversed()) {
      const handle = this.#open.get(id);
      if (handle === undefined) continue;
      this.#remove(id, handle, "the call that returned it was aborted");
      this.#disposeLater(handle.object, handle);
    }
  }

  discard(value: unknown, from: Omit<HandleOrigin, "made">): void {
    for (const object of [...hostObjectsIn(value)].toReversed())
      if (!this.#open.has(this.#ids.get(object) ?? "")) this.#disposeLater(object, from);
  }

  #disposeLater(object: object, { server, tool }: Omit<HandleOrigin, "made">): void {
    void disposeQuietly(object, `${server}.${tool}`).then((problem) => warnOf([problem]));
  }

  /**
   * Disposes of all that are open, the last one first, and takes no more.
   * @param why for messages of stubs that outlive them
   * @returns what went wrong
   */
  async end(why: string): Promise<string[]> {
    this.#ending ??= this.#endAll(why);
    return await this.#ending;
  }

  async #endAll(why: string): Promise<string[]> {
    const deadline = performance.now() + END_MS;
    const problems: string[] = [];
    const open = [...this.#open].toReversed();
    for (const [id, handle] of open) this.#remove(id, handle, why);
    for (const [, { object, server, tool }] of open) {
      const problem = await disposeQuietly(object, `${server}.${tool}`, deadline);
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  /** Returns false where it had ended before: of two calls that close it at once, one disposes of it. */
  #remove(id: string, handle: Handle, why: string): boolean {
    if (!this.#open.delete(id)) return false;
    const { server, tool } = handle;
    const message = `${labelWithClass(handle)} cannot be used any more: ${why}`;
    this.#ended.add(id, { server, tool, message });
    return true;
  }

  #get(id: unknown): Handle {
    const handle = typeof id === "string" ? this.#open.get(id) : undefined;
    if (handle !== undefined) return handle;
    const hint = `Call the tool again: an object with methods lives until its ${this.#owner} ends or it is closed.`;
    const ended = this.#ended.get(typeof id === "string" ? id : "");
    throw new ToolError("invalid_arguments", ended?.message ?? NOT_HERE, { hint });
  }
}

function labelWithClass({ object, server, tool }: Handle): string {
  const name = classNameOf(object);
  return `the object of ${server}.${tool}${name === undefined ? "" : ` (${name})`}`;
}
