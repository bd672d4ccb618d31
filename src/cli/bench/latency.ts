import { benchLatency, type LatencyOptions } from "../../bench/index.ts";
import { noiseWarnings } from "../../bench/latency/noise.ts";
import { CodecellError } from "../../core/errors.ts";
import { readArguments } from "../arguments.ts";
import { note } from "../output.ts";
import { OUTPUT_FLAGS, prepare, reportResults } from "./results-file.ts";

const INTERRUPTED = 130;

const FLAGS = {
  ...OUTPUT_FLAGS,
  rounds: { type: "string" },
  only: { type: "string" },
  subjects: { type: "string" },
  peers: { type: "string" },
} as const;

/** `codecell bench latency` */
export async function latency(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS, 0);
  const before = await prepare(values, "latency");
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(INTERRUPTED)); // which ends what it started
  const results = await benchLatency(optionsOf(values));
  const regressions = await reportResults(results, values, before);
  for (const warning of noiseWarnings(results)) note(warning);
  if (values["check"] !== true) return 0;
  const missed = results.goals.filter(({ met }) => met === false).map(({ title }) => title);
  for (const title of missed) note(`goal missed: ${title}`);
  for (const title of regressions) note(`worse than before: ${title}`);
  return missed.length + regressions.length === 0 ? 0 : 1;
}

function optionsOf(values: Readonly<Record<string, unknown>>): LatencyOptions {
  const list = (flag: string): readonly string[] | undefined =>
    (values[flag] as string | undefined)?.split(",").map((each) => each.trim());
  const { peers, rounds } = values as { peers?: string; rounds?: string };
  const [groups, subjects] = [list("only"), list("subjects")];
  return {
    log: note,
    ...(rounds === undefined ? {} : { rounds: wholeNumber(rounds) }),
    ...(groups === undefined ? {} : { groups }),
    ...(subjects === undefined ? {} : { subjects }),
    ...(peers === undefined ? {} : { peers }),
  };
}

function wholeNumber(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new CodecellError(
    "config_error",
    `--rounds is '${text}'; it must be a number from 1 to 1000`,
  );
}
