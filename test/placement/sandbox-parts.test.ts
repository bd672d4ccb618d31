/** Parts of the sandbox that this machine cannot run whole: other architectures, macOS, cgroups. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createCgroup } from "../../src/placement/sandbox/cgroup.ts";
import { parseLinked } from "../../src/placement/sandbox/layout.ts";
import { seatbeltProfile } from "../../src/placement/sandbox/seatbelt.ts";
import { type FilterOptions, seccompFilter } from "../../src/placement/sandbox/seccomp.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";
import { rawEngine } from "../support/raw-engine.ts";

/** What the kernel's filter machine answers for a call: the few instructions that our filters use. */
function judge(filter: Uint8Array, data: { arch: number; nr: number; flags?: number }): string {
  const view = new DataView(filter.buffer);
  const words: Readonly<Record<number, number>> = { 0: data.nr, 4: data.arch, 16: data.flags ?? 0 };
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const code = view.getUint16(8 * at, true);
    const operand = view.getUint32(8 * at + 4, true);
    const jump = (yes: boolean): number => view.getUint8(8 * at + (yes ? 2 : 3));
    if (code === 0x20) accumulator = words[operand]! >>> 0;
    else if (code === 0x15) at += jump(accumulator === operand);
    else if (code === 0x35) at += jump(accumulator >= operand);
    else if (code === 0x45) at += jump((accumulator & operand) !== 0);
    else if (code === 0x06)
      return (
        { 0x7fff0000: "allow", 0x80000000: "kill", 0x50001: "EPERM", 0x50026: "ENOSYS" }[operand] ??
        String(operand)
      );
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the filter does not end");
}

const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;
/** Numbers of calls: x86-64, arm64. */
const NR = {
  read: [0, 63],
  socket: [41, 198],
  clone: [56, 220],
  execve: [59, 221],
  unlinkat: [263, 35],
  ptrace: [101, 117],
  unshare: [272, 97],
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  mincore: [27, 232],
} as const;

describe.each([
  ["x64", X64, 0],
  ["arm64", ARM64, 1],
] as const)("the system call filter on %s", (arch, audit, column) => {
  const ask = (options: Omit<FilterOptions, "arch">, call: keyof typeof NR, flags = 0): string =>
    judge(seccompFilter({ ...options, arch }), { arch: audit, nr: NR[call][column], flags });

  test.each([
    ["read", "allow", "allow"],
    ["execve", "allow", "allow"],
    ["socket", "EPERM", "EPERM"],
    ["ptrace", "EPERM", "EPERM"],
    ["unshare", "EPERM", "EPERM"],
    ["clone3", "ENOSYS", "ENOSYS"],
    ["io_uring_setup", "ENOSYS", "ENOSYS"],
    ["mincore", "EPERM", "allow"], // nobody needs it: only the strict profile refuses what it does not know
    ["unlinkat", "EPERM", "allow"],
  ] as const)("%s: strict %s, compatible %s", (call, strict, compatible) => {
    expect(ask({ profile: "strict", writes: false }, call)).toBe(strict);
    expect(ask({ profile: "compatible", writes: false }, call)).toBe(compatible);
  });

  test("calls that change files are there only where something can be written", () => {
    expect(ask({ profile: "strict", writes: true }, "unlinkat")).toBe("allow");
  });

  test("clone makes threads only", () => {
    expect(ask({ profile: "strict", writes: false }, "clone", 0x3d0f00)).toBe("allow");
    expect(ask({ profile: "strict", writes: false }, "clone", 0x11)).toBe("EPERM");
    expect(ask({ profile: "strict", writes: false }, "clone", 0x10000000)).toBe("EPERM");
  });

  test("another architecture's calls end the process", () => {
    const filter = seccompFilter({ profile: "compatible", writes: false, arch });
    expect(judge(filter, { arch: audit === X64 ? ARM64 : X64, nr: 0 })).toBe("kill");
    expect(judge(filter, { arch: 0x40000003, nr: 0 })).toBe("kill");
    if (arch === "x64") expect(judge(filter, { arch: audit, nr: 0x40000000 })).toBe("kill");
  });
});

test("an architecture without a table has no sandbox", () => {
  expect(() => seccompFilter({ profile: "strict", writes: false, arch: "riscv64" })).toThrow(
    expect.objectContaining({ code: "sandbox_unavailable" }),
  );
});

describe("linked libraries", () => {
  test("of the GNU loader", () => {
    const output =
      "/usr/bin/node:\n\tlinux-vdso.so.1 (0x00007ffe)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\tlibgone.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
    expect(parseLinked(output)).toEqual([
      { source: "/lib/x86_64-linux-gnu/libm.so.6", target: "/codecell/lib/libm.so.6" },
      { source: "/lib64/ld-linux-x86-64.so.2", target: "/lib64/ld-linux-x86-64.so.2" },
    ]);
  });

  test("of musl's, and one that stands elsewhere", () => {
    const output =
      "\t/lib/ld-musl-x86_64.so.1 (0x7f)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)\n\t/lib64/ld.so => /store/glibc/ld.so (0x7f)\n";
    expect(parseLinked(output)).toEqual([
      { source: "/lib/ld-musl-x86_64.so.1", target: "/lib/ld-musl-x86_64.so.1" },
      { source: "/lib/ld-musl-x86_64.so.1", target: "/codecell/lib/libc.musl-x86_64.so.1" },
      { source: "/store/glibc/ld.so", target: "/lib64/ld.so" },
    ]);
  });
});

describe("the profile for macOS", () => {
  const rules = [
    { path: "/data", access: "read", folder: true },
    { path: "/data/out", access: "write", folder: true },
    { path: '/data/se"cret\\', access: "none", folder: true },
  ] as const;
  const profile = seatbeltProfile(
    "/usr/local/bin/node",
    ["/app/worker", "/app/addon.node"],
    rules,
  ).split("\n");

  test("denies what no rule allows, and at last network and processes", () => {
    expect(profile.slice(0, 2)).toEqual(["(version 1)", "(deny default)"]);
    expect(profile.slice(-2)).toEqual(["(deny network*)", "(deny process-fork)"]);
    expect(
      profile.filter((line) => /allow (network|process-fork|file-write\*|default)/.test(line)),
    ).toEqual([]);
  });

  test("lets Node read itself, its worker and the system's libraries", () => {
    expect(profile).toContain('(allow process-exec (literal "/usr/local/bin/node"))');
    expect(profile).toContain(
      '(allow file-read* (literal "/usr/local/bin/node") (subpath "/app/worker") (subpath "/app/addon.node"))',
    );
  });

  test("keeps the rules in their order, the last one deciding, and quotes paths", () => {
    const at = (line: string): number => profile.indexOf(line);
    const reading = at('(allow file-read* (subpath "/data"))');
    const writing = at('(allow file-read* file-write* (subpath "/data/out"))');
    const hidden = at('(deny file-read* (subpath "/data/se\\"cret\\\\"))');
    expect(reading).toBeGreaterThan(0);
    expect(writing).toBeGreaterThan(reading);
    expect(hidden).toBeGreaterThan(writing);
    expect(profile[hidden + 1]).toBe('(deny file-write* (subpath "/data/se\\"cret\\\\"))');
  });

  test("its brackets are balanced outside of strings", () => {
    const text = profile.join("\n").replace(/"(?:\\.|[^"\\])*"/g, "");
    expect(text.split("(").length).toBe(text.split(")").length);
  });
});

describe("a worker's cgroup", () => {
  /** A folder that looks like a delegated cgroup; this machine has no cgroup v2 with controllers. */
  function delegated(controllers: string): string {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/cgroup.subtree_control`, `${controllers}\n`);
    return folder;
  }
  const settings = {
    paths: [],
    env: {},
    tmpMb: 0,
    fileMb: 0,
    fileDescriptors: 64,
    syscalls: "strict",
  } as const;

  test("gets its limits before a process is in it", () => {
    const cgroup = delegated("cpu memory pids");
    const own = createCgroup({ ...settings, cgroup, processes: 40, cpuShare: 0.25 }, 1_000_000);
    own.add(4_242);
    const [name] = readdirSync(cgroup).filter((entry) => entry.startsWith("codecell-"));
    const written = Object.fromEntries(
      readdirSync(`${cgroup}/${name}`).map((file) => [
        file,
        readFileSync(`${cgroup}/${name}/${file}`, "utf8"),
      ]),
    );
    expect(written).toEqual({
      "memory.max": "1000000",
      "memory.swap.max": "0",
      "pids.max": "40",
      "cpu.max": "25000 100000",
      "cgroup.procs": "4242",
    });
  });

  test("is not made where a controller is missing, and that is told", async () => {
    const cgroup = delegated("cpu pids");
    const starting = createRuntime({
      engine: rawEngine,
      placement: "sandbox",
      sandbox: { cgroup, processes: 64 },
    });
    await expect(starting).rejects.toMatchObject({
      code: "sandbox_unavailable",
      message: expect.stringContaining("controller memory is not enabled"),
      hint: expect.stringContaining("Delegate=yes"),
    });
    expect(readdirSync(cgroup)).toEqual(["cgroup.subtree_control"]);
  });

  test("a folder that is none is told", async () => {
    const cgroup = `${delegated("memory")}/none`;
    const starting = createRuntime({
      engine: rawEngine,
      placement: "sandbox",
      sandbox: { cgroup },
    });
    await expect(starting).rejects.toMatchObject({
      code: "sandbox_unavailable",
      message: expect.stringContaining("none"),
    });
  });

  test("workers are put into one of their own and start there", async () => {
    const cgroup = delegated("memory pids cpu");
    mkdirSync(`${cgroup}/other`);
    await using runtime = await createRuntime({
      placement: "sandbox",
      workers: { spare: 0, max: 1 },
      sandbox: { cgroup },
    });
    expect(await runtime.run("return 1")).toMatchObject({
      ok: true,
      usage: { placement: "sandbox" },
    });
    const [name] = readdirSync(cgroup).filter((entry) => entry.startsWith("codecell-"));
    expect(readFileSync(`${cgroup}/${name}/cgroup.procs`, "utf8")).toMatch(/^\d+$/);
  });
});
