import { type Answer, answerFailure } from "../core/answer.ts";
import { breach } from "../core/breach.ts";
import { decodeWithin } from "../core/decode-within.ts";
import { encode } from "../core/encode.ts";
import type { Failure } from "../core/errors.ts";
import { deepestText } from "../core/json-shape.ts";
import { mostParts } from "../core/parts.ts";
import type { Limits } from "../core/limits.ts";
import { failureOf, ToolError } from "../core/tool-error.ts";
import { nextTurn, Turns } from "../core/turns.ts";
import { utf8Length } from "../core/utf8.ts";
import { WireError } from "../core/wire-format.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { HostCall } from "../engine/engine.ts";
import { isFileOperation, type ProgramFiles } from "../files/program-files.ts";

/** What discovery calls read. */
export interface DiscoverySources {
  readonly discovery: Discovery;
  readonly files: ProgramFiles;
}

/** Functions that wait for servers; others compute, on the thread that all runs share. */
const WAITING = /^(?:resources|prompts)\./;
/** Longest time in ms that discovery calls of one program may take the thread without a pause for others. */
const YIELD_MS = 8;

/**
 * Discovery calls and file operations of one program. They run one after the other, and their time on the host counts
 * against the program's `cpuMs`: they must not be a way to spend more.
 */
export class DiscoveryCalls {
  readonly #discovery: Discovery;
  readonly #files: ProgramFiles;
  readonly #limits: Limits;
  readonly #onBytes: (size: number) => void;
  readonly #onBreach: (failure: Failure) => void;
  /** The last one that was asked for; undefined before the first. */
  #last: Promise<unknown> | undefined;
  #spentMs = 0;
  #sinceYieldMs = 0;
  #over = false;

  constructor(
    { discovery, files }: DiscoverySources,
    limits: Limits,
    onBytes: (size: number) => void,
    onBreach: (failure: Failure) => void,
  ) {
    this.#discovery = discovery;
    this.#files = files;
    this.#limits = limits;
    this.#onBytes = onBytes;
    this.#onBreach = onBreach;
  }

  /** Returns the result or the failure as text; never rejects. */
  answer(call: HostCall): Promise<Answer> {
    if (WAITING.test(call.tool)) return this.#answer(call, new Turns());
    const answer = (this.#last ?? Promise.resolve()).then(() => this.#timed(call));
    this.#last = answer;
    return answer;
  }

  /** The run is over: calls that still wait for their turn fail. Returns the last one, if there was any. */
  end(): Promise<unknown> | undefined {
    this.#over = true;
    return this.#last;
  }

  async #timed(call: HostCall): Promise<Answer> {
    if (!this.#over && this.#sinceYieldMs > YIELD_MS) {
      this.#sinceYieldMs = 0;
      await nextTurn(); // of many programs, one goes on in each
    }
    if (this.#over)
      return answerFailure({ code: "aborted", message: "the run is over", tool: call.tool });
    const turns = new Turns(this.#limits.cpuMs - this.#spentMs);
    const answer = await this.#answer(call, turns);
    const ms = turns.spentMs;
    this.#spentMs += ms;
    this.#sinceYieldMs += ms;
    if (this.#spentMs > this.#limits.cpuMs) {
      this.#over = true;
      const message = `looking up tools took more than ${this.#limits.cpuMs} ms`;
      this.#onBreach(breach("cpu_limit", message, "cpuMs"));
    }
    return answer;
  }

  async #answer({ tool, args }: HostCall, turns: Turns): Promise<Answer> {
    try {
      const parts = mostParts(this.#limits.callBytes); // a file that is written may be as large as a call
      const given = decodeWithin(args, { parts, depth: deepestText(this.#limits) });
      const found = isFileOperation(tool)
        ? await this.#files.answer(tool, given)
        : await this.#discovery.answer(tool, given, turns);
      const answer = encode(found, {
        maxBytes: this.#limits.callBytes,
        maxDepth: this.#limits.valueDepth,
        label: "answer",
      });
      this.#onBytes(utf8Length(answer));
      return answer;
    } catch (error) {
      return answerFailure(failureOf(tooLargeFor(tool, error), tool));
    }
  }
}

/** A result over its cap is no fault of the arguments. */
function tooLargeFor(tool: string, error: unknown): unknown {
  if (!(error instanceof WireError) || error.code !== "output_limit") return error;
  return new ToolError(error.code, `the answer of ${tool} is too large; ask for a part`);
}
