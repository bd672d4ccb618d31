/**
 * What would be started on Windows. None of it was run there: the step that makes the arguments runs here, with the platform's
 * name set to win32 while its modules load.
 */
import childProcess from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

type Started = readonly [file: string, args: readonly string[], options: Record<string, unknown>];

const require = createRequire(import.meta.url);
const LOADED_BY_PLATFORM = /node_modules\/(?:cross-spawn|which|isexe|path-key|shebang-command)\//;
const started: Started[] = [];
let root: string;
let startProcess: typeof import("../../src/tools/mcp/server-process.ts").startProcess;
let signalProcesses: typeof import("../../src/tools/mcp/server-process.ts").signalProcesses;

function onWindows<T>(work: () => T): T {
  const own = Object.getOwnPropertyDescriptor(process, "platform")!;
  Object.defineProperty(process, "platform", { ...own, value: "win32" });
  try {
    return work();
  } finally {
    Object.defineProperty(process, "platform", own);
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "codecell-windows-"));
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  for (const name of ["tool.cmd", "tool.exe", "plain.cmd", "node_modules/.bin/shim.cmd"])
    writeFileSync(join(root, name), "");
  // In the casing of the files: here names have one.
  vi.stubEnv("SystemRoot", "C:\\Windows");
  vi.stubEnv("PATHEXT", ".exe;.cmd");
  vi.stubEnv("comspec", "C:\\Windows\\system32\\cmd.exe");
  for (const file of Object.keys(require.cache))
    if (LOADED_BY_PLATFORM.test(file)) delete require.cache[file];
  onWindows(() => require("cross-spawn") as unknown);
  vi.spyOn(childProcess, "spawn").mockImplementation(((...args: Started) => {
    started.push(args);
    return Object.assign(new EventEmitter(), { unref: () => {} });
  }) as never);
  syncBuiltinESMExports();
  ({ startProcess, signalProcesses } = await import("../../src/tools/mcp/server-process.ts"));
});

afterAll(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function start(command: string, args: readonly string[]): Started {
  started.length = 0;
  startProcess({ command, args, env: { PATH: root }, cwd: undefined }, "win32");
  expect(started).toHaveLength(1);
  return started[0]!;
}

const ODD = ["a b", 'say "hi"', "100%", "%PATH%", "a&calc", "C:\\dir\\", "^|<>!", ""];

describe("a program", () => {
  test("gets its arguments as they are, and Node quotes them", () => {
    const [file, args, options] = start(join(root, "tool.exe"), ODD);
    expect(file).toBe(join(root, "tool.exe"));
    expect(args).toEqual(ODD);
    expect(options).toMatchObject({ shell: false, detached: false, windowsHide: true });
    expect(options).not.toHaveProperty("windowsVerbatimArguments");
  });
});

describe("a .cmd", () => {
  test("is found by its bare name, and runs in the command interpreter", () => {
    const [file, args, options] = start("plain", ["x"]);
    expect(file).toBe("C:\\Windows\\system32\\cmd.exe");
    expect(args).toEqual(["/d", "/s", "/c", '"plain ^"x^""']);
    expect(options).toMatchObject({ shell: false, windowsVerbatimArguments: true });
  });

  test("has every character escaped that the interpreter reads", () => {
    const [, args] = start("plain", ODD);
    expect(args.slice(0, 3)).toEqual(["/d", "/s", "/c"]);
    expect(args[3]).toBe(
      `"${[
        "plain",
        '^"a^ b^"',
        '^"say^ \\^"hi\\^"^"',
        '^"100^%^"',
        '^"^%PATH^%^"',
        '^"a^&calc^"',
        '^"C:\\dir\\\\^"',
        '^"^^^|^<^>^!^"',
        '^"^"',
      ].join(" ")}"`,
    );
    // Nothing is left that would start or expand something.
    expect(args[3]!.replaceAll(/\^./g, "")).not.toMatch(/[&|<>%!]/);
  });

  test("of node_modules/.bin, which hands its arguments on, has them escaped twice", () => {
    const [, args] = start(join(root, "node_modules/.bin/shim.cmd"), ["a&b"]);
    expect(args[3]).toContain('^^^"a^^^&b^^^"');
  });

  test("comes after a program of the same name", () => {
    expect(start("tool", ["x"]).slice(0, 2)).toEqual(["tool", ["x"]]);
  });
});

describe("ending it", () => {
  test("ends its tree by an argument array; a process that is gone is none", () => {
    const { pid } = process;
    started.length = 0;
    expect(signalProcesses(pid, 0, "win32")).toBe(true);
    expect(started).toEqual([]);
    expect(signalProcesses(pid, "SIGTERM", "win32")).toBe(true);
    expect(started.map(([file, args]) => [file, args])).toEqual([
      // By its path: a bare name would be looked for in the folder of this process first.
      ["C:\\Windows\\System32\\taskkill.exe", ["/pid", String(pid), "/T", "/F"]],
    ]);
    expect(signalProcesses(2 ** 30, "SIGTERM", "win32")).toBe(false);
  });
});

test("elsewhere it leads a group of its own", () => {
  started.length = 0;
  startProcess({ command: "/bin/true", args: ODD, env: {} }, "linux");
  expect(started[0]![2]).toMatchObject({ detached: true, shell: false });
});
