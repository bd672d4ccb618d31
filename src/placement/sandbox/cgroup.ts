import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { ResolvedSandbox } from "./settings.ts";

/** Period of a CPU share in microseconds. */
const PERIOD = 100_000;

/** A cgroup v2 of one worker. Source: Documentation/admin-guide/cgroup-v2.rst of Linux. */
export interface WorkerCgroup {
  add(pid: number): void;
  /** Removes the cgroup. Call it after its last process has ended. */
  remove(): void;
}

/**
 * Creates a cgroup below the delegated one and sets its limits.
 * @throws CodecellError `sandbox_unavailable` when the folder is not a cgroup, or lacks a controller
 */
export function createCgroup(
  { cgroup, processes, cpuShare }: ResolvedSandbox & { readonly cgroup: string },
  memoryBytes: number,
): WorkerCgroup {
  const folder = `${cgroup}/codecell-${randomUUID()}`;
  const limits = {
    "memory.max": String(memoryBytes),
    "memory.swap.max": "0",
    ...(processes === undefined ? {} : { "pids.max": String(processes) }),
    ...(cpuShare === undefined
      ? {}
      : { "cpu.max": `${Math.max(1_000, Math.round(cpuShare * PERIOD))} ${PERIOD}` }),
  };
  const remove = (): void => {
    try {
      rmdirSync(folder);
    } catch {
      // a process of it is still ending, or it was never created: an empty cgroup costs nothing
    }
  };
  try {
    checkControllers(cgroup, Object.keys(limits));
    mkdirSync(folder);
    for (const [file, value] of Object.entries(limits)) writeFileSync(`${folder}/${file}`, value);
  } catch (error) {
    remove();
    throw new CodecellError(
      "sandbox_unavailable",
      `a cgroup cannot be made in ${cgroup}: ${messageOf(error)}`,
      {
        hint: "sandbox.cgroup has to be a cgroup v2 folder that this user may write to, without processes of its own, with the controllers it needs in cgroup.subtree_control (systemd: Delegate=yes).",
        cause: error,
      },
    );
  }
  return { add: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)), remove };
}

function checkControllers(cgroup: string, files: readonly string[]): void {
  const enabled = readFileSync(`${cgroup}/cgroup.subtree_control`, "utf8").trim().split(/\s+/);
  for (const file of files) {
    const controller = file.split(".", 1)[0]!;
    if (!enabled.includes(controller))
      throw new Error(`the controller ${controller} is not enabled for its children`);
  }
}
