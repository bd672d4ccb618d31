import { RuntimeEmitter } from "../core/events.ts";
import { resolveOptions } from "../runtime/resolve-options.ts";
import { openToolbox, type Toolbox } from "../runtime/toolbox.ts";
import { runtimeOptions } from "./arguments.ts";

/**
 * The tools of the config, for commands that run no program: no engine has to work here.
 * @param startMs longest wait for servers where the config has none, in ms
 */
export async function connectTools(
  values: Parameters<typeof runtimeOptions>[0],
  startMs: number,
): Promise<Toolbox> {
  const given = await runtimeOptions(values);
  const wait = given.config?.settings?.["startMs"] === undefined ? { startMs } : {};
  const options = await resolveOptions({ ...given, ...wait });
  return await openToolbox({ ...options, typeCheck: false }, new RuntimeEmitter());
}
