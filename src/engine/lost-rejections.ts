/** Rejections that nothing in the program handled: each is a warning in the logs, with its line. */
import type { Program } from "../core/program.ts";
import { cutText } from "../core/utf8.ts";
import type { Host, Outcome } from "./engine.ts";
import { describedFailure, framesOf, locate } from "./guest-failure.ts";
import { EngineSyntaxError } from "./vm.ts";

/** Warnings of one run; the others are only counted. */
const MAX_WARNINGS = 20;
/** Rejections that are kept until the end, because something may handle them. */
const MAX_KEPT = 200;
const MAX_MESSAGE = 1_000;
const MAX_STACK = 10_000;
const NO_ERROR = "a value that is no error";
/** What isolated-vm throws in the place of an object that is no error. */
const STAND_IN = "An object was thrown from supplied code within isolated-vm";

/** Stands for an exception of an engine that is null or undefined. */
export const THREW_NOTHING: Error = new Error("the engine threw nothing");

interface Rejection {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** The rejections of one run. All texts are the program's. */
export class LostRejections {
  readonly #rejections: Rejection[] = [];
  #more = 0;

  /** The guest reports one, or the number of those that it does not remember. */
  reported(count: number, text: string): undefined {
    if (text === "" || this.#isFull) this.#more += Math.max(0, Math.trunc(count) || 0);
    else {
      const { name = "Error", message = "", stack } = describedFailure(text);
      this.#add({ name, message, stack });
    }
  }

  /**
   * V8 rethrows the first one at the end of each slice. What it throws is a copy, and V8 never tells that it was handled later:
   * the guest does, see {@link handled}.
   */
  thrown(thrown: unknown): void {
    if (!(thrown instanceof EngineSyntaxError)) this.#add(describe(thrown));
  }

  /** Something has handled a rejection: the copy is known by its message and its frames. */
  handled(text: string): undefined {
    const { message = "", stack } = describedFailure(text);
    const start = cutText(message, MAX_MESSAGE);
    const frames = framesOf(stack);
    const at = this.#rejections.findIndex(
      (kept) =>
        framesOf(kept.stack) === frames && (kept.message === start || kept.message === NO_ERROR),
    );
    if (at >= 0) this.#rejections.splice(at, 1);
  }

  get #isFull(): boolean {
    return this.#rejections.length >= MAX_KEPT;
  }

  #add({ name, message, stack }: Rejection): void {
    if (this.#isFull) this.#more++;
    else
      this.#rejections.push({
        name,
        message: cutText(message, MAX_MESSAGE),
        stack: stack === undefined ? undefined : cutText(stack, MAX_STACK),
      });
  }

  /** One that the program failed with in the end is no news. */
  report(outcome: Outcome, program: Program, host: Host): void {
    const error = outcome.ok ? undefined : outcome.error;
    let told = 0;
    for (const { name, message, stack } of this.#rejections) {
      const { line } = locate(stack, program);
      if (error?.message === message && error.line === line) continue;
      if (told++ >= MAX_WARNINGS) continue;
      const place = line === undefined ? "" : ` in line ${line}`;
      const what = stack === undefined || stack === "" ? message : `${name}: ${message}`;
      warn(host, `a promise was rejected${place} and nothing handled it: ${what}`);
    }
    const more = this.#more + Math.max(0, told - MAX_WARNINGS);
    if (more > 0) warn(host, `${more} more rejections were not handled`);
  }
}

function warn(host: Host, text: string): void {
  host.log({ level: "warn", text: `codecell: ${text}` });
}

/** A copy of an error has lost the name of its class, which is in its stack. */
function describe(thrown: unknown): Rejection {
  if (thrown === THREW_NOTHING) return { name: "", message: "undefined", stack: undefined };
  if (!(thrown instanceof Error)) {
    const isPlain = ["string", "number", "boolean"].includes(typeof thrown);
    return { name: "", message: isPlain ? `${thrown as string}` : NO_ERROR, stack: undefined };
  }
  const { message, stack = "" } = thrown;
  if (message.startsWith(STAND_IN)) return { name: "", message: NO_ERROR, stack: undefined };
  const at = stack.indexOf(`: ${message}`);
  const name =
    at > 0 && /^[\w$]{1,100}$/.test(stack.slice(0, at)) ? stack.slice(0, at) : thrown.name;
  return { name, message, stack };
}
