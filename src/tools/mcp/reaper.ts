import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ownFile } from "../../core/own-file.ts";
import { inheritedVariables } from "../config/inherited-variables.ts";
import { signalProcesses } from "./server-process.ts";

/** Process groups of servers that run now. */
const groups = new Set<number>();
let reaper: ChildProcess | undefined;
let hooked = false;

/** From now on `group` is killed when this process ends, even by SIGKILL. */
export function guardGroup(group: number): void {
  groups.add(group);
  if (!hooked) process.on("exit", killAll);
  hooked = true;
  send(`+${group}`);
}

/** `group` is gone; its id may soon be that of other processes. */
export function releaseGroup(group: number): void {
  if (groups.delete(group)) send(`-${group}`);
}

/** Sends `signal` to all processes of `group`; 0 only checks. False when there are none left. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return signalProcesses(group, signal);
}

function killAll(): void {
  for (const group of groups) signalGroup(group, "SIGKILL");
}

function send(line: string): void {
  if (reaper !== undefined) return void reaper.stdin?.write(`${line}\n`);
  // There is none yet, or it was killed: the new one receives all groups.
  reaper = startReaper();
  for (const group of groups) reaper.stdin?.write(`+${group}\n`);
}

function main(): URL {
  return new URL(/* webpackIgnore: true */ "./reaper-main.js", import.meta.url);
}

/** @throws CodecellError `config_error` when a bundler has left it behind */
export function reaperFile(): string {
  return fileURLToPath(ownFile("reaper-main.js", main));
}

/** A group of its own, so that Ctrl-C does not end it before its work is done. It holds nothing open in this process. */
function startReaper(): ChildProcess {
  const child = spawn(process.execPath, [reaperFile()], {
    detached: true,
    env: inheritedVariables(process.env, false),
    cwd: "/",
    windowsHide: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const forget = (): void => {
    if (reaper === child) reaper = undefined;
  };
  child.on("error", forget).on("exit", forget).unref();
  child.stdin.on("error", forget);
  // A socket in fact; its type does not say so.
  (child.stdin as { unref?: () => void }).unref?.();
  return child;
}
