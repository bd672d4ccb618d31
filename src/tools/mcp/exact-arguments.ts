/** A value that `JSON.stringify` writes as this text. (ECMAScript's own; TypeScript does not know it yet.) */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object };

/**
 * A value in which `JSON.stringify` writes each BigInt as a whole number with all its digits, whoever calls it: over HTTP that is the
 * SDK. The same value where there is none.
 * @param value decoded arguments: a tree of data
 */
export function withExactIntegers(value: unknown): unknown {
  return withIntegers(value, (integer) => rawJSON(integer.toString()));
}

/**
 * A value in which each BigInt that a double holds is a number; larger ones stay. The same value where there is none.
 * @param value decoded arguments: a tree of data
 */
export function withSafeNumbers(value: unknown): unknown {
  return withIntegers(value, (integer) => {
    const number = Number(integer);
    return Number.isSafeInteger(number) ? number : integer;
  });
}

/** What stands for a BigInt. */
type Convert = (integer: bigint) => unknown;

function withIntegers(value: unknown, convert: Convert): unknown {
  if (typeof value === "bigint") return convert(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return ofItems(value, convert);
  if (isBytes(value)) return value;
  return ofProperties(value as Readonly<Record<string, unknown>>, convert);
}

/** No BigInt is in it, and its items would be looked at one by one. */
function isBytes(value: object): boolean {
  const isView = ArrayBuffer.isView(value);
  return isView && !(value instanceof BigInt64Array || value instanceof BigUint64Array);
}

function ofItems(items: readonly unknown[], convert: Convert): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    const exact = withIntegers(item, convert);
    if (copy === undefined && exact !== item) copy = items.slice(0, at);
    copy?.push(exact);
  }
  return copy ?? items;
}

function ofProperties(value: Readonly<Record<string, unknown>>, convert: Convert): object {
  let changed: [name: string, item: unknown][] | undefined;
  for (const name of Object.keys(value)) {
    const exact = withIntegers(value[name], convert);
    if (exact !== value[name]) (changed ??= []).push([name, exact]);
  }
  if (changed === undefined) return value;
  // By entries: a property may be named `__proto__`.
  return Object.fromEntries([...Object.entries(value), ...changed]);
}

/** `JSON.stringify` of a value that may have BigInts. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(withExactIntegers(value));
}
