/**
 * Copies what a tool returned to plain data, in small steps. What the copy holds is what the program would have got; nothing of the
 * host's objects is reachable from it, and nothing of them runs later.
 */
import { decode } from "../../core/decode.ts";
import { encode } from "../../core/encode.ts";
import { hasResourceSymbol } from "../../core/plain-json.ts";
import { ToolError } from "../../core/tool-error.ts";
import type { Steps } from "../../core/turns.ts";
import { wireFailureOf } from "../../core/wire-format.ts";
import { isResource } from "../object-methods.ts";

export interface CopyCaps {
  /** Memory of the copy, about. */
  readonly bytes: number;
  /** Levels of nesting. */
  readonly depth: number;
  /** Called now and then with the memory that the copy takes by now; it may throw. */
  readonly onGrowth?: (bytes: number) => void;
}

/** A copy, and the memory that it takes, about. */
export interface Copied {
  readonly value: unknown;
  readonly bytes: number;
}

/** The same estimate as that of server's lists, see weigh.ts in tools/mcp. */
const OBJECT_BYTES = 40;
const SLOT_BYTES = 16;
/** Small steps between two looks at the clock. */
const STEPS = 64;
/** What is no list or object, such as a Map or a typed array, is copied at once: this much of it. */
const PIECE = { maxBytes: 1024 * 1024, maxParts: 50_000 };

interface Frame {
  readonly source: Readonly<Record<PropertyKey, unknown>>;
  readonly target: Record<PropertyKey, unknown>;
  /** Absent for a list. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  at: number;
}

/**
 * @param label names the value in messages
 * @throws ToolError `output_limit`, `not_serializable`
 */
export function copyOf(value: unknown, caps: CopyCaps, label: string): Steps<Copied> {
  return new Copier(caps, label).copy(value);
}

class Copier {
  readonly #caps: CopyCaps;
  readonly #label: string;
  readonly #frames: Frame[] = [];
  #bytes = 0;
  #isDue = false;

  constructor(caps: CopyCaps, label: string) {
    this.#caps = caps;
    this.#label = label;
  }

  *copy(value: unknown): Steps<Copied> {
    const root: unknown[] = [];
    const frames = this.#frames;
    frames.push({
      source: [value] as never,
      target: root as never,
      keys: undefined,
      length: 1,
      at: 0,
    });
    for (let steps = 1; frames.length > 0; steps++) {
      const frame = frames.at(-1)!;
      if (frame.at === frame.length) frames.pop();
      else this.#next(frame);
      if (steps % STEPS !== 0 && !this.#isDue) continue;
      this.#isDue = false;
      this.#caps.onGrowth?.(this.#bytes);
      yield;
    }
    this.#caps.onGrowth?.(this.#bytes);
    return { value: root[0], bytes: this.#bytes };
  }

  #next(frame: Frame): void {
    const key = frame.keys === undefined ? frame.at : frame.keys[frame.at]!;
    frame.at++;
    const copied = this.#copied(frame.source[key]);
    if (key !== "__proto__") frame.target[key] = copied;
    else
      Object.defineProperty(frame.target, key, {
        value: copied,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }

  /** The copy of a primitive; of a list or an object an empty one, which is filled next. */
  #copied(item: unknown): unknown {
    this.#charge(SLOT_BYTES);
    switch (typeof item) {
      case "string":
        this.#charge(item.length);
        return item;
      case "number":
      case "boolean":
      case "undefined":
        return item;
      case "object":
        return item === null ? item : this.#container(item);
      default:
        return this.#piece(item);
    }
  }

  #container(item: object): unknown {
    this.#charge(OBJECT_BYTES);
    if (Array.isArray(item)) return this.#push(item, [], undefined, item.length);
    if (!isRecord(item)) return this.#piece(item);
    if (isPlain(item) ? hasResourceSymbol(item) : isResource(item))
      throw this.#refusal(`${this.#path()} is an object with methods`);
    const keys = Object.keys(item);
    if (keys.length === 0) return this.#piece(item); // it may only look empty
    for (const key of keys) this.#charge(key.length);
    return this.#push(item, {}, keys, keys.length);
  }

  #push(source: object, target: object, keys: Frame["keys"], length: number): object {
    if (this.#frames.length > this.#caps.depth)
      throw this.#refusal(
        `${this.#path().slice(0, 200)} is nested deeper than ${this.#caps.depth} levels, or refers to itself`,
      );
    this.#frames.push({ source: source as never, target: target as never, keys, length, at: 0 });
    return target;
  }

  /** As the bridge would bring it to the program. */
  #piece(item: unknown): unknown {
    this.#isDue = true;
    try {
      const maxDepth = Math.max(0, this.#caps.depth - this.#frames.length + 1);
      const text = encode(item, { ...PIECE, maxDepth, label: this.#path() });
      this.#charge(text.length);
      return decode(text);
    } catch (error) {
      const failure = wireFailureOf(error);
      if (failure === undefined) throw error;
      if (failure.code === "output_limit")
        throw new ToolError(
          "output_limit",
          `${failure.message}; what is no list and no object cannot be larger in a result that stays on the host`,
        );
      throw this.#refusal(failure.message);
    }
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#caps.bytes) return;
    throw new ToolError(
      "output_limit",
      `the result of ${this.#label} takes more than ${this.#caps.bytes} bytes, which is what is left of the run's keptBytes`,
      { hint: "Close handles that are done with, or ask the tool for less." },
    );
  }

  /** `result.rows[3].at` */
  #path(): string {
    const steps = this.#frames
      .slice(1)
      .map(({ keys, at }) =>
        keys === undefined ? `[${at - 1}]` : `.${keys[at - 1]!.slice(0, 50)}`,
      );
    return `result${steps.join("")}`;
  }

  #refusal(message: string): ToolError {
    return new ToolError(
      "not_serializable",
      `the result of ${this.#label} cannot stay on the host as data: ${message}`,
      { hint: "Call the tool without `.handle`." },
    );
  }
}

/** Whether the properties of an object are what it holds. The rest the encoder knows. */
function isRecord(value: object): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  return isPlain(value) || Object.prototype.toString.call(value) === "[object Object]";
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
