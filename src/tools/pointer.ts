import { isObject } from "../core/is-object.ts";
import type { JsonSchema } from "./tool.ts";

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

/** Definitions by their `$anchor`: what `#name` means. The first of one name counts. */
export function anchorsOf(root: JsonSchema): Map<string, unknown> {
  const anchors = new Map<string, unknown>();
  for (const definitions of [root["$defs"], root["definitions"]]) {
    if (!isObject(definitions)) continue;
    for (const part of Object.values(definitions)) {
      const name = isObject(part) ? part["$anchor"] : undefined;
      if (typeof name === "string" && !anchors.has(name)) anchors.set(name, part);
    }
  }
  return anchors;
}
