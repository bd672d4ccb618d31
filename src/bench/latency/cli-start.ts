import { spawn } from "node:child_process";
import { Absent, OWN_ONLY } from "./subject.ts";

const MAIN = new URL(`../../cli/main${import.meta.url.slice(-3)}`, import.meta.url).pathname;

/** From the start of `codecell run` with a trivial program to its end, in ms, without any server. */
export async function cliStart(subject: string): Promise<number> {
  const [engine, placement] = subject.split("-");
  if (engine !== "v8" && engine !== "quickjs") throw new Absent(OWN_ONLY);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, "run", "-", "--engine", engine, "--placement", placement!],
    { stdio: ["pipe", "pipe", "ignore"], cwd: "/" },
  );
  child.stdin.end("1 + 1");
  let ms = 0;
  let told = "";
  for await (const chunk of child.stdout) {
    told += String(chunk);
    if (told === "2\n") ms = performance.now() - started;
  }
  if (ms === 0) throw new Absent(`it answered ${JSON.stringify(told)}`);
  return ms;
}
