import { breach } from "../core/breach.ts";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { ProtocolError } from "../placement/channel/fields.ts";
import { largestHead, largestSavedVm } from "../placement/channel/message-caps.ts";
import type { Door } from "../placement/worker/admissions.ts";

/** A service does not load the engine that a client names: it only compares the names. */
const ENGINE_BYTES = 64 * 1024;
/** Names of more than ten thousand tools. They are read in one step. */
const NAMES_BYTES = 2 * 1024 * 1024;
/** The message and the data of a failed call, beside results, which `callBytes` caps. */
const FAILURE_BYTES = 512 * 1024;

/**
 * The door of a service for the runtimes whose placement it is. What a client may send is bounded in size and number by what it was
 * admitted for, so that a client without an admission costs no more than its connection.
 */
export class RemoteDoor implements Door {
  readonly largeBytes = 64 * 1024;
  readonly admit: (bytes: number) => Promise<() => void>;
  readonly #limits: Limits;
  readonly #onMessage: () => void;
  readonly #counts = new Map<string, number>();

  /**
   * @param limits what a client's runs may have at most
   * @param onMessage called when a message begins to arrive
   */
  constructor(
    limits: Limits,
    admit: (bytes: number) => Promise<() => void>,
    onMessage: () => void,
  ) {
    this.#limits = limits;
    this.admit = admit;
    this.#onMessage = onMessage;
  }

  check(type: string, bytes: number): void {
    this.#onMessage();
    const largest = this.#largest(type);
    if (bytes > largest) throw this.#tooLarge(type, bytes, largest);
    this.#count(type);
    const isTooMany =
      (type === "names" && this.#countOf("names") > this.#requests + 1) ||
      (type === "abort" && this.#countOf("abort") > this.#runs) ||
      (type === "end" && this.#countOf("end") > this.#countOf("open"));
    if (isTooMany) throw new ProtocolError("it sent what belongs to no request");
  }

  #largest(type: string): number {
    const { sourceBytes, callBytes } = this.#limits;
    switch (type) {
      case "engine":
        return ENGINE_BYTES;
      case "names":
        return NAMES_BYTES;
      case "run":
      case "runKept":
        return largestHead(type) + sourceBytes;
      case "open":
        return largestSavedVm(this.#limits);
      case "answer":
        return callBytes + FAILURE_BYTES;
      default:
        return largestHead(type);
    }
  }

  #tooLarge(type: string, bytes: number, largest: number): Error {
    if (type !== "run" && type !== "runKept")
      return new ProtocolError(`it sent a message of ${bytes} bytes, and the cap is ${largest}`);
    const { sourceBytes } = this.#limits;
    const text = `the program has more than the ${sourceBytes} bytes that the service allows`;
    const { code, message, hint } = breach("source_too_large", text, "sourceBytes");
    return new CodecellError(code, message, { hint });
  }

  #count(type: string): void {
    this.#counts.set(type, this.#countOf(type) + 1);
  }

  #countOf(type: string): number {
    return this.#counts.get(type) ?? 0;
  }

  get #runs(): number {
    return this.#countOf("run") + this.#countOf("runKept");
  }

  get #requests(): number {
    return this.#runs + this.#countOf("open");
  }
}
