import { isObject } from "../core/is-object.ts";
import { keyOf, spellingKey } from "../core/spelling.ts";
import { inOneDialect, readsBesideReferences } from "./dialect.ts";
import { anchorsOf, at } from "./pointer.ts";
import type { JsonSchema } from "./tool.ts";

/** The parameters of a tool that takes an object, in the order in which its schema declares them. */
export interface Parameters {
  /** The schema of each, by name. */
  readonly schemas: ReadonlyMap<string, unknown>;
  readonly names: readonly string[];
  readonly required: ReadonlySet<string>;
  /** The names by their spelling key; nothing where several are alike. */
  readonly byKey: ReadonlyMap<string, string | undefined>;
  /** It allows others explicitly: no key is another spelling of one of these. */
  readonly isOpen: boolean;
  /** It takes nothing but objects. */
  readonly isObject: boolean;
}

/** Parts of a schema that are looked at; a larger one has no known parameters. */
const MAX_PARTS = 2_000;
const MAX_DEPTH = 20;
const MAX_PARAMETERS = 1_000;

const known = new WeakMap<JsonSchema, { readonly parameters: Parameters | undefined }>();

/** What a schema says of the parameters; nothing where it declares none, or is a choice between several objects. */
export function parametersOf(schema: JsonSchema): Parameters | undefined {
  let found = known.get(schema);
  if (found === undefined) known.set(schema, (found = { parameters: new Reader(schema).read() }));
  return found.parameters;
}

/** The parameter of which `spelling` is another spelling: `pullNumber` for `pull_number`. */
export function parameterSpelled(
  { byKey, isOpen }: Parameters,
  spelling: string,
): string | undefined {
  return isOpen ? undefined : byKey.get(keyOf(spelling));
}

class Reader {
  readonly #root: JsonSchema;
  readonly #schemas = new Map<string, unknown>();
  readonly #required = new Set<string>();
  #isOpen = false;
  #isObject = false;
  #parts = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  read(): Parameters | undefined {
    if (!this.#collect(this.#root, 0) || this.#schemas.size === 0) return undefined;
    const byKey = new Map<string, string | undefined>();
    for (const name of this.#schemas.keys()) {
      const key = spellingKey(name);
      if (key !== "") byKey.set(key, byKey.has(key) ? undefined : name);
    }
    return {
      schemas: this.#schemas,
      names: [...this.#schemas.keys()],
      required: this.#required,
      byKey,
      isOpen: this.#isOpen,
      isObject: this.#isObject,
    };
  }

  /** False where the parameters cannot be told. */
  #collect(given: unknown, depth: number): boolean {
    if (!isObject(given)) return given === true;
    if (depth > MAX_DEPTH || ++this.#parts > MAX_PARTS) return false;
    const schema = inOneDialect(given);
    const reference = schema["$ref"];
    if (typeof reference === "string") {
      if (!this.#collect(this.#find(reference), depth + 1)) return false;
      if (!readsBesideReferences(this.#root)) return true;
    }
    const all: unknown = schema["allOf"];
    if (Array.isArray(all) && !all.every((part) => this.#collect(part, depth + 1))) return false;
    return !isChoice(schema) && this.#own(schema);
  }

  #own(schema: Readonly<Record<string, unknown>>): boolean {
    const { type, properties, required, additionalProperties, patternProperties } = schema;
    if (type === "object") this.#isObject = true;
    else if (type !== undefined && !(Array.isArray(type) && type.includes("object"))) return false;
    if (isObject(properties)) {
      for (const [name, part] of Object.entries(properties)) {
        if (part === false || this.#schemas.has(name)) continue;
        if (this.#schemas.size >= MAX_PARAMETERS) return false;
        this.#schemas.set(name, part);
      }
    }
    for (const name of Array.isArray(required) ? (required as unknown[]).slice(0, MAX_PARTS) : [])
      if (typeof name === "string") this.#required.add(name);
    if (additionalProperties === true || isObject(additionalProperties)) this.#isOpen = true;
    if (isObject(patternProperties)) this.#isOpen = true;
    return true;
  }

  #find(reference: string): unknown {
    if (reference.startsWith("#/")) return at(this.#root, reference);
    return reference.startsWith("#") ? anchorsOf(this.#root).get(reference.slice(1)) : undefined;
  }
}

/** A choice that only says which parameters go together leaves open none of them. */
function isChoice(schema: Readonly<Record<string, unknown>>): boolean {
  return ["anyOf", "oneOf"].some((key) => {
    const choices: unknown = schema[key];
    return (
      Array.isArray(choices) &&
      !choices.every(
        (part) =>
          isObject(part) &&
          !["properties", "$ref", "allOf", "anyOf", "oneOf", "type"].some((word) => word in part),
      )
    );
  });
}
