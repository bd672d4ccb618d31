/** The error classes of the language: which one an error is of, and how to make one. */
import * as native from "./primordials.ts";

/** The classes of errors that a value can have on the other side. */
export type ErrorClass =
  | "Error"
  | "EvalError"
  | "RangeError"
  | "ReferenceError"
  | "SyntaxError"
  | "TypeError"
  | "URIError"
  | "AggregateError"
  | "SuppressedError";

interface Native {
  readonly name: ErrorClass;
  readonly prototype: object;
  readonly make: (message: string) => Error;
}

const CLASSES: Native[] = [];
for (const Class of [
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
] as const)
  CLASSES[CLASSES.length] = {
    name: Class.name as ErrorClass,
    prototype: Class.prototype,
    make: (message) => new Class(message),
  };
const NativeAggregateError = AggregateError;
CLASSES[CLASSES.length] = {
  name: "AggregateError",
  prototype: AggregateError.prototype,
  make: (message) => new NativeAggregateError(native.noItems, message),
};

/** The prelude defines `SuppressedError` where an engine lacks it; see {@link addSuppressedError}. */
type SuppressedClass = new (error: unknown, suppressed: unknown, message?: string) => Error;

/** Makes `SuppressedError` one of the classes. Called before any program runs. */
export function addSuppressedError(Class: SuppressedClass): void {
  for (let at = 0; at < CLASSES.length; at++)
    if (CLASSES[at]!.prototype === Class.prototype) return;
  CLASSES[CLASSES.length] = {
    name: "SuppressedError",
    prototype: Class.prototype as object,
    make: (message) => new Class(undefined, undefined, message),
  };
}

const { SuppressedError: Suppressed } = globalThis as { SuppressedError?: SuppressedClass };
if (Suppressed !== undefined) addSuppressedError(Suppressed);

const { isError: nativeIsError } = Error as { isError?: (value: unknown) => boolean };

/**
 * The native class that an error is of, by the nearest one in its chain of prototypes; `undefined` for what is no error, whatever
 * its tag claims.
 */
export function errorClassOf(value: object): ErrorClass | undefined {
  for (let at = native.getPrototypeOf(value); at !== null; at = native.getPrototypeOf(at)) {
    if (at === native.errorPrototype) return "Error";
    for (let known = 0; known < CLASSES.length; known++)
      if (CLASSES[known]!.prototype === at) return CLASSES[known]!.name;
  }
  return nativeIsError?.(value) === true ? "Error" : undefined; // of another realm
}

/** An error of a native class; `undefined` where there is no class of that name. */
export function makeError(name: unknown, message: string): Error | undefined {
  if (name === "Error") return new native.NativeError(message);
  for (let at = 0; at < CLASSES.length; at++)
    if (CLASSES[at]!.name === name) return CLASSES[at]!.make(message);
  return undefined;
}
