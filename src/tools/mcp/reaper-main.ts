/**
 * Runs as a process of its own. Reads process group ids from stdin, one per line: `+123` when one starts, `-123` when it
 * is gone. When stdin ends its host is dead, however it died: kill what is left, then end.
 */
import { spawn } from "node:child_process";

const groups = new Set<number>();
let rest = "";

function read(line: string): void {
  const group = Number(line.slice(1));
  // 0 and 1 would mean this very group and everything.
  if (!Number.isInteger(group) || group < 2) return;
  if (line.startsWith("+")) groups.add(group);
  else groups.delete(group);
}

function reap(): void {
  for (const group of groups) {
    try {
      if (process.platform === "win32") endTree(group);
      else process.kill(-group, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  process.exit(0);
}

/** Windows has no groups. This file imports nothing, so that it runs wherever it is copied to: see `server-process.ts`. */
function endTree(leader: number): void {
  const system = process.env["SystemRoot"] ?? "C:\\Windows";
  const args = ["/pid", String(leader), "/T", "/F"];
  spawn(`${system}\\System32\\taskkill.exe`, args, { stdio: "ignore", windowsHide: true });
}

process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) read(line);
});
process.stdin.on("close", reap);
process.stdin.on("error", reap);
