import { benchTokens, configWorld, loadModel } from "../../bench/index.ts";
import { CodecellError } from "../../core/errors.ts";
import { readArguments, runtimeOptions } from "../arguments.ts";
import { note } from "../output.ts";
import { CONFIG_FLAGS } from "../trust/command-config.ts";
import { OUTPUT_FLAGS, prepare, reportResults } from "./results-file.ts";

const FLAGS = {
  ...OUTPUT_FLAGS,
  ...CONFIG_FLAGS,
  engine: { type: "string" },
  placement: { type: "string" },
  model: { type: "string" },
} as const;
const MOST_PROGRAMS = 100;

/** `codecell bench tokens [PROGRAM…]` */
export async function tokens(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, MOST_PROGRAMS);
  const options = await runtimeOptions(values);
  if (options.config === undefined) {
    throw new CodecellError("config_error", "whose tools? There is no .mcp.json here", {
      hint: "codecell bench tokens --config FILE [PROGRAM…]",
    });
  }
  const before = await prepare(values, "tokens");
  const model = values["model"];
  const results = await benchTokens({
    worlds: [await configWorld(options, positionals)],
    log: note,
    ...(typeof model === "string" ? { model: await loadModel(model) } : {}),
  });
  const regressions = await reportResults(results, values, before);
  for (const problem of results.problems) note(problem);
  if (values["check"] !== true) return 0;
  for (const title of regressions) note(`dearer than before: ${title}`);
  return regressions.length + results.problems.length === 0 ? 0 : 1;
}
