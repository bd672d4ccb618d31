/** The types of a call as a list of tools has them: what it takes to write the call, with `…` for what is left out. */
import { isObject } from "../core/is-object.ts";
import { oneLine } from "../core/one-line.ts";
import { cutText } from "../core/utf8.ts";
import type { JsonSchema } from "./tool.ts";
import {
  arrayOf,
  hasMore,
  inBraces,
  type PropertyText,
  propertyTexts,
  resolved,
  typeText,
  type TypeTextOptions,
} from "./type-text.ts";

/** Characters of arguments, ~35 tokens. */
const ARGUMENTS_CHARS = 130;
/** Characters of a result, ~40 tokens. */
const RESULT_CHARS = 160;
/** Required arguments are told where they take more, up to that many characters. */
const MAX_CHARS = 400;
/** Objects in objects: the deepest that fits. */
const DEPTHS = [4, 2, 1];
const MAX_CHOICES = 10;
/** Parts of a schema that are looked at: many more than fit into the text. */
const MAX_PARTS = 500;

/** The arguments of a tool: `{ owner: string, labels?: string[], … }`. Optional ones give way to required ones. */
export function argumentTypes(schema: JsonSchema): string {
  const text =
    objectIn(schema, schema, ARGUMENTS_CHARS, true) ??
    typeText(schema, 0, options(schema, DEPTHS[1]!));
  return oneLine(cutText(text, MAX_CHARS));
}

/** The result of a tool; nothing where nothing is known of it. */
export function resultType(schema: JsonSchema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const text = typeIn(schema, schema, RESULT_CHARS);
  return text === "unknown" ? undefined : oneLine(cutText(text, MAX_CHARS));
}

function options(root: JsonSchema, maxDepth: number, isResult = false): TypeTextOptions {
  return { root, maxDepth, maxChoices: MAX_CHOICES, parts: MAX_PARTS, isMarked: true, isResult };
}

/** A type in at most `chars` characters, cut if it must be. */
function typeIn(given: JsonSchema, root: JsonSchema, chars: number): string {
  const schema = resolved(given, { root });
  const { type, items } = schema;
  if (Array.isArray(type) && type.length === 2 && type.includes("null")) {
    const [kind] = type.filter((one) => one !== "null");
    if (typeof kind === "string") return `${typeIn({ ...schema, type: kind }, root, chars)} | null`;
  }
  if (type === "array" && isObject(items) && !Array.isArray(schema["prefixItems"])) {
    const item = objectIn(items, root, chars, false);
    if (item !== undefined) return arrayOf(item);
  }
  const object = objectIn(schema, root, chars, false);
  if (object !== undefined) return object;
  const texts = DEPTHS.map((depth) => typeText(schema, 1, options(root, depth + 1, true)));
  return texts.find((text) => text.length <= chars) ?? cutText(texts.at(-1)!, chars);
}

/** An object with as many of its properties as fit. */
function objectIn(
  given: JsonSchema,
  root: JsonSchema,
  chars: number,
  keepsRequired: boolean,
): string | undefined {
  const schema = resolved(given, { root });
  const { properties, type } = schema;
  if (!isObject(properties) || Object.keys(properties).length === 0 || Array.isArray(type))
    return undefined;
  const flat = propertyTexts(schema, 0, options(root, 1, !keepsRequired));
  for (const depth of DEPTHS) {
    const deep = propertyTexts(schema, 0, options(root, depth, !keepsRequired));
    const required = deep.filter(({ isRequired }) => isRequired);
    const room = chars - required.reduce((sum, { text }) => sum + text.length + 2, 0);
    if (room < 0 && depth !== DEPTHS.at(-1)) continue;
    const kept = fitted(deep, flat, keepsRequired, chars);
    const isAll = kept.length === Object.keys(properties).length && !hasMore(schema);
    return inBraces(isAll ? kept : [...kept, "…"]);
  }
  return undefined;
}

function fitted(
  deep: readonly PropertyText[],
  flat: readonly PropertyText[],
  keepsRequired: boolean,
  chars: number,
): string[] {
  const kept: string[] = [];
  let room = chars;
  for (const [at, { text, isRequired }] of deep.entries()) {
    const short = flat[at]!.text;
    const fitting = [text, short].find((each) => each.length + 2 <= room);
    const chosen = fitting ?? (keepsRequired && isRequired ? short : undefined);
    if (chosen === undefined) continue;
    kept.push(chosen);
    room -= chosen.length + 2;
  }
  return kept;
}
