/** What the sandbox holds against a worker that has been taken over, told by such a worker and by the kernel. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";
import { descendants, procFile } from "../support/processes.ts";
import { raw, rawEngine } from "../support/raw-engine.ts";

const ONE_WORKER = { spare: 0, max: 1 };
const onLinux = describe.runIf(process.platform === "linux");

async function start(options: RuntimeOptions = {}): Promise<Runtime> {
  return await createRuntime({
    engine: rawEngine,
    placement: "sandbox",
    workers: ONE_WORKER,
    ...options,
  });
}

/** What Node code in the worker comes to: its value, or the code of the system's error. */
async function attempt(runtime: Runtime, body: string): Promise<unknown> {
  const result = await runtime.run(raw(body));
  return result.ok ? result.value : result.error.name;
}

const TREE = `
  const fs = require("fs");
  const found = [];
  const walk = (folder) => {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      found.push(folder + entry.name);
      if (entry.isDirectory()) walk(folder + entry.name + "/");
    }
  };
  walk("/");
  return found`;

/** What a worker that has been taken over does, and what it gets for it. */
const ATTEMPTS: readonly (readonly [what: string, body: string, outcome: unknown])[] = [
  ["read a file of the host", `return require("fs").readFileSync("/etc/passwd", "utf8")`, "ENOENT"],
  [
    "read its own description",
    `return require("fs").readFileSync("/proc/self/maps", "utf8")`,
    "ENOENT",
  ],
  ["list a home folder", `return require("fs").readdirSync("/root")`, "ENOENT"],
  [
    "write beside its own script",
    `return require("fs").writeFileSync("/codecell/worker/worker.mjs", "x")`,
    "EROFS",
  ],
  ["make a file in the root", `return require("fs").writeFileSync("/x", "x")`, "EROFS"],
  ["make a file in /dev", `return require("fs").writeFileSync("/dev/x", "x")`, "EROFS"],
  [
    "make a file in shared memory",
    `return require("fs").writeFileSync("/dev/shm/x", "x")`,
    "ENOENT",
  ],
  ["make a folder", `return require("fs").mkdirSync("/y")`, "EPERM"],
  ["make a temporary file", `return require("fs").mkdtempSync("/tmp/x")`, "EPERM"],
  ["change a file's mode", `return require("fs").chmodSync("/codecell/node", 0o777)`, "EPERM"],
  [
    "start a process",
    `const { error } = require("child_process").spawnSync("/codecell/node", ["-v"]); throw error`,
    "EPERM",
  ],
  [
    "fork itself",
    `
      const child = require("child_process").fork("/codecell/worker/worker.mjs");
      return await new Promise((r) => child.on("error", (e) => r(e.code)))
    `,
    "EPERM",
  ],
  [
    "connect to a socket file",
    `
      const socket = require("net").connect("/run/x.sock");
      return await new Promise((r) => {
        socket.on("error", (e) => r(e.code)).on("connect", () => r("connected"));
      })
    `,
    "EPERM",
  ],
  [
    "connect to an abstract socket",
    `
      const socket = require("net").connect("\\0x");
      return await new Promise((r) => {
        socket.on("error", (e) => r(e.code)).on("connect", () => r("connected"));
      })
    `,
    "EPERM",
  ],
  [
    "listen",
    `
      const server = require("net").createServer();
      return await new Promise((r) => {
        server.on("error", (e) => r(e.code)).listen(0, "127.0.0.1", () => r("listening"));
      })
    `,
    "EPERM",
  ],
  [
    "bind a datagram socket",
    `
      const socket = require("dgram").createSocket("udp4");
      return await new Promise((r) => {
        socket.on("error", (e) => r(e.code)).bind(0, () => r("bound"));
      })
    `,
    "EPERM",
  ],
  ["end its host", `process.kill(${process.pid}, 0); return "seen"`, "ESRCH"],
  ["see other processes", `return process.ppid`, 1],
  [
    "be somebody",
    `return [process.getuid(), process.geteuid(), process.getgid()]`,
    [65534, 65534, 65534],
  ],
  ["read its arguments", `return process.argv`, ["/codecell/node", "/codecell/worker/worker.mjs"]],
  [
    "read the environment",
    `return Object.keys(process.env).sort()`,
    ["LD_LIBRARY_PATH", "PWD", "UV_USE_IO_URING"],
  ],
  [
    "load a foreign addon",
    `return process.dlopen({ exports: {} }, "/codecell/lib/libm.so.6")`,
    "ERR_DLOPEN_FAILED",
  ],
  ["set its priority", `return require("os").setPriority(-5)`, "ERR_SYSTEM_ERROR"],
  [
    "open many files",
    `
      const all = [];
      try {
        for (;;) all.push(require("fs").openSync("/dev/null"));
      } catch (error) {
        all.forEach((fd) => require("fs").closeSync(fd));
        return [error.code, all.length < 64];
      }
    `,
    ["EMFILE", true],
  ],
];

onLinux("a worker that has been taken over", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime.close());

  test.each(ATTEMPTS)("cannot %s", async (_what, body, outcome) => {
    expect(await attempt(runtime, body)).toEqual(outcome);
  });

  test("sees Node, its libraries, its script and its engine, and not one other file", async () => {
    const files = ((await attempt(runtime, TREE)) as string[]).filter(
      (path) => !/^\/codecell\/(lib\/lib[\w.+-]+|worker\/[\w-]+\.mjs)$/.test(path),
    );
    const loader = files.filter((path) => /^\/lib(64)?(\/ld-[\w.-]+)?$/.test(path));
    expect(loader.length).toBeGreaterThan(0);
    expect(files.filter((path) => !loader.includes(path)).toSorted()).toEqual([
      "/codecell",
      "/codecell/engine",
      "/codecell/engine/raw-engine.ts",
      "/codecell/lib",
      "/codecell/node",
      "/codecell/worker",
      "/dev",
      "/dev/null",
      "/dev/urandom",
    ]);
  });

  test("has no descriptor but its lifeline, its error output, its channel and Node's own", async () => {
    const kinds = `
      const fs = require("fs");
      const kinds = {};
      for (let fd = 0; fd < 64; fd++) {
        try {
          const stat = fs.fstatSync(fd);
          kinds[fd] = stat.isSocket() ? "socket" : stat.isFile() ? "file" : stat.isDirectory() ? "folder"
            : stat.isCharacterDevice() ? (stat.rdev === fs.statSync("/dev/null").rdev ? "null" : "device") : "internal";
        } catch {}
      }
      return kinds`;
    const {
      0: lifeline,
      1: output,
      2: errors,
      3: channel,
      ...rest
    } = (await attempt(runtime, kinds)) as Record<string, string>;
    expect([lifeline, output, errors, channel]).toEqual(["socket", "null", "socket", "socket"]);
    expect(new Set(Object.values(rest))).toEqual(new Set(["internal", "null"]));
  });

  test("reaches no listener on loopback, which one in placement process does", async () => {
    let reached = 0;
    const server = createServer((socket) => {
      reached++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const connect = `
      const socket = require("net").connect(${port}, "127.0.0.1");
      return await new Promise((r) => {
        socket.on("error", (e) => r(e.code)).on("connect", () => r("connected"));
      })
    `;
    expect(await attempt(runtime, connect)).toBe("EPERM");
    expect(reached).toBe(0);
    await using open = await start({ placement: "process" });
    expect(await attempt(open, connect)).toBe("connected");
    expect(reached).toBe(1);
  });

  test("can reserve no memory without end, touched or not, which one in placement process can", async () => {
    const reserve = `
      const all = [];
      try {
        for (let at = 0; at < 12; at++) all.push(new ArrayBuffer(2 ** 30));
      } catch {}
      return all.length
    `;
    await using sandboxed = await start();
    expect(await attempt(sandboxed, reserve)).toBeLessThan(8);
    await using open = await start({ placement: "process" });
    expect(await attempt(open, reserve)).toBe(12);
  });

  test("can still use threads, its engine's means", async () => {
    const thread = `return await new Promise((r) => new (require("worker_threads").Worker)("1", { eval: true }).on("exit", r))`;
    expect(await attempt(runtime, thread)).toBe(0);
  });
});

/** The worker itself: the process that has no children. */
function workerOf(pid: number): number {
  const below = descendants(pid);
  return below.find((candidate) => descendants(candidate).length === 0)!;
}

onLinux("the kernel says of a sandboxed worker", () => {
  const SECRET = "s3cret-of-the-host";
  let runtime: Runtime;
  let worker: number;
  beforeAll(async () => {
    process.env["CODECELL_TEST_SECRET"] = SECRET;
    runtime = await createRuntime({
      engine: { ...rawEngine, options: { key: SECRET } },
      placement: "sandbox",
      workers: ONE_WORKER,
      limits: { cpuMs: 5_000, compileMs: 1_000 }, // the kernel's limit of CPU time follows from them
      sandbox: { env: ["CODECELL_TEST_SECRET"] },
    });
    worker = workerOf(process.pid);
  });
  afterAll(async () => {
    delete process.env["CODECELL_TEST_SECRET"];
    await runtime.close();
  });

  test("all its namespaces are its own", () => {
    // readlink, not read: these are links to names like net:[4026531840]
    for (const name of ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"])
      expect(link(worker, name), name).not.toBe(link(process.pid, name));
  });

  test("it has no capability, can gain none, and a filter judges its calls", () => {
    const status = procFile(worker, "status");
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(status).toMatch(new RegExp(`^${set}:\\s+0000000000000000$`, "m"));
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  test("its limits", () => {
    const limits = procFile(worker, "limits");
    const hard = (name: string): string =>
      new RegExp(`^${name} +\\S+ +(\\S+)`, "m").exec(limits)![1]!;
    expect(hard("Max open files")).toBe("64");
    expect(hard("Max file size")).toBe("0");
    expect(hard("Max core file size")).toBe("0");
    expect(Number(hard("Max data size"))).toBe((9 * 512 + 512 + 6 * 64) * 1024 * 1024);
    expect(Number(hard("Max cpu time"))).toBe(6_060);
  });

  test("neither arguments of it nor of what wraps it name a host path or an option", () => {
    const all = descendants(process.pid).map((pid) =>
      procFile(pid, "cmdline").replaceAll("\0", " "),
    );
    expect(all.length).toBe(3);
    for (const line of all)
      expect(line).not.toMatch(/ro-bind|setenv|s3cret|raw-engine|node_modules/);
  });

  test("its environment is what was allowed", async () => {
    expect(await attempt(runtime, `return process.env.CODECELL_TEST_SECRET`)).toBe(SECRET);
    expect(await attempt(runtime, `return process.env.PATH ?? "none"`)).toBe("none");
  });
});

function link(pid: number, namespace: string): string {
  return readlinkSync(`/proc/${pid}/ns/${namespace}`);
}

onLinux("sandbox settings", () => {
  function tree(): string {
    const root = temporaryFolder();
    for (const folder of ["data", "data/secret", "data/secret/open", "out"])
      mkdirSync(`${root}/${folder}`);
    for (const file of [
      "data/a.txt",
      "data/key.pem",
      "data/secret/b.txt",
      "data/secret/open/c.txt",
    ])
      writeFileSync(`${root}/${file}`, file);
    return root;
  }

  test("readOnly, readWrite and deny: the longest path decides", async () => {
    const root = tree();
    await using runtime = await start({
      sandbox: {
        readOnly: [`${root}/data`, `${root}/data/secret/open`],
        readWrite: [`${root}/out`],
        deny: [`${root}/data/secret`, `${root}/data/key.pem`],
      },
    });
    const read = (path: string): Promise<unknown> =>
      attempt(runtime, `return require("fs").readFileSync(${JSON.stringify(root + path)}, "utf8")`);
    const write = (path: string): Promise<unknown> =>
      attempt(
        runtime,
        `require("fs").writeFileSync(${JSON.stringify(root + path)}, "new"); return "written"`,
      );
    expect(await read("/data/a.txt")).toBe("data/a.txt");
    expect(await read("/data/key.pem")).toBe("EACCES");
    expect(await read("/data/secret/b.txt")).toBe("ENOENT");
    expect(await read("/data/secret/open/c.txt")).toBe("data/secret/open/c.txt");
    expect(await write("/data/a.txt")).toBe("EROFS");
    expect(await write("/data/secret/new.txt")).toBe("EROFS");
    expect(await write("/data/secret/open/c.txt")).toBe("EROFS");
    expect(await write("/out/new.txt")).toBe("written");
    expect(readFileSync(`${root}/out/new.txt`, "utf8")).toBe("new");
    expect(
      await attempt(runtime, `return require("fs").readdirSync(${JSON.stringify(root)})`),
    ).toEqual(["data", "out"]);
    expect(readdirSync(`${root}/data/secret`)).toEqual(["b.txt", "open"]); // nothing of it reached the host
  });

  test("a symbolic link that the worker makes leads to nothing", async () => {
    const root = tree();
    symlinkSync("/etc/passwd", `${root}/out/link`);
    await using runtime = await start({ sandbox: { readWrite: [`${root}/out`] } });
    expect(
      await attempt(runtime, `return require("fs").readFileSync("${root}/out/link", "utf8")`),
    ).toBe("ENOENT");
  });

  test("tmpMb: a /tmp of its own that ends there", async () => {
    await using runtime = await start({ sandbox: { tmpMb: 2, fileMb: 4 } });
    const fill = `require("fs").writeFileSync("/tmp/x", Buffer.alloc(3 * 1024 * 1024)); return "written"`;
    expect(await attempt(runtime, fill)).toBe("ENOSPC");
    expect(
      await attempt(
        runtime,
        `
          const fs = require("fs");
          fs.rmSync("/tmp/x");
          fs.writeFileSync("/tmp/y", "small");
          return fs.readFileSync("/tmp/y", "utf8")
        `,
      ),
    ).toBe("small");
  });

  test("fileMb: no file grows over it", async () => {
    await using runtime = await start({ sandbox: { tmpMb: 8, fileMb: 1 } });
    expect(
      await attempt(
        runtime,
        `require("fs").writeFileSync("/tmp/x", Buffer.alloc(2 * 1024 * 1024)); return "written"`,
      ),
    ).toBe("EFBIG");
  });

  test("fileDescriptors", async () => {
    await using runtime = await start({ sandbox: { fileDescriptors: 40 } });
    expect(
      await attempt(
        runtime,
        `
          const all = [];
          try {
            for (;;) all.push(require("fs").openSync("/dev/null"));
          } catch (error) {
            return [error.code, all.length < 40];
          }
        `,
      ),
    ).toEqual(["EMFILE", true]);
  });

  test("syscalls compatible: still no socket and no process", async () => {
    await using runtime = await start({ sandbox: { syscalls: "compatible" } });
    expect(
      await attempt(
        runtime,
        `return await new Promise((r) => require("net").connect(1, "127.0.0.1").on("error", (e) => r(e.code)))`,
      ),
    ).toBe("EPERM");
    expect(
      await attempt(runtime, `throw require("child_process").spawnSync("/codecell/node").error`),
    ).toBe("EPERM");
  });

  const WRONG: readonly (readonly [sandbox: unknown, message: RegExp])[] = [
    [{ readonly: [] }, /sandbox\.readonly is not a setting; the settings are readOnly/],
    [[], /sandbox must be an object/],
    [{ readOnly: "/etc" }, /sandbox\.readOnly must be a list of strings/],
    [{ readOnly: ["etc"] }, /sandbox\.readOnly\[0\] is "etc"; it must be an absolute path/],
    [{ readOnly: ["/etc/"] }, /write it as "\/etc"/],
    [{ readOnly: ["/usr/../etc"] }, /write it as "\/etc"/],
    [{ readOnly: ["/"] }, /which the sandbox cannot give/],
    [{ readWrite: ["/proc"] }, /which the sandbox cannot give/],
    [{ readOnly: ["/dev/shm"] }, /which the sandbox cannot give/],
    [{ readOnly: ["/no/such/folder"] }, /does not exist/],
    [
      { readOnly: ["/etc"], readWrite: ["/etc"] },
      /readWrite\[0\] is "\/etc", which stands in sandbox\.readOnly too/,
    ],
    [{ deny: ["/etc"] }, /it is hidden anyway/],
    [{ fileMb: 4 }, /nothing can be written/],
    [{ tmpMb: -1 }, /tmpMb is -1; it must be a whole number from 0/],
    [{ fileDescriptors: 8 }, /fileDescriptors is 8/],
    [{ cpuShare: 0.5 }, /cpuShare needs sandbox\.cgroup/],
    [{ processes: 0 }, /processes is 0; it must be a whole number from 16/],
    [{ cgroup: "here" }, /cgroup is "here"; it must be an absolute path/],
    [{ env: ["A=B"] }, /"A=B", which is no name/],
    [{ env: ["LD_PRELOAD"] }, /LD_PRELOAD, which steers/],
    [{ syscalls: "none" }, /syscalls is "none"; it must be one of strict, compatible/],
  ];
  test.each(WRONG)("%j is refused", async (sandbox, message) => {
    const starting = createRuntime({ placement: "sandbox", sandbox: sandbox as object });
    await expect(starting).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringMatching(message),
    });
  });

  test("a symbolic link is refused with the path it leads to", async () => {
    const root = tree();
    symlinkSync(`${root}/data`, `${root}/link`);
    const starting = start({ sandbox: { readOnly: [`${root}/link`] } });
    await expect(starting).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining(`"${root}/data": give that path`),
    });
  });

  test("settings where nothing would keep them are refused", async () => {
    const starting = createRuntime({ placement: "process", sandbox: { tmpMb: 1 } });
    await expect(starting).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining("placement is 'process'"),
    });
  });

  test("a run cannot ask for more memory than its worker was started for", async () => {
    await using runtime = await createRuntime({ placement: "sandbox", workers: ONE_WORKER });
    let begun = 0;
    runtime.on("run_start", () => void begun++);
    await expect(runtime.run("return 1", { limits: { memoryMb: 128 } })).rejects.toMatchObject({
      code: "config_error",
    });
    expect(begun).toBe(0); // misuse is no run
    expect(await runtime.run("return 1", { limits: { memoryMb: 32 } })).toMatchObject({ ok: true });
    expect(begun).toBe(1);
  });
});

onLinux("a machine without the means", () => {
  /** A PATH with our stand-in for bubblewrap first. */
  function withBwrap(script: string): string {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/bwrap`, `#!/bin/sh\n${script}\n`);
    chmodSync(`${folder}/bwrap`, 0o755);
    return `${folder}:${process.env["PATH"]}`;
  }

  async function onPath<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = process.env["PATH"];
    process.env["PATH"] = path;
    try {
      return await work();
    } finally {
      process.env["PATH"] = before;
    }
  }

  const CURES: readonly (readonly [says: string, cure: RegExp])[] = [
    [
      "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.",
      /unprivileged_userns_clone=1.*Docker/,
    ],
    ["bwrap: setting up uid map: Permission denied", /AppArmor/],
    ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", /AppArmor/],
    [
      "bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system",
      /systempaths=unconfined/,
    ],
    ["bwrap: Unknown option --disable-userns", /older than 0\.8/],
    [
      "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
      /max_user_namespaces/,
    ],
    ["bwrap: Failed to make / slave: Permission denied", /apparmor=unconfined/],
  ];
  test.each(CURES)("%s", async (says, cure) => {
    const starting = onPath(withBwrap(`echo '${says}' >&2; exit 1`), () =>
      createRuntime({ placement: "sandbox", workers: ONE_WORKER }),
    );
    await expect(starting).rejects.toMatchObject({
      code: "sandbox_unavailable",
      message: expect.stringContaining(says),
      hint: expect.stringMatching(cure),
    });
  });

  test("bubblewrap is not installed: the packages are named", async () => {
    const starting = onPath("/nowhere", () => createRuntime({ placement: "sandbox" }));
    await expect(starting).rejects.toMatchObject({
      code: "sandbox_unavailable",
      message: "bwrap is not on the PATH",
      hint: expect.stringContaining("apt-get install bubblewrap"),
    });
  });

  test("auto takes the sandbox", async () => {
    await using runtime = await createRuntime({ placement: "auto", workers: ONE_WORKER });
    expect(runtime.describe()).toMatchObject({ placement: "sandbox" });
    expect(runtime.describe()).not.toHaveProperty("notice");
    expect(await runtime.run("return 1")).toMatchObject({ usage: { placement: "sandbox" } });
  });

  test("and without one a process, and says so", async () => {
    await using runtime = await onPath("/nowhere", () =>
      createRuntime({ placement: "auto", workers: ONE_WORKER }),
    );
    expect(runtime.describe()).toMatchObject({
      placement: "process",
      notice: expect.stringMatching(/^no sandbox here.*bwrap is not on the PATH.*apt-get/s),
    });
    expect(await runtime.run("return 1")).toMatchObject({ usage: { placement: "process" } });
  });

  test("an engine that cannot be loaded is the engine's fault, not the sandbox's", async () => {
    const engine = {
      name: "broken",
      module: new URL("../support/broken-engine.ts", import.meta.url).href,
    };
    await expect(createRuntime({ engine, placement: "sandbox" })).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("no such addon"),
    });
  });
});

describe("hardened", () => {
  test.each(["process", "sandbox"] as const)(
    "V8 runs without its compilers in %s",
    async (placement) => {
      await using v8 = await createRuntime({ placement, hardened: true, workers: ONE_WORKER });
      expect(procFile(workerOf(process.pid), "cmdline").split("\0")).toContain("--jitless");
      expect(await v8.run("const x: number[] = [1, 2]; return x.map((n) => n * 21)")).toMatchObject(
        { ok: true, value: [21, 42] },
      );
      expect(
        await v8.run("const m = new Map(); for (let i = 0; ; i++) m.set(i, {})"),
      ).toMatchObject({ ok: false, error: { code: "memory" } });
      expect(await v8.run("return 1")).toMatchObject({ ok: true });
    },
  );

  test.each([
    [{ engine: "quickjs", placement: "process" }, /for engine 'v8'/],
    [{ placement: "inline" }, /cannot be kept in placement 'inline'/],
    [{ hardened: "yes" }, /must be true or false/],
  ] as const)("%j is refused", async (options, message) => {
    const starting = createRuntime({ hardened: true, ...options } as RuntimeOptions);
    await expect(starting).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringMatching(message),
    });
  });
});
