/** Waiting until the iterator of a `for await` is closed; see compile/lower-for-await.ts. */
import type { Closing } from "../../core/program.ts";
import * as native from "../../core/primordials.ts";

type Call = (value?: unknown) => unknown;

function methodOf(iterable: unknown, key: symbol): Call | null | undefined {
  return (iterable as Record<symbol, Call | null> | null | undefined)?.[key];
}

/** What one loop iterates over, and whether its iterator is closed. */
export function closing(): Closing {
  let pending: unknown;
  let isClosing = false;

  /** The iterator of the program behind one whose `return` is remembered. */
  const wrap = (iterator: object): object => {
    const { next } = iterator as { next: Call };
    return {
      next: (value: unknown) => native.reflectApply(next, iterator, [value]),
      return: (value: unknown) => {
        const { return: end } = iterator as { return?: Call | null };
        if (end === undefined || end === null) return { done: true, value };
        pending = native.reflectApply(end, iterator, []);
        isClosing = true;
        return pending;
      },
    };
  };

  const closed = async (): Promise<void> => {
    if (!isClosing) return;
    isClosing = false;
    const result = await pending;
    if ((typeof result !== "object" && typeof result !== "function") || result === null)
      throw new TypeError("iterator result is not an object");
  };

  return {
    of: (iterable, name) => {
      const begin = methodOf(iterable, Symbol.asyncIterator);
      if (begin === undefined || begin === null) {
        if (typeof methodOf(iterable, Symbol.iterator) === "function") return iterable;
        throw new TypeError(`${name} is not async iterable`);
      }
      return {
        [Symbol.asyncIterator]: () => {
          const iterator = native.reflectApply(begin, iterable, []);
          return typeof iterator === "object" && iterator !== null ? wrap(iterator) : iterator;
        },
      };
    },
    closed,
    fail: async (error) => {
      try {
        await closed();
      } catch {
        // the error that ended the loop is the one that counts
      }
      return error;
    },
  };
}
