/** The thread that reads programs: who comes next, and who does not wait any longer. */
import { expect, test } from "vitest";
import { DeadlineError } from "../../src/compile/deadline.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { ProgramReader } from "../../src/preflight/reader.ts";

const NAMES = { version: "1", servers: [] };
const LIMITS = { ...DEFAULT_LIMITS, compileMs: 60_000 };

function read(reader: ProgramReader, user: string, signal?: AbortSignal): Promise<unknown> {
  return reader.read("return 1", LIMITS, NAMES, { user, signal });
}

test("however many programs a user has, another's is read next", async () => {
  await using reader = new ProgramReader();
  const order: string[] = [];
  const all = [...Array.from({ length: 20 }, () => "eve"), "ann"].map(async (user) => {
    await read(reader, user);
    order.push(user);
  });
  await Promise.all(all);
  expect(order.indexOf("ann")).toBeLessThanOrEqual(2);
});

test("who is aborted does not wait for the others", async () => {
  await using reader = new ProgramReader();
  const stop = new AbortController();
  const ended: string[] = [];
  const note = (name: string) => (): unknown => ended.push(name);
  const first = read(reader, "eve").then(note("first"));
  const second = read(reader, "eve", stop.signal).then(note("read"), note("aborted"));
  stop.abort();
  await second;
  expect(ended).toEqual(["aborted"]);
  await first;
});

test("closing it ends what it reads, and nothing is read afterwards", async () => {
  const reader = new ProgramReader();
  const reading = [read(reader, "eve"), read(reader, "ann")];
  const settled = Promise.allSettled(reading);
  await reader[Symbol.asyncDispose]();
  for (const { status } of await settled) expect(status).toBe("rejected");
});

test("a program that cannot be read in time is refused, and the next one is read", async () => {
  await using reader = new ProgramReader();
  const slow = "x = (y) => ({ z: [1, y] });\n".repeat(500_000);
  const limits = { ...LIMITS, sourceBytes: 2 * slow.length, compileMs: 10 };
  await expect(reader.read(slow, limits, NAMES, { user: "eve" })).rejects.toThrow(DeadlineError);
  expect(await read(reader, "ann")).toBeDefined();
});
