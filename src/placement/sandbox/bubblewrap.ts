import type { EngineRef } from "../../engine/engine.ts";
import { type Command, FIRST_FEED } from "../pool/child-process.ts";
import { nodeFlags } from "../pool/node-flags.ts";
import { bwrapOptions, findWorker } from "./bwrap.ts";
import { createCgroup } from "./cgroup.ts";
import { findExecutable } from "./executable.ts";
import type { Launcher } from "./launcher.ts";
import { layOut } from "./layout.ts";
import { prlimitArguments, type WorkerBudget, workerMemoryMib } from "./rlimits.ts";
import { seccompFilter } from "./seccomp.ts";
import type { ResolvedSandbox } from "./settings.ts";

const DESCRIPTORS = { args: FIRST_FEED, seccomp: FIRST_FEED + 1, info: FIRST_FEED + 2 };

/**
 * prlimit, then bubblewrap, then Node: each replaces itself by the next or waits for it. Their arguments name nothing of the
 * host but the two programs; the rest goes through descriptors.
 * @throws CodecellError `sandbox_unavailable`
 */
export async function bubblewrapLauncher(
  ref: EngineRef,
  settings: ResolvedSandbox,
  budget: WorkerBudget,
): Promise<Launcher> {
  const bwrap = await findExecutable("bwrap");
  const prlimit = await findExecutable("prlimit");
  const layout = await layOut(ref);
  const filter = seccompFilter({
    profile: settings.syscalls,
    writes: settings.tmpMb > 0 || settings.paths.some((rule) => rule.access === "write"),
  });
  const options = bwrapOptions(layout, settings, DESCRIPTORS).map((option) => `${option}\0`);
  const args = [
    ...prlimitArguments(settings, budget),
    ...[bwrap, "--args", String(DESCRIPTORS.args), "--"],
    ...[layout.node, ...nodeFlags(ref.name, budget.hardened), layout.entry],
  ];
  const command = { file: prlimit, args, feeds: [options.join(""), filter], findWorker };
  const memoryBytes = workerMemoryMib(budget.limits) * 1024 * 1024;
  return {
    ref: layout.ref,
    command: () => ({ ...command, ...inCgroup(settings, memoryBytes) }),
  };
}

function inCgroup(
  settings: ResolvedSandbox,
  memoryBytes: number,
): Pick<Command, "onSpawn" | "onEnd"> {
  const { cgroup } = settings;
  if (cgroup === undefined) return {};
  const own = createCgroup({ ...settings, cgroup }, memoryBytes);
  return { onSpawn: (pid) => own.add(pid), onEnd: () => own.remove() };
}
