/** Memory and termination of a process tree, on Linux. */
import { readdir, readFile } from "node:fs/promises";

/** Bytes of memory of `pid` and its descendants; shared pages count proportionally. `undefined` on other systems than Linux. */
export async function treeBytes(pid: number): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  const sizes = await Promise.all((await tree(pid)).map(proportionalBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Kills the descendants of `pid`, but not `pid`. Does nothing on other systems than Linux. Must be called while `pid`
 * runs: orphans are no longer its descendants.
 */
export async function killDescendants(pid: number): Promise<void> {
  if (process.platform !== "linux") return;
  for (const each of await tree(pid)) {
    if (each === pid) continue;
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

async function tree(root: number): Promise<number[]> {
  const parents = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => [Number(name), await parentOf(name)] as const),
  );
  const members = new Set([root]);
  for (let size = 0; size < members.size;) {
    size = members.size;
    for (const [pid, parent] of parents) if (members.has(parent)) members.add(pid);
  }
  return [...members];
}

async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? -1);
}

/** `Pss` divides shared pages among the processes that map them; 0 for a process that has ended. */
async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1_024;
}
