import { RuntimeEmitter } from "../core/events.ts";
import { type Guide, openGuide } from "../runtime/toolbox.ts";
import { resolveOptions } from "../runtime/resolve-options.ts";
import { runtimeOptions } from "./arguments.ts";
import { tellProblems } from "./run.ts";

/** The tools of the config, for commands that run no program: no engine has to work here. */
export async function connectTools(values: Parameters<typeof runtimeOptions>[0]): Promise<Guide> {
  const options = await resolveOptions(await runtimeOptions(values));
  const guide = await openGuide({ ...options, typeCheck: false }, new RuntimeEmitter());
  tellProblems(guide.report());
  return guide;
}
