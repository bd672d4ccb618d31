/** The arguments that stand in a program's text, as the object that its tool will get. */
import type { Literal } from "../compile/literal.ts";
import type { InspectedUse, ToolUse } from "../compile/program-uses.ts";
import { arrangeArguments, isPlain } from "../tools/arrange-arguments.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { type Parameters, parametersOf } from "../tools/parameters.ts";

/** In the place of a value that is computed. */
const COMPUTED = Symbol("computed");

export function arrangedUse(use: InspectedUse, catalogue: Catalogue): ToolUse {
  const { given, spreads, args, computed, ...place } = use;
  // Which parameter an argument is for depends on how many are spread before it.
  if (given === undefined || spreads === true) return place;
  const values = given.map((each) =>
    each === undefined || each.computed.length === 0
      ? (each?.value ?? (each === undefined ? COMPUTED : null))
      : {
          ...(each.value as object),
          ...Object.fromEntries(each.computed.map((key) => [key, COMPUTED])),
        },
  );
  const found = use.tool === undefined ? undefined : catalogue.find(use.server, use.tool);
  const schema = found?.info.inputSchema;
  const parameters = schema === undefined ? undefined : parametersOf(schema);
  if (found === undefined || parameters === undefined || given.length === 0) {
    if (given.length > 1)
      return values.some(hasComputed) ? place : { ...place, args: values as Literal };
    return { ...place, ...present("args", args), ...present("computed", computed) };
  }
  if (values[0] === COMPUTED && given.length === 1) return place;
  const fits = (object: unknown): boolean =>
    hasComputed(object) || catalogue.fits(found.server, found.info, object);
  return { ...place, ...parts(parameters, values, fits) };
}

function parts(
  parameters: Parameters,
  values: readonly unknown[],
  fits: (args: unknown) => boolean,
): Pick<ToolUse, "args" | "computed"> {
  const arranged = arrangeArguments(parameters, values, fits);
  if ("problem" in arranged) return {};
  if (!isPlain(arranged.args)) return { args: arranged.args as Literal };
  const entries = Object.entries(arranged.args);
  const computed = entries.filter(([, value]) => hasComputed(value)).map(([key]) => key);
  const known = entries.filter(([, value]) => !hasComputed(value));
  const args = Object.fromEntries(known) as Literal;
  return computed.length === 0 ? { args } : { args, computed };
}

function hasComputed(value: unknown): boolean {
  if (value === COMPUTED) return true;
  return isPlain(value) && Object.values(value).some(hasComputed);
}

function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}
