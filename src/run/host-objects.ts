/** Objects with methods in what a tool returned, and no program gets. */
import { encode } from "../core/encode.ts";
import type { HandleFacts } from "../core/handle-facts.ts";
import { staysOnHost } from "./object-methods.ts";

/** What is looked at: results that are larger go to no program. */
const CAPS = { maxBytes: 1_000_000, maxParts: 100_000, maxDepth: 100 };
/** Parts that are looked at one by one, where the whole cannot be sent. */
const MAX_LOOKS = 1_000;
const MAX_DEPTH = 10;

/** All that would have been kept for a program, in the order in which they stand. Whatever the value is, this ends soon. */
export function hostObjectsIn(value: unknown): Set<object> {
  const found = new Set<object>();
  look(value, found, MAX_DEPTH, { looks: MAX_LOOKS });
  return found;
}

function look(value: unknown, found: Set<object>, depth: number, budget: { looks: number }): void {
  if (typeof value !== "object" || value === null || depth === 0 || budget.looks-- <= 0) return;
  const handleOf = (object: object, failed: boolean): HandleFacts | undefined => {
    if (!staysOnHost(object, failed)) return undefined;
    found.add(object);
    return { id: "", label: "", methods: [], iterable: false };
  };
  try {
    encode(value, { ...CAPS, handleOf });
  } catch {
    // A part of it cannot be sent; what stands behind that part is found on its own.
    for (const part of partsOf(value)) look(part, found, depth - 1, budget);
  }
}

function partsOf(value: object): unknown[] {
  if (Array.isArray(value)) return value.slice(0, MAX_LOOKS);
  if (value instanceof Map) return [...value.values()];
  if (value instanceof Set) return [...value];
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain
    ? Object.values(Object.getOwnPropertyDescriptors(value)).map((each) => each.value)
    : [];
}
