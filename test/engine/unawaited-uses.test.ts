/** What a hostile VM tells of promises costs its host no more than a few lines of text. */
import { expect, test } from "vitest";
import type { LogEntry } from "../../src/index.ts";
import type { Host } from "../../src/engine/engine.ts";
import { UnawaitedUses } from "../../src/engine/unawaited-uses.ts";
import type { Program } from "../../src/core/program.ts";

const NAMES = { version: "1", servers: [] };

/** Tells `texts` to a host whose program has no line that a stack names. */
function told(texts: readonly string[], name = ""): { logs: LogEntry[]; located: number } {
  const logs: LogEntry[] = [];
  let located = 0;
  const locate = (): undefined => void located++;
  const host = { log: (entry: LogEntry) => void logs.push(entry) } as Partial<Host> as Host;
  const program = { locate } as Partial<Program> as Program;
  const uses = new UnawaitedUses();
  for (const text of texts) uses.noted(name, text, { program, names: NAMES, host });
  return { logs, located };
}

const FRAME = "at program.ts:1:1\n";

test("a stack is read up to a cap", () => {
  const { logs, located } = told([`length\n${FRAME.repeat(100_000)}`]);
  expect(logs).toHaveLength(1);
  expect(located).toBeLessThan(1_000);
});

test("messages are counted, also those that say the same", () => {
  const { logs, located } = told(Array.from({ length: 1_000 }, () => `length\n${FRAME}`));
  expect(logs).toHaveLength(1);
  expect(located).toBe(20);
});

test.each(["s\n", "\n"])("names are cut: %j", (start) => {
  const { logs } = told([`${"k".repeat(1e6)}\n`], start + "x".repeat(1e6));
  expect(logs[0]!.text.length).toBeLessThan(1_000);
});
