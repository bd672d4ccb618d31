/** What the arguments of a call mean to a tool that takes an object. */
import { isObject } from "../core/is-object.ts";
import { printableJson } from "../core/one-line.ts";
import { type Parameters, parameterSpelled } from "./parameters.ts";

const MAX_NAME = 100;

type Values = Readonly<Record<string, unknown>>;

/** The arguments object, or why there is none, with the objects that could have been meant. */
export type Arranged =
  | { readonly args: unknown }
  | { readonly problem: string; readonly meant: readonly Values[] };

/**
 * One plain object is the arguments object, with its keys in the spelling of the schema; wrapped as the only required parameter
 * where only that fits. Other values fill the parameters in order, and a last object of further parameters is spread.
 * @param given at least one argument
 * @param fits whether an object fits the schema
 */
export function arrangeArguments(
  parameters: Parameters,
  given: readonly unknown[],
  fits: (args: unknown) => boolean,
): Arranged {
  const [first] = given;
  if (given.length > 1) return severalOf(parameters, given, fits);
  if (isPlain(first)) return { args: single(parameters, first, fits) };
  if (!parameters.isObject && fits(first)) return { args: first };
  return { args: filled(parameters, given) };
}

/** An object of data, and no Date, Map or the like. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function single(parameters: Parameters, given: Values, fits: (args: unknown) => boolean): Values {
  const respelled = inSpelling(parameters, given);
  const [only, ...others] = parameters.required;
  if (only === undefined || others.length > 0 || !parameters.schemas.has(only)) return respelled;
  const keys = Object.keys(respelled);
  // Where one of them is a parameter, it is the arguments object, and wrong.
  if (keys.length === 0 || keys.some((key) => parameters.schemas.has(key))) return respelled;
  if (fits(respelled)) return respelled;
  const wrapped = Object.fromEntries([[only, given]]);
  return fits(wrapped) ? wrapped : respelled;
}

function severalOf(
  parameters: Parameters,
  given: readonly unknown[],
  fits: (args: unknown) => boolean,
): Arranged {
  const { names } = parameters;
  const last = given.at(-1);
  const spread = isPlain(last) ? spreadOf(parameters, given, last) : undefined;
  const surplus = given.slice(names.length).some((value) => value !== undefined);
  const direct = surplus ? undefined : filled(parameters, given);
  if (isPlain(last) && spread === undefined && (direct === undefined || !fits(direct))) {
    const mixed = mixedOf(parameters, given, last, fits);
    if (mixed !== undefined) return mixed;
  }
  if (spread === undefined && direct === undefined)
    return {
      problem: `it has ${names.length} ${names.length === 1 ? "parameter" : "parameters"}, and got ${given.length} arguments`,
      meant: [filled(parameters, given)],
    };
  if (spread === undefined || direct === undefined) return { args: spread ?? direct };
  if (!fits(direct)) return { args: spread };
  if (!fits(spread)) return { args: direct };
  const next = names[given.length - 1]!;
  if (!takes(parameters.schemas.get(next), last as Values)) return { args: spread };
  return {
    problem: `its last argument can be its parameter ${next.slice(0, 100)}, or an object of its further parameters`,
    meant: [direct, spread],
  };
}

/** The parameters in order; `undefined` leaves one out. */
function filled({ names }: Parameters, given: readonly unknown[]): Values {
  const entries = names.slice(0, given.length).map((name, at) => [name, given[at]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The parameters in order with those of the last object, where all its keys are further ones. */
function spreadOf(
  parameters: Parameters,
  given: readonly unknown[],
  last: Values,
): Values | undefined {
  const before = given.length - 1;
  if (before > parameters.names.length) return undefined;
  const respelled = inSpelling(parameters, last);
  const further = new Set(parameters.names.slice(before));
  if (!Object.keys(respelled).every((key) => further.has(key))) return undefined;
  const entries = Object.entries(respelled).filter(([, value]) => value !== undefined);
  return Object.fromEntries([
    ...Object.entries(filled(parameters, given.slice(0, before))),
    ...entries,
  ]);
}

/** Why a last object of further parameters and other keys is not spread; nothing where no key is a further parameter. */
function mixedOf(
  parameters: Parameters,
  given: readonly unknown[],
  last: Values,
  fits: (args: unknown) => boolean,
): Arranged | undefined {
  const before = filled(parameters, given.slice(0, -1));
  const further = new Set(parameters.names.slice(given.length - 1));
  const entries = Object.entries(inSpelling(parameters, last));
  const known = entries.filter(([key]) => further.has(key));
  const other = entries.find(([key]) => !further.has(key));
  if (known.length === 0 || other === undefined) return undefined;
  const name = printableJson(other[0].slice(0, MAX_NAME));
  const isTwice = parameters.schemas.has(other[0]);
  const all = Object.fromEntries([...Object.entries(before), ...entries]);
  const part = Object.fromEntries([...Object.entries(before), ...known]);
  return {
    problem: `${name} in its last argument is ${isTwice ? "there a second time" : "none of its parameters"}`,
    meant: isTwice ? [part, all] : [fits(all) ? all : part],
  };
}

/** The same object where all its keys are known, or none is another spelling of a parameter. */
function inSpelling(parameters: Parameters, given: Values): Values {
  const { schemas, isOpen } = parameters;
  if (isOpen) return given;
  const keys = Object.keys(given);
  if (keys.every((key) => schemas.has(key))) return given;
  const nameOf = (key: string): string | undefined =>
    schemas.has(key) ? key : parameterSpelled(parameters, key);
  const counts = new Map<string | undefined, number>();
  for (const name of keys.map(nameOf)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(
    keys.map((key) => {
      const name = nameOf(key);
      return [name === undefined || counts.get(name) !== 1 ? key : name, given[key]];
    }),
  );
}

/** Whether the schema of a parameter itself declares these keys; an object without any may be meant for it as well. */
function takes(schema: unknown, { ...given }: Values): boolean {
  const keys = Object.keys(given);
  if (keys.length === 0) return true;
  if (!isObject(schema)) return false;
  const { properties, additionalProperties } = schema;
  if (additionalProperties === true || isObject(additionalProperties)) return true;
  return isObject(properties) && keys.every((key) => Object.hasOwn(properties, key));
}
