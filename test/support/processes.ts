/** Processes as the kernel tells of them. */
import { readdirSync, readFileSync } from "node:fs";

/** Fields of /proc/PID/stat from the state on, or nothing when the process has ended. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Ids of all processes below `root`. */
export function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const fields = /^\d+$/.test(entry) ? stat(Number(entry)) : undefined;
    if (fields !== undefined && fields[0] !== "Z") parents.set(Number(entry), Number(fields[1]));
  }
  const below = (pid: number): number[] =>
    [...parents]
      .filter(([, parent]) => parent === pid)
      .flatMap(([child]) => [child, ...below(child)]);
  return below(root);
}

/** End all processes below this one; some end with those before them. */
export function killDescendants(): void {
  for (const pid of descendants(process.pid))
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

export function isAlive(pid: number): boolean {
  const fields = stat(pid);
  return fields !== undefined && fields[0] !== "Z";
}

/** Ids of all processes with this text in their command. */
export function processesOf(text: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && isAlive(Number(entry)))
    .map(Number)
    .filter((pid) => {
      try {
        return procFile(pid, "cmdline").includes(text);
      } catch {
        return false; // it has just ended
      }
    });
}

/** A file of /proc/PID, as text. */
export function procFile(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, "latin1");
}

/** Whether `condition` comes true in time; a busy machine is given a lot of it. */
export async function until(condition: () => boolean, ms = 60_000): Promise<boolean> {
  for (
    const deadline = Date.now() + ms;
    Date.now() < deadline;
    await new Promise((resolve) => setTimeout(resolve, 20))
  ) {
    if (condition()) return true;
  }
  return condition();
}
