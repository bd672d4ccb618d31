import { CodecellError } from "../../src/core/errors.ts";
import { DEFAULT_LIMITS, type Limits, resolveLimits } from "../../src/core/limits.ts";
import { type Member, readDeclaration } from "./declaration.ts";
import { table } from "./markdown.ts";
import { LIMITS } from "./sources.ts";

const PAGE = `# Limits

Caps of one run. Set them for all runs by \`createRuntime({ limits })\` or \`codecell.limits\` of a config file, and for one run by
\`run(code, { limits })\`. A client of the HTTP service can lower them, not raise them. A value that is no number, or out of its
range, is a \`config_error\`.`;

const NOTES = `A breach ends the run, whatever the program catches, and the result still has its logs, finished calls and usage. The one exception: a
single buffer over the memory limit is refused by V8 with a \`RangeError\`, which a program can catch, and it goes on; QuickJS ends the run.
An argument or a result over \`callBytes\` fails that call only. Look-ups of tools and digests are free, but not endless: more than 10,000 of them in one
run are a \`call_limit\`.

The codes are described in [Errors](errors.md); what enforces the limits in each placement is in [Containment](../containment.md).`;

const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ["Mb", "MiB"],
  ["Ms", "ms"],
  ["Bytes", "bytes"],
  ["Calls", "calls"],
  ["Depth", "levels"],
];
const BREACH = / Breach: (`\w+`)\.$/;
const RANGE = /([\d,]+)(?: (KiB|MiB|GiB))? to ([\d,]+)(?: (KiB|MiB|GiB))?/;
const BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** docs/reference/limits.md: the comments, held to the defaults and ranges that the code uses. */
export async function limitsPage(): Promise<string> {
  const { members } = await readDeclaration(LIMITS.file, LIMITS.interface);
  const columns = [
    "limit",
    "default",
    "what it caps, and from what to what it can be set",
    "breach",
  ];
  return [PAGE, table(columns, members.map(row)), NOTES].join("\n\n");
}

function row(member: Member): string[] {
  const { name, text, tags } = member;
  const limit = name as keyof Limits;
  const value = DEFAULT_LIMITS[limit];
  const documented = Number(tags.get("default")?.replaceAll("_", ""));
  if (documented !== value)
    throw new Error(`the comment of ${name} says @default ${documented}; the default is ${value}`);
  checkRange(member);
  const breach = BREACH.exec(text)?.[1] ?? "none";
  const number = value.toLocaleString("en");
  return [`\`${name}\``, `${number} ${unitOf(name)}`, text.replace(BREACH, ""), breach];
}

/** Holds the range in a comment to the one that a wrong value is answered with. */
function checkRange({ name, text }: Member): void {
  const [, from = "", fromUnit = "", to = "", toUnit = ""] = RANGE.exec(text) ?? [];
  const parse = (number: string, unit: string): number =>
    Number(number.replaceAll(",", "")) * (BYTES[unit] ?? 1);
  const documented = `from ${parse(from, fromUnit)} to ${parse(to, toUnit)}`;
  try {
    resolveLimits({ [name]: -1 });
  } catch (error) {
    if (CodecellError.is(error) && error.message.endsWith(documented)) return;
    throw new Error(`the comment of ${name} says ${documented}`, { cause: error });
  }
}

function unitOf(name: string): string {
  const found = UNITS.find(([suffix]) => name.endsWith(suffix));
  if (found === undefined) throw new Error(`the name of ${name} ends in no known unit`);
  return found[1];
}
