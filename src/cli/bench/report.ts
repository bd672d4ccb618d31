import { access } from "node:fs/promises";
import {
  type AnyResults,
  benchLatency,
  benchTokens,
  configWorld,
  renderPage,
  reportOf,
} from "../../bench/index.ts";
import { readArguments, runtimeOptions } from "../arguments.ts";
import { note } from "../output.ts";
import { CONFIG_FLAGS } from "../trust/command-config.ts";
import { readResults, write } from "./results-file.ts";

const FLAGS = { ...CONFIG_FLAGS, out: { type: "string" } } as const;
const DEFAULT_OUT = "codecell-bench.html";
/** Where the benchmarks write their results, according to our documents. */
const USUAL_FILES = ["latency.json", "tokens.json"];
const QUICK_ROUNDS = 2;
const MOST_FILES = 20;

/** `codecell bench report [RESULTS.json…]` */
export async function report(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, MOST_FILES);
  const files = positionals.length > 0 ? positionals : await usualFiles();
  const results =
    files.length > 0 ? await Promise.all(files.map(readResults)) : await measure(values);
  const out = typeof values["out"] === "string" ? values["out"] : DEFAULT_OUT;
  await write(out, renderPage(reportOf(results)));
  return 0;
}

async function usualFiles(): Promise<string[]> {
  const found = await Promise.all(
    USUAL_FILES.map((file) =>
      access(file).then(
        () => [file],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** Nothing is stored: measures briefly. */
async function measure(
  values: Record<string, string | boolean | undefined>,
): Promise<AnyResults[]> {
  const options = await runtimeOptions(values);
  note(`there is no ${USUAL_FILES.join(" or ")} here: measuring briefly`);
  const latency = await benchLatency({ rounds: QUICK_ROUNDS, log: note });
  if (options.config === undefined) return [latency];
  return [latency, await benchTokens({ worlds: [await configWorld(options)], log: note })];
}
