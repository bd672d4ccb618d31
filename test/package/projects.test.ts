/** The projects of vitest.config.ts contain every test file, and every pattern in it matches a file. */
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import config, { NODE24, UNIT } from "../../vitest.config.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));
const exclude = (path: string): boolean => path.includes("node_modules");
const files = (patterns: readonly string[]): string[] => globSync(patterns, { cwd, exclude });

/** `a.{b,c}` as `a.b` and `a.c`. */
function alternatives(pattern: string): string[] {
  const [, before, list, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(pattern) ?? [];
  return list === undefined ? [pattern] : list.split(",").map((each) => before! + each + after!);
}

const patterns = new Set([...UNIT, ...NODE24].flatMap(alternatives));

test.each([...patterns])("%s matches a file", (pattern) => {
  expect(files([pattern])).not.toEqual([]);
});

test("every test file belongs to one of the projects that `npm test` runs", () => {
  const tests = files(["**/*.{test,spec}.{ts,mts,cts,js,mjs,tsx}"]);
  const [unit, system] = config.test!.projects as {
    test: { name: string; include: string[]; exclude: string[] };
  }[];
  expect([unit!.test.name, system!.test.name]).toEqual(["unit", "system"]);
  const ofUnit = files(unit!.test.include);
  const ofSystem = files(system!.test.include).filter((file) => !ofUnit.includes(file));
  expect(system!.test.exclude).toEqual(expect.arrayContaining(UNIT));
  expect([...ofUnit, ...ofSystem].toSorted()).toEqual(tests.toSorted());
});
