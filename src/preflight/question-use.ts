/** Questions of a program to its host's model, as its text shows them. */
import type { Literal } from "../compile/literal.ts";
import type { InspectedUse, ToolUse } from "../compile/program-uses.ts";
import { isObject } from "../core/is-object.ts";
import { ASK } from "../core/names.ts";

/** Whether it is `ask`, which is no server's. */
export function isQuestion(server: string, tool: string | undefined): boolean {
  return server === "" && tool === ASK;
}

/** What is known of the prompt and of the schema, as the call has them. */
export function questionUse(use: InspectedUse): ToolUse {
  const { given, spreads, args: _first, computed: _keys, ...place } = use;
  if (given === undefined || spreads === true) return place;
  const [prompt, options] = given;
  const known: Record<string, Literal> = {};
  const computed: string[] = [];
  if (prompt !== undefined && prompt.computed.length === 0) known["prompt"] = prompt.value;
  else if (given.length > 0) computed.push("prompt");
  const schema = isObject(options?.value) ? options.value["schema"] : undefined;
  if (schema !== undefined) known["schema"] = schema as Literal;
  else if (given.length > 1 && (options === undefined || options.computed.includes("schema")))
    computed.push("schema");
  return { ...place, args: known, ...(computed.length === 0 ? {} : { computed }) };
}
