/**
 * A result that stays on the host. Its methods are what a program may ask of it, see object-methods.ts; what they are given comes
 * from the program.
 */
import { ToolError } from "../../core/tool-error.ts";
import type { ToolCall } from "../../tools/tool-call.ts";
import { matching, readCondition } from "./filter.ts";
import type { OpenResults, Weight } from "./kept-bytes.ts";
import { isRecord, kindOf } from "./kind.ts";
import { pageOf } from "./page.ts";
import { stepsOf, valueAt } from "./path.ts";
import type { RunWork } from "./run-work.ts";

/** What a method has to do in the run that calls it. */
export class KeptTask {
  readonly run: (call: ToolCall, work: RunWork) => unknown;

  constructor(run: KeptTask["run"]) {
    this.run = run;
  }
}

/** Names the method that gives a page: no program can spell it. */
export const PAGE = Symbol("page");
/** A reference in a list. */
const REFERENCE_BYTES = 8;

export class KeptResult implements AsyncDisposable {
  /** `server.tool` */
  readonly #label: string;
  readonly #value: unknown;
  readonly #weights: readonly Weight[];
  readonly #open: Pick<OpenResults, "add" | "delete">;

  /** @param open those that are, of which it is one until it is disposed of */
  constructor(
    label: string,
    value: unknown,
    weights: readonly Weight[],
    open: Pick<OpenResults, "add" | "delete">,
  ) {
    this.#label = label;
    this.#value = value;
    this.#weights = weights;
    this.#open = open;
    open.add(this);
  }

  get weights(): readonly Weight[] {
    return this.#weights;
  }

  /** Rows of a list, characters of a text. */
  count(): number {
    return typeof this.#value === "string" ? this.#value.length : this.#rows("count").length;
  }

  /** As `slice` of arrays and strings. */
  slice(start?: unknown, end?: unknown): unknown {
    const [from, to] = [this.#index(start, "start"), this.#index(end, "end")];
    if (typeof this.#value === "string") return this.#value.slice(from, to);
    return this.#rows("slice").slice(from, to);
  }

  /** A handle of the rows whose properties have the values of `equal`. */
  filter(equal: unknown): KeptTask {
    const rows = this.#rows("filter");
    const condition = readCondition(equal, this.#label);
    return new KeptTask(async (call, work) => {
      const found = await work.do(call, () => matching(rows, condition));
      const own = { bytes: found.length * REFERENCE_BYTES };
      return new KeptResult(this.#label, found, [this.#weights[0]!, own], this.#open);
    });
  }

  /** The value at a path of names and indexes; all of it without one. */
  get(...path: unknown[]): unknown {
    return valueAt(this.#value, stepsOf(path, this.#label), this.#label);
  }

  /** A handle of the value at a path. */
  at(...path: unknown[]): KeptResult {
    return new KeptResult(this.#label, this.get(...path), this.#weights, this.#open);
  }

  [PAGE](from: unknown): KeptTask {
    const rows = this.#rows("for await");
    const start = this.#index(from, "the row");
    return new KeptTask((call, work) =>
      work.do(call, () => pageOf(rows, start ?? 0, call.run.limits)),
    );
  }

  /** Says that it can be iterated over; what does it are pages. */
  [Symbol.asyncIterator](): never {
    throw new ToolError("internal", "a kept result comes in pages");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open.delete(this);
  }

  #rows(what: string): readonly unknown[] {
    if (Array.isArray(this.#value)) return this.#value as unknown[];
    throw noList(this.#value, this.#label, what);
  }

  #index(given: unknown, name: string): number | undefined {
    if (given === undefined) return undefined;
    if (typeof given === "number" && !Number.isNaN(given)) return given;
    throw new ToolError(
      "invalid_arguments",
      `slice of the result of ${this.#label}: ${name} must be a number`,
      { hint: "Write `await h.slice(0, 100)`." },
    );
  }
}

function noList(value: unknown, label: string, what: string): ToolError {
  const message = `${what}: the result of ${label} is no list but ${kindOf(value)}`;
  const lists = isRecord(value)
    ? Object.entries(value).filter(([, each]) => Array.isArray(each))
    : [];
  const hint =
    lists.length === 0
      ? "`await h.get()` gives the whole value."
      : `Write \`const rows = await h.at(${JSON.stringify(lists[0]![0].slice(0, 100))})\`, then use rows.`;
  return new ToolError("invalid_arguments", message, { hint });
}
