import { RuntimeEmitter } from "../core/events.ts";
import { resolveOptions } from "../runtime/resolve-options.ts";
import { openToolbox, type Toolbox } from "../runtime/toolbox.ts";
import { runtimeOptions } from "./arguments.ts";
import { reportProblems } from "./run.ts";

/** The tools of the config, for commands that run no program: no engine has to work here. */
export async function connectTools(values: Parameters<typeof runtimeOptions>[0]): Promise<Toolbox> {
  const options = await resolveOptions(await runtimeOptions(values));
  const toolbox = await openToolbox({ ...options, typeCheck: false }, new RuntimeEmitter());
  reportProblems(toolbox.report());
  return toolbox;
}
