import { realTag } from "../../core/brands.ts";
import * as native from "../../core/primordials.ts";
import { DOMException } from "./events.ts";

const ERRORS: Readonly<Record<string, new (message: string) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/**
 * `structuredClone` of the HTML standard, for the types that a VM has.
 * @throws DOMException `DataCloneError`
 */
export function clone(value: unknown): unknown {
  return new Cloner().clone(value);
}

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
    switch (realTag(value)) {
      case "[object Date]":
        return this.#remember(value, new Date(native.dateToMs(value as Date)));
      case "[object RegExp]":
        return this.#remember(
          value,
          new RegExp(native.regExpSource(value), native.regExpFlags(value)),
        );
      case "[object Boolean]":
      case "[object Number]":
      case "[object String]":
      case "[object BigInt]":
        return this.#remember(value, Object(value.valueOf()));
      case "[object Map]":
        return this.#cloneMap(value as Map<unknown, unknown>);
      case "[object Set]":
        return this.#cloneSet(value as Set<unknown>);
      case "[object ArrayBuffer]":
        return this.#remember(value, (value as ArrayBuffer).slice(0));
      case "[object Error]":
        return this.#cloneError(value as Error);
      case "[object Promise]":
      case "[object WeakMap]":
      case "[object WeakSet]":
      case "[object WeakRef]":
        throw refuse(value);
      default:
        return native.isView(value)
          ? this.#cloneView(value)
          : this.#cloneProperties(value, this.#remember(value, {}));
    }
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

  #cloneError(error: Error): unknown {
    const copy = this.#remember(error, new (ERRORS[error.name] ?? Error)(`${error.message}`));
    const { stack, cause } = error;
    native.defineProperty(copy, "stack", { value: stack, writable: true, configurable: true });
    if (native.hasOwn(error, "cause")) {
      native.defineProperty(copy, "cause", {
        value: this.clone(cause),
        writable: true,
        configurable: true,
      });
    }
    return copy;
  }
}

function refuse(value: unknown): DOMException {
  const what =
    typeof value === "object" ? native.sliceText(native.tagOf(value), 8, -1) : typeof value;
  return new DOMException(`a ${what} could not be cloned`, "DataCloneError");
}
