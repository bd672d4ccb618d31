import { isObject } from "../../core/is-object.ts";
import { inOneDialect, readsBesideReferences } from "../../tools/dialect.ts";
import { anchorsOf, at } from "../../tools/pointer.ts";
import type { JsonSchema } from "../../tools/tool.ts";
import { type Copied, literals } from "./literals.ts";
import { commentText } from "./comment.ts";
import { largeInteger } from "./large-integers.ts";
import { describe, losses } from "./schema-words.ts";
import { tupleOf } from "./tuples.ts";
import type { TypeNames } from "./type-names.ts";

/** A schema in the few keywords that the generator of types understands, none of which can smuggle in code. */
export interface PassedSchema {
  readonly schema: Record<string, unknown>;
  /** What had to be left out, for a comment. */
  readonly notes: readonly string[];
  /** How large it is. */
  readonly parts: number;
}

const TYPES = new Set(["string", "number", "integer", "boolean", "array", "object", "null"]);
/**
 * Larger ones are no interface for a program; the limit also bounds the time that a hostile schema can cost. Schemas,
 * choices and names of required properties count alike.
 */
const MAX_PARTS = 2_000;
const MAX_DEPTH = 200;
/** Keywords that a type can say, beside a reference. */
const BESIDE_REFERENCES = new Set([
  "type",
  "enum",
  "const",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "prefixItems",
  "anyOf",
  "oneOf",
  "allOf",
]);
/** So much text of a description costs what a part does. */
const CHARS_PER_PART = 200;

/**
 * Copy `schema`, which any server can have written: known keywords only, references only within it, constraints as words.
 * References to anywhere but the root become definitions, so that each is printed once.
 * @throws Error when it is too large or nested too deeply
 */
export function passSchema(schema: JsonSchema, names: TypeNames): PassedSchema {
  const pass = new SchemaPass(schema, names);
  return { schema: pass.run(), notes: pass.notes, parts: pass.parts };
}

class SchemaPass {
  readonly #root: JsonSchema;
  readonly #notes = new Set<string>();
  /** Name of the definition by what it is a copy of. */
  readonly #names = new Map<object, string>();
  readonly #definitions = new Map<string, unknown>();
  readonly #typeNames: TypeNames;
  /** What references mean: each is followed once, however many lead to it. */
  readonly #targets = new Map<string, Record<string, unknown> | undefined>();
  #anchors: ReadonlyMap<string, unknown> | undefined;
  parts = 0;

  constructor(root: JsonSchema, typeNames: TypeNames) {
    this.#root = root;
    this.#typeNames = typeNames;
  }

  get notes(): string[] {
    return [...this.#notes];
  }

  run(): Record<string, unknown> {
    const copy = this.#copy(this.#root, 0, new Set([this.#root]));
    const root = isObject(copy) ? copy : {};
    delete root["description"];
    // It has no comment of its own.
    for (const loss of losses(inOneDialect(this.#root))) this.#notes.add(loss);
    return this.#definitions.size === 0
      ? root
      : { ...root, $defs: Object.fromEntries(this.#definitions) };
  }

  /** @param open what is being said and would be part of itself, since no object and no list is between */
  #copy(given: unknown, depth: number, open: ReadonlySet<object> = new Set()): unknown {
    this.#count(1);
    if (given === false) return { not: {} };
    if (!isObject(given)) return {};
    const schema = inOneDialect(given);
    if (depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
    const description = describe(schema);
    this.#count(Math.floor(description.length / CHARS_PER_PART));
    const described = description === "" ? {} : { description };
    const reference = schema["$ref"] ?? schema["$recursiveRef"] ?? schema["$dynamicRef"];
    if (typeof reference === "string") {
      const target = this.#reference(reference, depth, open);
      return { ...this.#besideReference(target, schema, depth, open), ...described };
    }
    const body = both(this.#combined(schema, depth, open), this.#own(schema, depth));
    const deprecated = schema["deprecated"] === true ? { deprecated: true } : {};
    return { ...body, ...described, ...deprecated };
  }

  /** What a reference means together with the keywords beside it. */
  #besideReference(
    target: Copied,
    schema: Readonly<Record<string, unknown>>,
    depth: number,
    open: ReadonlySet<object>,
  ): Copied {
    const entries = Object.entries(schema).filter(([key]) => BESIDE_REFERENCES.has(key));
    const says = entries.some(([key]) => key !== "type");
    if (!says || !readsBesideReferences(this.#root)) return target;
    return { allOf: [target, this.#copy(Object.fromEntries(entries), depth + 1, open)] };
  }

  #count(parts: number): void {
    this.parts += parts;
    if (this.parts > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} parts`);
  }

  #own(schema: Readonly<Record<string, unknown>>, depth: number): Copied {
    const type = typesOf(schema["type"]);
    const given: unknown = "const" in schema ? [schema["const"]] : schema["enum"];
    if (Array.isArray(given) && given.length > 0)
      return literals(given, type, (parts) => this.#count(parts));
    const large = largeInteger(schema);
    if (large !== undefined) return large;
    const body: Record<string, unknown> = {};
    if (type !== undefined) body["type"] = type;
    if (
      isObject(schema["properties"]) ||
      isObject(schema["patternProperties"]) ||
      includes(type, "object")
    )
      Object.assign(body, this.#object(schema, depth));
    if (!("items" in schema || "prefixItems" in schema)) return body;
    const list = this.#array(schema, depth);
    if (!Array.isArray(list["anyOf"])) return { ...body, ...list, ...typeIn(body) };
    const others = [type ?? "array"].flat().filter((one) => one !== "array");
    const other = others.length === 0 ? [] : [{ ...body, type: others }];
    return { anyOf: [...(list["anyOf"] as unknown[]), ...other] };
  }

  #object(schema: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const named = Object.entries(properties).filter(
      ([name, part]) => name !== "__proto__" && part !== false,
    );
    const given: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
    this.#count(given.length);
    const required = new Set(
      given.filter((name) => typeof name === "string" && name !== "__proto__") as string[],
    );
    // Properties that are required and not described exist all the same.
    const known = new Set(named.map(([name]) => name));
    const ghosts = [...required].filter((name) => !known.has(name));
    const all = [
      ...named.map(([name, part]) => [name, this.#copy(part, depth + 1)]),
      ...ghosts.map((name) => [name, {}]),
    ] as [string, unknown][];
    return {
      ...(all.length > 0 ? { properties: Object.fromEntries(all) } : {}),
      ...(required.size > 0 ? { required: [...required] } : {}),
      additionalProperties: this.#additional(schema, all.length, depth),
    };
  }

  #additional(
    schema: Readonly<Record<string, unknown>>,
    properties: number,
    depth: number,
  ): unknown {
    const { additionalProperties, patternProperties } = schema;
    const patterns = isObject(patternProperties) ? Object.values(patternProperties) : [];
    if (patterns.length > 0) {
      // An index signature has to fit the named properties too.
      return properties > 0 ? true : { anyOf: patterns.map((part) => this.#copy(part, depth + 1)) };
    }
    // The generator widens it to the types of the named properties, which an index signature has to fit.
    if (isObject(additionalProperties)) return this.#copy(additionalProperties, depth + 1);
    if (additionalProperties === true) return true;
    // Alone, `{ type: "object" }` means any object.
    const open = properties === 0 && additionalProperties !== false && !isCombined(schema);
    return open;
  }

  #array(schema: Readonly<Record<string, unknown>>, depth: number): Copied {
    const copy = (part: unknown): unknown => this.#copy(part, depth + 1);
    return tupleOf(schema, copy) ?? { items: copy(schema["items"]) };
  }

  #combined(
    schema: Readonly<Record<string, unknown>>,
    depth: number,
    open: ReadonlySet<object>,
  ): Record<string, unknown> {
    const combined: Record<string, unknown> = {};
    for (const key of ["anyOf", "oneOf", "allOf"]) {
      const parts = schema[key];
      if (!Array.isArray(parts)) continue;
      const others = parts.filter((part) => !this.#isOpen(part, open));
      if (others.length > 0)
        combined[key] = others.map((part) => this.#copy(part, depth + 1, open));
    }
    return combined;
  }

  /** A choice between itself and others is one between the others. */
  #isOpen(part: unknown, open: ReadonlySet<object>): boolean {
    if (!isObject(part) || typeof part["$ref"] !== "string") return false;
    const target = part["$ref"] === "#" ? this.#root : this.#resolve(part["$ref"]);
    return target !== undefined && open.has(target);
  }

  #reference(reference: string, depth: number, open: ReadonlySet<object>): Record<string, unknown> {
    const target = reference === "#" ? this.#root : this.#resolve(reference);
    if (target === undefined) {
      const what = reference.startsWith("#")
        ? "leads nowhere"
        : "leads out of the schema and is not followed";
      this.#notes.add(`the reference ${commentText(reference.slice(0, 100))} ${what}`);
      return {};
    }
    if (open.has(target)) return {};
    if (target === this.#root) return { $ref: "#" };
    return { $ref: `#/$defs/${this.#define(reference, target, depth, open)}` };
  }

  #define(reference: string, target: object, depth: number, open: ReadonlySet<object>): string {
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    const name = this.#typeNames.take(reference.slice(reference.lastIndexOf("/") + 1));
    this.#names.set(target, name);
    this.#definitions.set(name, {});
    this.#definitions.set(name, this.#copy(target, depth + 1, new Set([...open, target])));
    return name;
  }

  /** What a reference within the schema means, through references that lead to references. */
  #resolve(reference: string): Record<string, unknown> | undefined {
    const way = new Set<string>();
    let target: Record<string, unknown> | undefined;
    let next = reference;
    for (;;) {
      if (this.#targets.has(next)) target = this.#targets.get(next);
      if (this.#targets.has(next) || way.has(next)) break;
      way.add(next);
      const found = next === "#" ? this.#root : this.#find(next);
      if (!isObject(found)) break;
      const { $ref } = found;
      if (next === "#" || typeof $ref !== "string") {
        target = found;
        break;
      }
      next = $ref;
    }
    for (const step of way) this.#targets.set(step, target);
    return target;
  }

  #find(reference: string): unknown {
    if (reference.startsWith("#/")) return at(this.#root, reference);
    if (!reference.startsWith("#")) return undefined;
    this.#anchors ??= anchorsOf(this.#root);
    return this.#anchors.get(reference.slice(1));
  }
}

function typesOf(type: unknown): string | string[] | undefined {
  if (typeof type === "string") return TYPES.has(type) ? type : undefined;
  if (!Array.isArray(type)) return undefined;
  const known = [...new Set(type.filter((one) => TYPES.has(one as string)))] as string[];
  return known.length === type.length && known.length > 0 ? known : undefined;
}

function includes(type: string | string[] | undefined, wanted: string): boolean {
  return Array.isArray(type) ? type.includes(wanted) : type === wanted;
}

function isCombined(schema: Readonly<Record<string, unknown>>): boolean {
  return ["anyOf", "oneOf", "allOf"].some((key) => Array.isArray(schema[key]));
}

function typeIn({ type }: Copied): Copied {
  return type === undefined ? {} : { type };
}

/** What must hold together; of two choices each is one of its own. */
function both(combined: Copied, own: Copied): Copied {
  const { anyOf, ...rest } = own;
  if (anyOf === undefined || combined["anyOf"] === undefined) return { ...combined, ...own };
  const all = Array.isArray(combined["allOf"]) ? (combined["allOf"] as unknown[]) : [];
  return { ...combined, ...rest, allOf: [...all, { anyOf }] };
}
