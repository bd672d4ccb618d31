/**
 * Built-ins captured when this module is evaluated. In a VM that is before any program runs, so the bridge works whatever a
 * program does to the prototypes that both share.
 */

const { apply } = Reflect;

type Method<T> = (this: T, ...args: never[]) => unknown;

/** `method` as a plain function whose first argument is `this`. */
export function uncurry<T, A extends readonly unknown[], R>(
  method: (this: T, ...args: A) => R,
): (self: T, ...args: A) => R {
  return (self, ...args) => apply(method as never, self, args as never) as R;
}

function getterOf<T>(prototype: object, key: PropertyKey): (self: unknown) => T {
  const { get } = Object.getOwnPropertyDescriptor(prototype, key) as { get: Method<unknown> };
  return (self) => apply(get, self, []) as T;
}

export const { isArray } = Array;
export const { isFinite: isFiniteNumber, isSafeInteger } = Number;
export const { parse: parseJson, stringify: stringifyJson } = JSON;
export const {
  keys: objectKeys,
  getPrototypeOf,
  setPrototypeOf,
  hasOwn,
  defineProperty,
  freeze,
} = Object;
export const { isView } = ArrayBuffer;
export const { ownKeys, construct: reflectConstruct } = Reflect;
export const { floor, trunc } = Math;
export const { iterator: iteratorSymbol, toStringTag: tagSymbol } = Symbol;
export const asyncIteratorSymbol: symbol = Symbol.asyncIterator;
export const objectPrototype: object = Object.prototype;
export const NativeDate: DateConstructor = Date;
export const NativeMap: MapConstructor = Map;
export const NativeSet: SetConstructor = Set;
export const NativeWeakMap: WeakMapConstructor = WeakMap;
export const NativeRegExp: RegExpConstructor = RegExp;
export const errorPrototype: object = Error.prototype;
export const NativeError: ErrorConstructor = Error;
export const NativeUint8Array: Uint8ArrayConstructor = Uint8Array;
export const NativeDataView: DataViewConstructor = DataView;
export const toBigInt: BigIntConstructor = BigInt;
export const { asIntN } = BigInt;
export const reflectApply: typeof Reflect.apply = apply;

export const tagOf: (value: unknown) => string = uncurry(Object.prototype.toString);
export const charCodeAt: (text: string, index: number) => number = uncurry(
  String.prototype.charCodeAt,
);
export const sliceText: (text: string, start: number, end?: number) => string = uncurry(
  String.prototype.slice,
);
export const execPattern: (pattern: RegExp, text: string) => string[] | null = uncurry(
  RegExp.prototype.exec,
);
export const bigintToText: (value: bigint) => string = uncurry(BigInt.prototype.toString);
export const dateToMs: (value: Date) => number = uncurry(Date.prototype.getTime);
export const regExpSource: (value: unknown) => string = getterOf(RegExp.prototype, "source");
export const regExpFlags: (value: unknown) => string = getterOf(RegExp.prototype, "flags");
export const mapSet: (map: Map<unknown, unknown>, key: unknown, value: unknown) => unknown =
  uncurry(Map.prototype.set);
export const mapForEach: (
  map: Map<unknown, unknown>,
  callback: (value: unknown, key: unknown) => void,
) => void = uncurry(Map.prototype.forEach);
export const weakMapSet: (map: unknown, key: object, value: unknown) => unknown = uncurry(
  WeakMap.prototype.set,
);
export const weakMapGet: (map: unknown, key: object) => unknown = uncurry(WeakMap.prototype.get);
export const setAdd: (set: Set<unknown>, value: unknown) => unknown = uncurry(Set.prototype.add);
export const setForEach: (set: Set<unknown>, callback: (value: unknown) => void) => void = uncurry(
  Set.prototype.forEach,
);
export const mapSize: (map: unknown) => number = getterOf(Map.prototype, "size");
export const setSize: (set: unknown) => number = getterOf(Set.prototype, "size");
/** The primitives in boxed ones; each throws for any other object. */
export const unboxText: (boxed: unknown) => string = uncurry(String.prototype.valueOf as never);
export const unboxNumber: (boxed: unknown) => number = uncurry(Number.prototype.valueOf as never);
export const unboxBoolean: (boxed: unknown) => boolean = uncurry(
  Boolean.prototype.valueOf as never,
);
export const unboxBigint: (boxed: unknown) => bigint = uncurry(BigInt.prototype.valueOf as never);
export const bufferLength: (buffer: unknown) => number = getterOf(
  ArrayBuffer.prototype,
  "byteLength",
);

/** An iterable of nothing, for constructors that insist on one: of a list they would ask an iterator that a program can patch. */
export const noItems: Iterable<never> = freeze({
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }),
}) as never;

const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object;
export const typedArrayKind: (view: unknown) => string | undefined = getterOf(
  typedArrayPrototype,
  Symbol.toStringTag,
);
export const typedArrayBuffer: (view: unknown) => ArrayBuffer = getterOf(
  typedArrayPrototype,
  "buffer",
);
export const typedArrayOffset: (view: unknown) => number = getterOf(
  typedArrayPrototype,
  "byteOffset",
);
export const typedArrayLength: (view: unknown) => number = getterOf(
  typedArrayPrototype,
  "byteLength",
);

export const dataViewBuffer: (view: unknown) => ArrayBuffer = getterOf(
  DataView.prototype,
  "buffer",
);
export const dataViewOffset: (view: unknown) => number = getterOf(DataView.prototype, "byteOffset");
export const dataViewLength: (view: unknown) => number = getterOf(DataView.prototype, "byteLength");
