import { CodecellError, messageOf } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { otherRuntime } from "../../core/node-version.ts";
import type { EngineRef } from "../../engine/engine.ts";
import type { Place } from "../placement.ts";
import { startChild } from "../pool/child-process.ts";
import { type PoolOptions, WorkerPool } from "../pool/pool.ts";
import { WorkerClient } from "../pool/worker-client.ts";
import { probeEngine } from "../process.ts";
import { bubblewrapLauncher } from "./bubblewrap.ts";
import type { Launcher } from "./launcher.ts";
import type { WorkerBudget } from "./rlimits.ts";
import { seatbeltLauncher } from "./seatbelt.ts";
import type { ResolvedSandbox } from "./settings.ts";
import { sandboxUnavailable } from "./unavailable.ts";

export interface SandboxOptions extends Omit<WorkerBudget, "runsPerWorker"> {
  readonly pool: PoolOptions;
  readonly settings: ResolvedSandbox;
}

/**
 * The worker processes of `process`, each inside a sandbox of the operating system: a compromised worker has no files, no
 * network, no other processes and nothing to execute. The first worker is the probe: it has the same arguments as all others.
 * @throws CodecellError `sandbox_unavailable` with the cure, `engine_unavailable`, `config_error`
 */
export async function sandboxPlace(ref: EngineRef, options: SandboxOptions): Promise<Place> {
  const launcher = await createLauncher(ref, options);
  const spawn = (): WorkerClient => new WorkerClient(startChild(launcher.command()), launcher.ref);
  const check = (limits: Limits): void => checkMemory(limits, options.limits);
  return await WorkerPool.create("sandbox", spawn, options.pool, check).catch((error: unknown) =>
    diagnose(error, ref, options.hardened),
  );
}

async function createLauncher(
  ref: EngineRef,
  { settings, limits, hardened, pool: { runsPerWorker } }: SandboxOptions,
): Promise<Launcher> {
  refuseOtherRuntimes();
  switch (process.platform) {
    case "linux":
      return await bubblewrapLauncher(ref, settings, { limits, runsPerWorker, hardened });
    case "darwin":
      return await seatbeltLauncher(ref, settings, hardened);
    default:
      throw new CodecellError(
        "sandbox_unavailable",
        `there is no sandbox for ${process.platform}`,
        {
          hint: "Use Linux or macOS (on Windows: WSL 2), or placement 'process'.",
        },
      );
  }
}

/** The sandbox shows a worker what Node needs, and no more. */
function refuseOtherRuntimes(): void {
  const here = otherRuntime();
  if (here === undefined) return;
  throw new CodecellError(
    "sandbox_unavailable",
    `the sandbox holds workers of Node, and this is ${here}`,
    { hint: "Use placement 'process', or run this with Node." },
  );
}

/** Finds out whether the engine or the sandbox is the reason why a worker did not boot: tries the engine in a plain process. */
async function diagnose(error: unknown, ref: EngineRef, hardened: boolean): Promise<never> {
  if (!CodecellError.is(error) || error.code !== "engine_unavailable") throw error;
  await probeEngine(ref, hardened);
  throw sandboxUnavailable(messageOf(error), error);
}

/** The kernel's caps on a worker are set when it starts. */
function checkMemory({ memoryMb }: Limits, ofRuntime: Limits): void {
  if (memoryMb <= ofRuntime.memoryMb) return;
  throw new CodecellError(
    "config_error",
    `limits.memoryMb of this run is ${memoryMb}; in placement 'sandbox' it can be at most the runtime's, which is ${ofRuntime.memoryMb}`,
    { hint: "Raise limits.memoryMb of the runtime." },
  );
}
