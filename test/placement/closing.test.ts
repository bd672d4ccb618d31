/** What holds a process: it lives while anybody awaits a worker, and no longer. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Holders } from "../../src/core/holders.ts";
import { COMBINATIONS } from "../support/combinations.ts";

const SCRIPT = fileURLToPath(new URL("../support/closing.ts", import.meta.url));
const PLACES = COMBINATIONS.filter(({ placement }) => placement !== "inline");

async function output(what: string, engine: string, placement: string): Promise<string> {
  const args = ["--no-warnings", SCRIPT, what, engine, placement];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

describe.each(PLACES)("$engine in $placement", ({ engine, placement }) => {
  test("closing resolves at every moment: of saves, runs, sessions, boots", async () => {
    expect(await output("closing", engine, placement)).toMatch(/^save 0, .*nothing 5, closed\n$/);
  });

  test("an idle runtime that nobody closes lets its process end", async () => {
    expect(await output("forgotten", engine, placement)).toBe("closed\n");
  });
});

test("a handle is held while it has a holder, whoever releases first or twice", () => {
  const property = fc.property(fc.array(fc.integer({ min: -1, max: 5 })), (steps) => {
    let isHeld: boolean | undefined;
    const changes: boolean[] = [];
    const holders = new Holders((held) => {
      changes.push(held);
      isHeld = held;
    });
    const taken: (() => void)[] = [];
    const open = new Set<number>();
    for (const step of steps) {
      if (step < 0) open.add(taken.push(holders.take()) - 1);
      else taken[step]?.();
      open.delete(step);
      expect(isHeld ?? false).toBe(open.size > 0);
    }
    // The handle is told of changes only.
    expect(changes).toEqual(changes.map((_change, at) => at % 2 === 0));
  });
  fc.assert(property);
});

test("no other place of the sources refers to a handle or stops doing so", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const referring = files.filter((path) =>
    /\.ref(?:\?\.)?\(\)|\bkeepAlive\(\[|\.hold\((?:true|false)\)/.test(
      readFileSync(root + path, "utf8"),
    ),
  );
  // Each gives `Holders` the function that does it; but for stdio, where a request that waits has a timer, which does.
  expect(referring.toSorted()).toEqual([
    "core/keep-alive.ts",
    "placement/pool/child-process.ts",
    "placement/remote.ts",
    "placement/thread.ts",
    "preflight/compiler.ts",
    "preflight/reader.ts",
    "session/stores/redis.ts",
    "tools/mcp/stdio.ts",
  ]);
});
