/** The lock of stored credentials: one holder at a time, and none that is gone. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { withFileLock } from "../../src/core/file-lock.ts";
import { temporaryFolder } from "../support/folders.ts";

const MODULE = new URL("../../src/core/file-lock.ts", import.meta.url).href;
const ID = "00000000-0000-4000-8000-000000000000";

/** A lock as another process would have left it. */
function leftBehind(owner: unknown): string {
  const file = join(temporaryFolder(), "x.lock");
  writeFileSync(file, typeof owner === "string" ? owner : JSON.stringify(owner));
  return file;
}

test("of many at once, in one process, each has it alone, in the order in which they came", async () => {
  const file = join(temporaryFolder(), "x.lock");
  let holders = 0;
  const order: number[] = [];
  const enter = (number: number): Promise<void> =>
    withFileLock(file, async () => {
      expect(++holders).toBe(1);
      await wait(1);
      order.push(number);
      holders--;
    });
  const all = Array.from({ length: 20 }, (_, number) => number);
  await Promise.all(all.map(enter));
  expect(order).toEqual(all);
  expect(existsSync(file)).toBe(false);
});

test("of several processes each has it alone, though some are killed while they hold it", async () => {
  const folder = temporaryFolder();
  const [file, counter] = [join(folder, "x.lock"), join(folder, "counter")];
  writeFileSync(counter, "0");
  const program = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { setTimeout as wait } from "node:timers/promises";
    const { withFileLock } = await import(${JSON.stringify(MODULE)});
    for (let turn = 0; turn < 20; turn++) await withFileLock(${JSON.stringify(file)}, async () => {
      const count = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
      await wait(1);
      writeFileSync(${JSON.stringify(counter)}, String(count + 1));
      if (process.argv[1] === "die" && turn === 10) process.kill(process.pid, "SIGKILL");
    });
  `;
  const run = (how: string): Promise<unknown> =>
    new Promise((resolve) => {
      const args = ["--input-type=module", "--eval", program, "--", how];
      spawn(process.execPath, args, { stdio: "inherit" }).on("close", resolve);
    });
  await Promise.all([run("live"), run("die"), run("live")]);
  expect(Number(readFileSync(counter, "utf8"))).toBe(20 + 11 + 20);
  // The process that was killed may have been the last to hold it: whoever comes next takes it over.
  expect(await withFileLock(file, async () => readdirSync(folder).toSorted())).toEqual([
    "counter",
    "x.lock",
  ]);
  expect(readdirSync(folder)).toEqual(["counter"]);
});

test("a holder that fails lets it go, and its error is passed on", async () => {
  const file = join(temporaryFolder(), "x.lock");
  await expect(withFileLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withFileLock(file, async () => 1)).toBe(1);
});

test.each([
  ["of a process that has ended", { pid: 2 ** 30, host: hostname(), id: ID }, 0],
  ["that is old, of another machine", { pid: 1, host: "elsewhere", id: ID }, 100],
  ["that is old and cannot be read", "{", 100],
  ["that is old and is no lock", { pid: -1, host: 7 }, 100],
])("a lock %s is taken over", async (_what, owner, ageS) => {
  const file = leftBehind(owner);
  const made = Date.now() / 1_000 - ageS;
  utimesSync(file, made, made);
  expect(await withFileLock(file, async () => "had")).toBe("had");
  expect(existsSync(file)).toBe(false);
});

test.each([
  ["of a process that lives", { pid: process.pid, host: hostname(), id: ID }],
  ["of another machine", { pid: 2 ** 30, host: "elsewhere", id: ID }],
  ["that is being written", ""],
])("a lock %s is waited for, and not without end", async (_what, owner) => {
  const file = leftBehind(owner);
  await expect(withFileLock(file, async () => "had", 90_000, 60)).rejects.toThrow("does not end");
  expect(existsSync(file)).toBe(true);
});

test("the right to take a lock over that its owner died with is no lock for ever", async () => {
  const file = leftBehind({ pid: 2 ** 30, host: hostname(), id: ID });
  writeFileSync(`${file}.${ID}`, "");
  const made = Date.now() / 1_000 - 100;
  utimesSync(`${file}.${ID}`, made, made);
  expect(await withFileLock(file, async () => "had")).toBe("had");
});
