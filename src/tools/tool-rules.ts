/** Which tools of a server there are, where its config names them. Names may hold `*` and `?`. */
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { spellingKey } from "../core/spelling.ts";
import { ToolError } from "../core/tool-error.ts";

/** What the config of a server says of its tools. */
export interface ToolRules {
  /** Lists of the tools that there are: a tool has to be in each. */
  readonly only: readonly (readonly string[])[];
  /** Tools that are turned off. */
  readonly except: readonly string[];
}

/** Names in a warning. */
const MAX_NAMED = 5;

/** Whether there is a tool of that name, by rules. */
export function isOn(rules: ToolRules | undefined, tool: string): boolean {
  if (rules === undefined) return true;
  const { only, except } = rules;
  const fits = (pattern: string): boolean => matches(pattern, tool);
  return only.every((list) => list.some(fits)) && !except.some(fits);
}

/** Whether a name, however a program spells it, is that of a tool that is off. */
export function isTurnedOff(
  rules: ToolRules | undefined,
  listed: readonly string[],
  spelling: string,
): boolean {
  if (rules === undefined) return false;
  const key = spellingKey(spelling);
  const name =
    listed.find((each) => each === spelling) ??
    listed.find((each) => key !== "" && spellingKey(each) === key);
  return name !== undefined && !isOn(rules, name);
}

/** For a call of a tool that is off. */
export function turnedOff(label: string): ToolError {
  return new ToolError("unknown_tool", oneLine(`${label} is turned off in codecell's config`), {
    tool: label,
    hint: "Do without it: only whoever runs codecell can turn it on.",
  });
}

/** A warning for names that match no tool: what was to be off may be on. Nothing where all match. */
export function unmatched(
  rules: ToolRules | undefined,
  server: string,
  listed: readonly string[],
): string | undefined {
  if (rules === undefined) return undefined;
  const patterns = [...rules.only.flat(), ...rules.except];
  const idle = [...new Set(patterns)].filter(
    (pattern) => pattern !== "*" && !listed.some((tool) => matches(pattern, tool)),
  );
  if (idle.length === 0) return undefined;
  const shown = idle.slice(0, MAX_NAMED).map((pattern) => {
    const [closest] = nearest(pattern, listed, 1);
    return closest === undefined ? pattern : `${pattern} (did you mean ${closest}?)`;
  });
  const more = idle.length > MAX_NAMED ? ` and ${idle.length - MAX_NAMED} more` : "";
  return oneLine(
    `${server}: its config names tools that the server does not have: ${shown.join(", ")}${more}`,
  );
}

/** Linear for one `*`, and never worse than the product of both lengths. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    if (pattern[from] === "*") {
      star = from++;
      resume = at;
    } else if (pattern[from] === "?" || pattern[from] === name[at]) {
      from++;
      at++;
    } else if (star >= 0) {
      from = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[from] === "*") from++;
  return from === pattern.length;
}
