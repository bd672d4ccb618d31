import { realTag } from "../../core/brands.ts";
import { errorClassOf, makeError } from "../../core/native-errors.ts";
import { wayOut } from "../../core/opaque.ts";
import * as native from "../../core/primordials.ts";
import { DOMException } from "./events.ts";

/**
 * `structuredClone` of the HTML standard, for the types that a VM has.
 * @throws DOMException `DataCloneError`
 */
export function clone(value: unknown): unknown {
  return new Cloner().clone(value);
}

/** What native classes of errors hold. */
const HELD = ["cause", "errors", "error", "suppressed"];
/** Built-ins with slots that the standard does not copy. */
const NO_DATA = /^\[object (Intl|Temporal)\./;

class Cloner {
  readonly #seen = new Map<object, unknown>();

  clone(value: unknown): unknown {
    if (typeof value === "function" || typeof value === "symbol") throw refuse(value);
    if (typeof value !== "object" || value === null) return value;
    if (this.#seen.has(value)) return this.#seen.get(value);
    return this.#cloneObject(value);
  }

  #cloneObject(value: object): unknown {
    if (native.isArray(value))
      return this.#cloneProperties(value, this.#remember(value, new Array(value.length)));
    const tag = realTag(value);
    switch (tag) {
      case "[object Date]":
        return this.#remember(value, new Date(native.dateToMs(value as Date)));
      case "[object RegExp]":
        return this.#remember(
          value,
          new RegExp(native.regExpSource(value), native.regExpFlags(value)),
        );
      case "[object Boolean]":
        return this.#remember(value, Object(native.unboxBoolean(value)));
      case "[object Number]":
        return this.#remember(value, Object(native.unboxNumber(value)));
      case "[object String]":
        return this.#remember(value, Object(native.unboxText(value)));
      case "[object BigInt]":
        return this.#remember(value, Object(native.unboxBigint(value)));
      case "[object Map]":
        return this.#cloneMap(value as Map<unknown, unknown>);
      case "[object Set]":
        return this.#cloneSet(value as Set<unknown>);
      case "[object ArrayBuffer]":
        return this.#remember(value, (value as ArrayBuffer).slice(0));
      case "[object Promise]":
      case "[object Symbol]":
      case "[object URL]":
        throw refuse(value);
      default:
        return this.#cloneOther(value, tag);
    }
  }

  #cloneOther(value: object, tag: string): unknown {
    if (native.isView(value)) return this.#cloneView(value);
    if (errorClassOf(value) !== undefined) return this.#cloneError(value as Error);
    if (wayOut(tag) !== undefined || native.execPattern(NO_DATA, tag) !== null) throw refuse(value);
    return this.#cloneProperties(value, this.#remember(value, {}));
  }

  #remember<T>(original: object, copy: T): T {
    this.#seen.set(original, copy);
    return copy;
  }

  #cloneProperties(value: object, copy: object): object {
    for (const key of native.objectKeys(value)) {
      const item = this.clone((value as Record<string, unknown>)[key]);
      native.defineProperty(copy, key, {
        value: item,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return copy;
  }

  #cloneMap(map: Map<unknown, unknown>): unknown {
    const copy = this.#remember(map, new Map<unknown, unknown>());
    const entries = [...map];
    for (const [key, item] of entries) copy.set(this.clone(key), this.clone(item));
    return copy;
  }

  #cloneSet(set: Set<unknown>): unknown {
    const copy = this.#remember(set, new Set<unknown>());
    for (const item of [...set]) copy.add(this.clone(item));
    return copy;
  }

  #cloneView(view: ArrayBufferView): unknown {
    const buffer = this.clone(view.buffer) as ArrayBuffer;
    const Kind = view.constructor as new (
      buffer: ArrayBuffer,
      offset: number,
      length: number,
    ) => object;
    const isDataView = native.typedArrayKind(view) === undefined;
    const length = isDataView ? view.byteLength : (view as Uint8Array).length;
    return this.#remember(view, new Kind(buffer, view.byteOffset, length));
  }

  /** By its name as in the standard, else by its class, with what native classes hold besides. */
  #cloneError(error: Error): unknown {
    const { name, stack } = error;
    const message = `${error.message}`;
    const made = makeError(name, message) ?? makeError(errorClassOf(error), message)!;
    const copy = this.#remember(error, made);
    hide(copy, "stack", stack);
    for (let at = 0; at < HELD.length; at++) {
      const key = HELD[at]!;
      if (native.hasOwn(error, key))
        hide(copy, key, this.clone((error as unknown as Record<string, unknown>)[key]));
    }
    return copy;
  }
}

function hide(target: object, key: string, value: unknown): void {
  native.defineProperty(target, key, { value, writable: true, configurable: true });
}

function refuse(value: unknown): DOMException {
  const what =
    typeof value === "object" ? native.sliceText(native.tagOf(value), 8, -1) : typeof value;
  return new DOMException(`a ${what} could not be cloned`, "DataCloneError");
}
