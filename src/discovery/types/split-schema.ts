import { isObject } from "../../core/is-object.ts";
import type { TypeNames } from "./type-names.ts";

/** A part of a schema with a type of its own. */
export interface Piece {
  readonly name: string;
  readonly schema: Record<string, unknown>;
}

/** Parts of a piece, about: the generator of types cannot be interrupted, and takes a few milliseconds for as many. */
const PIECE_PARTS = 50;
/** A part of a piece of its own has more. */
const SMALL_PARTS = 5;
const COMBINED = ["anyOf", "oneOf", "allOf"];

/**
 * Splits a schema that has passed `passSchema` into pieces that the generator makes one by one: each names the others in the
 * place of what was in it. The first is the whole, under the name `root`.
 */
export function splitSchema(
  schema: Record<string, unknown>,
  root: string,
  names: TypeNames,
): Piece[] {
  const { $defs, ...whole } = schema;
  const splitter = new Splitter(root, names);
  const first = splitter.copy(whole);
  for (const [name, definition] of Object.entries(isObject($defs) ? $defs : {}))
    splitter.pieces.push({ name, schema: splitter.copy(definition).schema });
  return [{ name: root, schema: first.schema }, ...splitter.pieces];
}

interface Copy {
  readonly schema: Record<string, unknown>;
  readonly parts: number;
}

class Splitter {
  readonly pieces: Piece[] = [];
  readonly #root: string;
  readonly #names: TypeNames;

  constructor(root: string, names: TypeNames) {
    this.#root = root;
    this.#names = names;
  }

  copy(given: unknown): Copy {
    if (!isObject(given)) return { schema: {}, parts: 1 };
    const { $ref, ...schema } = given;
    if (typeof $ref === "string")
      return { schema: { ...schema, tsType: this.#referred($ref) }, parts: 1 };
    let parts = 1 + (Array.isArray(schema["enum"]) ? schema["enum"].length / 10 : 0);
    const inner = (value: unknown): unknown => {
      if (!isObject(value)) return value;
      const copy = this.copy(value);
      // Small ones stay, so that a type is still read as one.
      const isPiece = copy.parts > SMALL_PARTS && parts + copy.parts > PIECE_PARTS;
      parts += isPiece ? 1 : copy.parts;
      return isPiece ? this.#piece(copy.schema) : copy.schema;
    };
    for (const key of ["items", "additionalItems", "additionalProperties"]) {
      const value = schema[key];
      if (value !== undefined) schema[key] = Array.isArray(value) ? value.map(inner) : inner(value);
    }
    if (isObject(schema["properties"]))
      schema["properties"] = Object.fromEntries(
        Object.entries(schema["properties"]).map(([name, value]) => [name, inner(value)]),
      );
    for (const key of COMBINED) {
      const choices = schema[key];
      if (!Array.isArray(choices)) continue;
      schema[key] = this.#grouped(key, choices.map(inner));
    }
    return { schema: this.#narrowed(schema), parts };
  }

  /** Of an object with many properties, the intersection of some with fewer. */
  #narrowed(schema: Record<string, unknown>): Record<string, unknown> {
    const { properties, required, additionalProperties, type, ...rest } = schema;
    const entries = isObject(properties) ? Object.entries(properties) : [];
    const isPlain = type === undefined || type === "object";
    if (entries.length <= PIECE_PARTS || !isPlain) return schema;
    const names = new Set<unknown>(Array.isArray(required) ? required : []);
    const all: unknown[] = Array.isArray(rest["allOf"]) ? [...rest["allOf"]] : [];
    for (let at = 0; at < entries.length; at += PIECE_PARTS) {
      const some = entries.slice(at, at + PIECE_PARTS);
      all.push(
        this.#piece({
          type: "object",
          properties: Object.fromEntries(some),
          required: some.map(([name]) => name).filter((name) => names.has(name)),
          // What others are has to fit the properties of the other pieces.
          additionalProperties: isObject(additionalProperties) ? true : additionalProperties,
        }),
      );
    }
    return { ...rest, allOf: all };
  }

  #referred(reference: string): string {
    return reference === "#" ? this.#root : reference.slice(reference.lastIndexOf("/") + 1);
  }

  /** The name of a piece of its own, in the place of a part. */
  #piece({ description, ...schema }: Record<string, unknown>): Record<string, unknown> {
    const name = this.#names.take("Part");
    this.pieces.push({ name, schema });
    return { tsType: name, ...(description === undefined ? {} : { description }) };
  }

  /** Of many choices, groups. */
  #grouped(key: string, choices: readonly unknown[]): unknown[] {
    if (choices.length <= PIECE_PARTS / 2) return [...choices];
    const groups: unknown[] = [];
    for (let at = 0; at < choices.length; at += PIECE_PARTS / 2)
      groups.push(this.#piece({ [key]: choices.slice(at, at + PIECE_PARTS / 2) }));
    return groups;
  }
}
