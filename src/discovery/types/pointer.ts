import { isObject } from "../../core/is-object.ts";
import type { JsonSchema } from "../../tools/tool.ts";

/** What a JSON Pointer (RFC 6901, as a fragment) leads to. */
export function at(root: unknown, pointer: string): unknown {
  let part = root;
  for (const step of pointer.split("/").slice(1)) {
    const key = decode(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Record<string, unknown>)[key];
  }
  return part;
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** `#name` is the definition with that `$anchor`. */
export function anchored(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  const name = reference.slice(1);
  const definitions = [root["$defs"], root["definitions"]].filter(isObject).flatMap(Object.values);
  return definitions.find((part) => isObject(part) && part["$anchor"] === name);
}
