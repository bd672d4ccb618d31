/** Explicit resource management (ES2026) for engines that lack it; `using` itself is lowered by the compile step. */
import { addSuppressedError } from "../../core/native-errors.ts";
import type { Disposables } from "../../core/program.ts";

type Dispose = (() => unknown) | undefined;

interface Symbols {
  readonly dispose: symbol;
  readonly asyncDispose: symbol;
}

let symbols: Symbols;
let Suppressed: new (error: unknown, suppressed: unknown, message?: string) => Error;

/** Defines `Symbol.dispose`, `Symbol.asyncDispose` and `SuppressedError` where the engine lacks them. */
export function installDisposal(): void {
  for (const name of ["dispose", "asyncDispose"]) {
    if (name in Symbol) continue;
    Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
  }
  const globals = globalThis as { SuppressedError?: typeof Suppressed };
  if (globals.SuppressedError === undefined) {
    Object.defineProperty(globalThis, "SuppressedError", {
      value: SuppressedError,
      writable: true,
      configurable: true,
    });
  }
  symbols = { dispose: Symbol.dispose, asyncDispose: Symbol.asyncDispose };
  Suppressed = globals.SuppressedError!;
  addSuppressedError(Suppressed);
}

class SuppressedError extends Error {
  readonly error: unknown;
  readonly suppressed: unknown;

  constructor(
    error: unknown,
    suppressed: unknown,
    message = "An error was suppressed during disposal",
  ) {
    super(message);
    Object.defineProperty(this, "name", {
      value: "SuppressedError",
      configurable: true,
      writable: true,
    });
    this.error = error;
    this.suppressed = suppressed;
  }
}

/** The resources of one block. */
export function disposables(): Disposables {
  const stack: Dispose[] = [];
  let failed = false;
  let failure: unknown;

  const fail = (error: unknown): void => {
    failure = failed ? new Suppressed(error, failure) : error;
    failed = true;
  };
  const finish = (): void => {
    if (failed) throw failure;
  };

  return {
    use: (value) => {
      stack.push(disposer(value, [symbols.dispose]));
      return value;
    },
    useAsync: (value) => {
      stack.push(disposer(value, [symbols.asyncDispose, symbols.dispose]));
      return value;
    },
    fail,
    dispose: () => {
      for (
        let dispose = stack.pop();
        stack.length > 0 || dispose !== undefined;
        dispose = stack.pop()
      ) {
        try {
          dispose?.();
        } catch (error) {
          fail(error);
        }
      }
      finish();
    },
    disposeAsync: async () => {
      while (stack.length > 0) {
        try {
          await stack.pop()?.();
        } catch (error) {
          fail(error);
        }
      }
      finish();
    },
  };
}

function disposer(value: unknown, names: readonly symbol[]): Dispose {
  if (value === null || value === undefined) return undefined;
  for (const name of names) {
    const method = (value as Record<symbol, unknown>)[name];
    if (typeof method === "function") return () => method.call(value) as unknown;
  }
  throw new TypeError("the value of a using declaration has no Symbol.dispose method");
}
