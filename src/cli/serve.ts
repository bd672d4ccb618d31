import { readSettings } from "../core/check-settings.ts";
import { printableJson } from "../core/one-line.ts";
import { createRuntime } from "../index.ts";
import type { LogLine } from "../serve/service/app.ts";
import { SERVE, resolveServe } from "../serve/service/settings.ts";
import { startService } from "../serve/service/start.ts";
import { Expander } from "../tools/config/expand-variables.ts";
import { parsePort, readArguments, RUNTIME_FLAGS, runtimeOptions } from "./arguments.ts";

const { json: _json, ...SHARED } = RUNTIME_FLAGS;
const FLAGS = { ...SHARED, port: { type: "string" }, host: { type: "string" } } as const;

/** `codecell serve`: the HTTP service, until SIGINT or SIGTERM. */
export async function serve(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS, 0);
  const options = await runtimeOptions(values);
  const { expand } = new Expander(process.env);
  const stored = options.config?.settings?.["serve"] ?? {};
  const given = {
    ...readSettings(SERVE, stored, "codecell.serve", expand),
    ...(values["port"] === undefined ? {} : { port: parsePort("--port", values["port"]) }),
    ...(values["host"] === undefined ? {} : { host: values["host"] as string }),
  };
  resolveServe(given); // before anything is started
  // A service listens at once; servers that are not connected by then join.
  const { startMs = 0 } = options.config?.settings ?? {};
  const runtime = await createRuntime({ ...options, startMs: startMs as number });
  const end = untilSignal(); // also one that comes while the service starts
  const service = await startService(runtime, given, printLine).catch(async (error: unknown) => {
    await runtime.close();
    throw error;
  });
  await end;
  await service.stop();
  return 0;
}

function printLine(line: LogLine): void {
  process.stderr.write(`${printableJson({ time: new Date().toISOString(), ...line })}\n`);
}

/** A second signal ends the process at once, as signals do. */
async function untilSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
  });
}
