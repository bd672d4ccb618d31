import type { Runtime } from "../../index.ts";
import type { LogLine } from "./app.ts";
import type { RunningService } from "./listen.ts";
import type { ServeSettings } from "./settings.ts";

/**
 * Serves `runtime`, which the service owns from now on. The modules of the service are loaded here: a function that
 * uses only a handler must not wait for them.
 * @param log receives a line for each request and each change of state; payloads are never in it
 * @throws CodecellError `config_error` for bad settings
 */
export async function startService(
  runtime: Runtime,
  settings: ServeSettings = {},
  log: (line: LogLine) => void = () => {},
): Promise<RunningService> {
  const { listenFor } = await import("./listen.ts");
  return await listenFor(runtime, settings, log);
}
