/** Objects with methods in what a tool returned, and no program gets. */
import { encode } from "../core/encode.ts";
import { wireFailureOf } from "../core/wire-format.ts";
import { isResource } from "./object-methods.ts";

/** Values that are looked at, in all: a few milliseconds. */
const MAX_LOOKS = 50_000;
const MAX_DEPTH = 100;
/** How much of an instance is encoded, to learn whether it is data; bytes for one look, for all together. */
const PROBE = { maxBytes: 16_384, maxParts: 1_000, maxDepth: 20 };
const PROBE_BYTES = 20;

/** All that would have been kept for a program and can be disposed of, in the order in which they stand. */
export function hostObjectsIn(value: unknown): Set<object> {
  const search = new Search();
  search.look(value, MAX_DEPTH);
  return search.found;
}

/** Whatever the value is, this ends soon. */
class Search {
  readonly found = new Set<object>();
  #looks = MAX_LOOKS;

  look(value: unknown, depth: number): void {
    if (this.#looks-- <= 0 || depth === 0 || typeof value !== "object" || value === null) return;
    if (this.found.has(value)) return;
    try {
      const parts = this.#partsOf(value);
      for (const part of parts) {
        if (this.#looks <= 0) return;
        this.look(part, depth - 1);
      }
    } catch {
      // A getter or a proxy of the host's failed: what is behind it is not found.
    }
  }

  #partsOf(value: object): Iterable<unknown> {
    if (Array.isArray(value)) return value;
    if (value instanceof Map) return value.values();
    if (value instanceof Set) return value;
    if (ArrayBuffer.isView(value)) return [];
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (isResource(value) || (!isPlain && this.#isKept(value))) this.found.add(value);
    if (!isPlain) return []; // what an instance holds is its own business
    return Object.values(Object.getOwnPropertyDescriptors(value)).map((each) => each.value);
  }

  /** An instance without symbols of disposal is kept where its properties cannot be sent; only `close` disposes of it then. */
  #isKept(value: object): boolean {
    if (typeof (value as { close?: unknown }).close !== "function") return false;
    try {
      this.#looks -= Math.ceil(encode(value, PROBE).length / PROBE_BYTES);
      return false;
    } catch (error) {
      this.#looks -= Math.ceil(PROBE.maxBytes / PROBE_BYTES);
      return wireFailureOf(error)?.code === "not_serializable";
    }
  }
}
