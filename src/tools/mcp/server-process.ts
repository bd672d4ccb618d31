/**
 * The one place where servers are started and ended, and where systems differ. On Windows nobody has run it: what is started
 * there is asserted by tests elsewhere.
 */
import {
  type ChildProcessByStdio,
  spawn as spawnPlain,
  type SpawnOptions,
} from "node:child_process";
import type { Readable, Writable } from "node:stream";
import spawn from "cross-spawn";

/** A process on three pipes. */
export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What to start. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

/**
 * Starts a process in a group of its own. On Windows also what is no program: `npx` is a `.cmd` there, whose arguments have to
 * be quoted for its shell.
 */
export function startProcess(
  { command, args, env, cwd }: ProcessOptions,
  platform: string = process.platform,
): Child {
  const options: SpawnOptions = {
    // `npx` and the like leave children behind that only a group signal reaches. Windows would open a console for it.
    detached: platform !== "win32",
    shell: false,
    windowsHide: true,
    env: { ...env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  };
  return spawn(command, [...args], options) as Child;
}

/**
 * Sends `signal` to all processes of the group that `leader` leads; 0 only checks. False when there are none left. Windows has
 * neither groups nor signals: the tree of the leader is ended, and that only while the leader is there.
 */
export function signalProcesses(
  leader: number,
  signal: NodeJS.Signals | 0,
  platform: string = process.platform,
): boolean {
  const isWindows = platform === "win32";
  try {
    if (!isWindows || signal === 0) process.kill(isWindows ? leader : -leader, signal);
    else endTree(leader);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The arguments that end a process of Windows and its children. */
function endTree(leader: number): void {
  process.kill(leader, 0); // throws where it is gone
  const args = ["/pid", String(leader), "/T", "/F"];
  // By its path: a bare name would be looked for in the folder of this process first, which can be anybody's.
  const system = process.env["SystemRoot"] ?? "C:\\Windows";
  spawnPlain(`${system}\\System32\\taskkill.exe`, args, { stdio: "ignore", windowsHide: true })
    .on("error", () => {})
    .unref();
}
