/**
 * Schemas of settings as plain data: the part of JSON Schema that settings need, and texts for messages. check-settings.ts
 * checks settings by them, and `config.schema.json` is generated from them, so the two cannot disagree.
 *
 * Why not zod: loading it takes about as long as loading the rest of codecell, so it could not check at start; and a quick
 * check in front of it would be a second description of the same settings.
 */

interface CommonSchema {
  /**
   * What the setting must be, e.g. `an absolute path`.
   * @default a text made from the rest of the schema
   */
  readonly wanted?: string;
  /**
   * What a message shows of a wrong value. Secrets are never shown.
   * @default "value" for numbers and choices, else "nothing"
   */
  readonly shows?: "value" | "kind" | "nothing";
  /** What to do next. */
  readonly hint?: string;
  /** True where `null` counts as left out, because other hosts write it. */
  readonly nullable?: boolean;
  readonly default?: unknown;
}

export interface BooleanSchema extends CommonSchema {
  readonly type: "boolean";
  readonly default?: boolean;
}

export interface NumberSchema extends CommonSchema {
  readonly type: "integer" | "number";
  readonly minimum: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface StringSchema extends CommonSchema {
  readonly type: "string";
  readonly enum?: readonly string[];
  /** Lengths count code points. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Source of a regular expression, valid with the flag `u`. */
  readonly pattern?: string;
  /** True where `${VAR}` is replaced by an environment variable; the other rules apply to the expanded text. */
  readonly variables?: boolean;
  readonly default?: string;
}

export interface ListSchema extends CommonSchema {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  /** True where messages write `keys.0` for an item, not `keys[0]`. */
  readonly dotted?: boolean;
  readonly default?: readonly unknown[];
}

/** An object of values by name. */
export interface MapSchema extends CommonSchema {
  readonly type: "object";
  readonly additionalProperties: Schema;
  readonly default?: Readonly<Record<string, unknown>>;
}

/** An object of settings; an unknown key is an error. */
export interface ObjectSchema extends CommonSchema {
  readonly type: "object";
  /** The interface whose docstrings describe the settings in the published schema. */
  readonly title: string;
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Keys of other hosts, which are accepted and not used. */
  readonly ignored?: readonly string[];
  /**
   * The word for a key in messages.
   * @default "setting"
   */
  readonly noun?: "setting" | "limit" | "key" | "option";
  /** True where a message lists all keys even when it suggests one. */
  readonly listed?: boolean;
  /** JSON Schema keywords about several keys, for the published schema only; code beside the schema checks them here. */
  readonly relations?: Readonly<Record<string, unknown>>;
}

export type TypedSchema =
  | BooleanSchema
  | NumberSchema
  | StringSchema
  | ListSchema
  | MapSchema
  | ObjectSchema;

/** Alternatives of different types; the message names the first where a value has none of them. */
export interface UnionSchema {
  readonly type?: undefined;
  readonly anyOf: readonly TypedSchema[];
  readonly default?: unknown;
}

/** Any value; it is checked elsewhere. */
interface AnySchema {
  readonly type?: undefined;
  readonly anyOf?: undefined;
}

export type Schema = TypedSchema | UnionSchema | AnySchema;

type SchemaOf<T> = [T] extends [boolean]
  ? BooleanSchema
  : [T] extends [number]
    ? NumberSchema
    : [T] extends [string]
      ? StringSchema
      : Schema;

/** The schema of an interface of settings: it has the same keys, and types that fit. */
export interface SchemaFor<T> extends ObjectSchema {
  readonly properties: { readonly [K in keyof T]-?: SchemaOf<Exclude<T[K], undefined>> };
  readonly required?: readonly (keyof T & string)[];
}

/** A whole number in a range. */
export function whole(minimum: number, maximum: number, normal?: number): NumberSchema {
  return {
    type: "integer",
    minimum,
    maximum,
    ...(normal === undefined ? {} : { default: normal }),
  };
}

/** The defaults of all settings that have one. */
export function defaultsOf<T>({ properties }: SchemaFor<T>): Partial<T> {
  const schemas = Object.entries<{ default?: unknown }>(properties as Record<string, object>);
  return Object.fromEntries(
    schemas.flatMap(([key, { default: normal }]) => (normal === undefined ? [] : [[key, normal]])),
  ) as Partial<T>;
}
