/** Measures the time from the start of a process to its first line of output. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../core/errors.ts";
import { Absent } from "./subject.ts";

const LIMIT_MS = 30_000;

/** The path of a module beside `from`, in source or built. */
export function siblingFile(module: string, from: string): string {
  return fileURLToPath(new URL(`${module}${from.slice(-3)}`, from));
}

/**
 * Starts node with `args` and sends it `input`.
 * @returns ms until it has written `line`
 * @throws Absent if it writes something else, or nothing
 */
export async function timeToLine(
  args: readonly string[],
  line: string,
  input = "",
): Promise<number> {
  // Without anybody's config, so without servers: others can write to the folder of temporary files itself.
  const nowhere = await mkdtemp(join(tmpdir(), "codecell-bench-"));
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: nowhere,
    env: { ...process.env, HOME: nowhere },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  child.stdin.on("error", () => {}); // the process has ended; its output has the reason
  child.stdin.end(input);
  const errors = text(child.stderr);
  const failed = new Promise<never>((_resolve, reject) => child.once("error", reject));
  try {
    const output = await Promise.race([firstLine(child.stdout), failed]);
    const ms = performance.now() - started;
    if (output === line) return ms;
    throw new Absent(output === "" ? reason(await errors) : output);
  } catch (error) {
    throw error instanceof Absent ? error : new Absent(messageOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
    await rm(nowhere, { recursive: true, force: true });
  }
}

async function firstLine(output: AsyncIterable<unknown>): Promise<string> {
  let received = "";
  for await (const chunk of output) {
    received += String(chunk);
    if (received.includes("\n")) break;
  }
  return received.split("\n", 1)[0]!;
}

function reason(stderr: string): string {
  return /^\w*Error.*$/m.exec(stderr)?.[0].slice(0, 200) ?? "its process ended";
}
