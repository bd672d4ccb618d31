import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { NODE_FLAGS } from "./driver.ts";
import { Absent } from "./subject.ts";

const LIMIT_MS = 30_000;
const ENTRY = new URL(`./cold-start${import.meta.url.slice(-3)}`, import.meta.url).pathname;

/** From the start of a process to its first result, in ms. @throws Absent */
export async function coldStart(subject: string, peers?: string): Promise<number> {
  const started = performance.now();
  const args = [...NODE_FLAGS, ENTRY, subject, ...(peers === undefined ? [] : [peers])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const errors = text(child.stderr);
  try {
    let told = "";
    for await (const chunk of child.stdout) {
      told += String(chunk);
      if (told.endsWith("\n")) break;
    }
    const ms = performance.now() - started;
    if (told === "done\n") return ms;
    throw new Absent(told.trim() || reason(await errors));
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}

function reason(stderr: string): string {
  return /^\w*Error.*$/m.exec(stderr)?.[0].slice(0, 200) ?? "its process ended";
}
