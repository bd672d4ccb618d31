/**
 * What a file that was only found may set under `codecell`. The invariant: such a file, trusted or not, weakens neither
 * placement nor network, reads and writes no path, and raises no limit. What is not listed here is refused.
 */
import { AGENT_SETTINGS } from "../../agent/settings.ts";
import { readSetting } from "../../core/check-settings.ts";
import { LIMITS } from "../../core/limits.ts";
import type { ObjectSchema, Schema } from "../../core/setting-schema.ts";
import { isObject } from "../../core/is-object.ts";
import { ENGINES } from "../../placement/open-place.ts";
import { FILE_SETTINGS, SETTINGS } from "../../runtime/options.ts";

const HINT =
  "The file was only found in this folder, nobody named it. It may set all that it likes when you do: --config FILE.";

/** No value fits. */
const NEVER: Schema = {
  type: "string",
  enum: [],
  wanted: "left out of a file that was only found",
  shows: "nothing",
  hint: HINT,
};

const ALLOWED: Readonly<Record<string, Schema>> = {
  // An engine of its own would be code that the host loads.
  engine: { type: "string", enum: ENGINES, hint: HINT },
  placement: { type: "string", enum: ["auto", "sandbox"], hint: HINT },
  hardened: SETTINGS.hardened,
  typeCheck: SETTINGS.typeCheck,
  // A text would be a path to write.
  learn: { type: "boolean", hint: HINT },
  tokenizer: SETTINGS.tokenizer,
  startMs: { ...SETTINGS.startMs, maximum: SETTINGS.startMs.default, hint: HINT },
  // A text would be a path to write.
  catalogueCache: { type: "boolean", hint: HINT },
  limits: lowered(LIMITS),
  // Other names could stand for what a host lets pass without asking.
  mcp: lowered({ ...AGENT_SETTINGS, properties: { ...AGENT_SETTINGS.properties, names: NEVER } }),
};

/** Its numbers end at their default. */
function lowered(schema: ObjectSchema): ObjectSchema {
  const properties = Object.entries(schema.properties).map(([key, property]) => {
    if (property.type !== "number" && property.type !== "integer") return [key, property] as const;
    return [key, { ...property, maximum: property.default!, shows: "value", hint: HINT }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/**
 * Checks the key `codecell` of a found file against the list.
 * @param file for messages
 * @throws CodecellError `config_error` naming the first setting that may not be there
 */
export function checkFoundSettings(settings: unknown, file: string): void {
  if (!isObject(settings)) return; // none, or an error where the file is checked
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(FILE_SETTINGS.properties, key)) continue; // an error where the file is checked
    const schema = Object.hasOwn(ALLOWED, key) ? ALLOWED[key]! : NEVER;
    readSetting(schema, value, `${file}: codecell.${key}`);
  }
}
