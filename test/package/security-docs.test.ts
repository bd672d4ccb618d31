/** SECURITY.md and AUDIT.md say what is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { seccompFilter } from "../../src/placement/sandbox/seccomp.ts";
import { WORKER_CALLS } from "../../src/placement/sandbox/syscalls.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(root + file, "utf8");
const security = read("SECURITY.md");
const audit = read("AUDIT.md");

describe("SECURITY.md", () => {
  const invariants = [...security.matchAll(/\| `(test\/[\w/.-]+)` "([^"]+)" +\|$/gm)];

  test("has invariants", () => {
    expect(invariants.length).toBeGreaterThan(15);
  });

  test.each(invariants.map(([, file, title]) => [title!, file!]))(
    "%s: stands in %s",
    (title, file) => {
      expect(read(file)).toContain(title);
    },
  );

  test("names only tests that exist", () => {
    const files = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" });
    for (const [, file] of security.matchAll(/`test\/([\w*./-]+)`/g)) {
      const pattern = new RegExp(`^${file!.replaceAll(".", "\\.").replace("*", ".*")}$`);
      expect(
        files.some((name) => pattern.test(name)),
        file,
      ).toBe(true);
    }
  });

  test("counts the hostile programs and the system calls", () => {
    const programs = readdirSync(`${root}fixtures/hostile`, { recursive: true, encoding: "utf8" });
    const count = programs.filter((file) => /\.[jt]s$/.test(file)).length;
    expect(count).toBeGreaterThan(Number(/more than (\d+) hostile programs/.exec(security)![1]));
    // The filter of x64, whose table is the longer one; rounded.
    const calls = Object.values(WORKER_CALLS).filter(([x64]) => x64 !== undefined).length;
    expect(seccompFilter({ profile: "strict", writes: false, arch: "x64" }).length).toBeGreaterThan(
      16 * calls,
    );
    expect(Number(/through (\d+) system calls/.exec(security)![1])).toBe(calls);
  });
});

describe("AUDIT.md", () => {
  const files = [...audit.matchAll(/^\|[^|]*\| `([^`]+)`/gm)].map(([, file]) => file!);

  test("names files that exist, each once", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
    expect(new Set(files).size).toBe(files.length);
  });

  test.each(["src/placement/sandbox", "src/tools/fetch", "docker"])(
    "leaves out no file of %s",
    (folder) => {
      const there = readdirSync(root + folder).filter((file) => !file.endsWith(".dockerignore"));
      for (const file of there) expect(files).toContain(`${folder}/${file}`);
    },
  );
});
