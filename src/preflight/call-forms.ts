/** The forms in which a program calls a tool other than with one object, as overloads for the checker of types. */
import { UNKNOWN_KEYS } from "../compile/literal.ts";
import type { InspectedUse } from "../compile/program-uses.ts";
import { isObject } from "../core/is-object.ts";
import type { ToolInfo } from "../tools/tool.ts";
import { type Parameters, parameterSpelled, parametersOf } from "../tools/parameters.ts";

/** What takes any arguments. */
export const ANY_ARGUMENTS = "...args: any[]";

/** Different forms of one tool's calls that get a type; a program with more may call it as it likes. */
const MAX_SHAPES = 50;

/**
 * Parameter lists of the overloads.
 * @param type of the arguments object
 */
export function callForms(uses: readonly InspectedUse[], info: ToolInfo, type: string): string[] {
  if (info.inputSchema === undefined) return uses.some(isPositional) ? [ANY_ARGUMENTS] : [];
  const parameters = parametersOf(info.inputSchema);
  if (parameters === undefined) return [];
  const shapes = new Map<string, InspectedUse>();
  for (const use of uses) {
    shapes.set(shapeOf(use), use);
    if (shapes.size > MAX_SHAPES) return [ANY_ARGUMENTS];
  }
  return [...new Set(shapes.values().flatMap((use) => formsOf(use, parameters, type)))];
}

/** The same for two calls that have the same forms. */
function shapeOf({ given, spreads }: InspectedUse): string {
  const shapes = given?.map((value) => {
    if (value === undefined) return null;
    return isObject(value.value) ? [Object.keys(value.value), value.computed] : 0;
  });
  return JSON.stringify([shapes, spreads]);
}

/** Whether a tool is called with one object, or may be: then its own signature counts too. */
export function isCalledPlainly(uses: readonly InspectedUse[], forms: readonly string[]): boolean {
  return (
    forms.length === 0 ||
    uses.some(({ given }) => given === undefined || given.length === 0) ||
    (uses.length > 1 && uses.some(({ given }) => given?.length === 1)) ||
    uses.some(({ given }) => given?.length === 1 && given[0] === undefined)
  );
}

function isPositional({ given }: InspectedUse): boolean {
  return given !== undefined && given.length !== 1;
}

function formsOf({ given, spreads }: InspectedUse, parameters: Parameters, type: string): string[] {
  const { names, required } = parameters;
  const [only] = required;
  // Passed on, it is called with one argument: an item of a list.
  if (given === undefined) return single(parameters, type);
  if (given.length === 0) return [];
  if (spreads === true) return [ANY_ARGUMENTS];
  const [first] = given;
  if (given.length === 1 && isObject(first?.value)) {
    // Which keys it has is not known: the type of the arguments says what there is to say.
    if (first.computed.includes(UNKNOWN_KEYS)) return [];
    const keys = [...Object.keys(first.value), ...first.computed];
    const wraps =
      required.size === 1 &&
      keys.length > 0 &&
      !takesNoObject(parameters.schemas.get(only!)) &&
      !keys.some((key) => nameOf(key, parameters) !== undefined);
    return wraps ? [`wrapped: ${part(type, only!)}`] : respelled(keys, parameters, type);
  }
  if (given.length === 1) return single(parameters, type);
  if (given.length > names.length + 1) return [];
  const last = given.at(-1);
  const before = given.length - 1;
  const list = names.slice(0, given.length).map((name, at) => `arg${at}: ${part(type, name)}`);
  const forms = list.length === given.length ? [list.join(", ")] : [];
  if (before > names.length) return forms;
  if (last !== undefined && !isObject(last.value)) return forms;
  const further = names.slice(before);
  // An object where a text, a number or the like is next can only be one of further parameters.
  if (last !== undefined && takesNoObject(parameters.schemas.get(names[before] ?? ""))) forms.pop();
  const keys =
    last === undefined || !isObject(last.value)
      ? []
      : [...Object.keys(last.value), ...last.computed];
  const spread = members(further, spellings(keys, parameters), parameters, type);
  forms.push([...list.slice(0, before), `more: ${spread}`].join(", "));
  return forms;
}

/** One value: the first parameter, or wrapped as the only required one. */
function single({ names, required }: Parameters, type: string): string[] {
  const [only] = required;
  const first = `arg0: ${part(type, names[0]!)}`;
  return required.size === 1 && only !== names[0]
    ? [first, `wrapped: ${part(type, only!)}`]
    : [first];
}

function takesNoObject(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null || !("type" in schema)) return false;
  return ["string", "number", "integer", "boolean", "array"].includes(schema.type as string);
}

function nameOf(key: string, parameters: Parameters): string | undefined {
  return parameters.schemas.has(key) ? key : parameterSpelled(parameters, key);
}

/** The spelling of each parameter that is spelled in another way. */
function spellings(keys: readonly string[], parameters: Parameters): ReadonlyMap<string, string> {
  const spelled = new Map<string, string>();
  for (const key of keys) {
    const name = nameOf(key, parameters);
    if (name !== undefined && name !== key) spelled.set(name, key);
  }
  return spelled;
}

function respelled(keys: readonly string[], parameters: Parameters, type: string): string[] {
  const spelled = spellings(keys, parameters);
  return spelled.size === 0
    ? []
    : [`args: ${members(parameters.names, spelled, parameters, type)}`];
}

function members(
  names: readonly string[],
  spelled: ReadonlyMap<string, string>,
  { required }: Parameters,
  type: string,
): string {
  const lines = names.map((name) => {
    const key = JSON.stringify(spelled.get(name) ?? name);
    return `${key}${required.has(name) ? "" : "?"}: ${part(type, name)}`;
  });
  return `{ ${lines.join("; ")} }`;
}

function part(type: string, name: string): string {
  return type === "any" ? "any" : `${type}[${JSON.stringify(name)}]`;
}
