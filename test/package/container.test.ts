/**
 * The image and its compose file. They cannot be built where there is no Docker, so they are linted, their promises are
 * read from them, and the seccomp profile is put around a real run: bubblewrap stands in for the container.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(root + path, "utf8");

describe("the Dockerfile", () => {
  const source = read("docker/Dockerfile");
  const instructions = DockerfileParser.parse(source)
    .getInstructions()
    .map((instruction) => instruction.getTextContent());

  test("has no complaint of the linter", () => {
    expect(validate(source)).toEqual([]);
    expect(validate(`${source}\nMAINTAINER nobody`)).not.toEqual([]); // it can complain
  });

  test("ends as a user who owns nothing, with an exec-form entry point", () => {
    expect(instructions.filter((line) => line.startsWith("USER"))).toEqual(["USER 65532:65532"]);
    expect(instructions.at(-2)).toMatch(/^ENTRYPOINT \["\/usr\/local\/bin\/node"/);
    const copies = instructions.filter((line) => line.startsWith("COPY --from=build"));
    expect(copies.length).toBeGreaterThan(0);
    for (const copy of copies) expect(copy).toContain("--chown=0:0");
  });

  test("copies what is there", () => {
    expect(read("package.json")).toContain('"codecell": "dist/cli/start.js"');
    expect(read("docker/Dockerfile.dockerignore").split("\n")).toEqual(
      expect.arrayContaining(["*", "!src", "!package-lock.json"]),
    );
  });
});

describe("the compose file", () => {
  const { services } = parse(read("docker/compose.yaml")) as {
    services: Record<string, Record<string, unknown>>;
  };

  test("gives the container no privilege and nothing to write", () => {
    expect(Object.keys(services)).toEqual(["codecell"]);
    const service = services["codecell"]!;
    expect(service).toMatchObject({
      user: "65532:65532",
      read_only: true,
      cap_drop: ["ALL"],
      network_mode: "none",
      security_opt: expect.arrayContaining(["no-new-privileges:true", "seccomp:seccomp.json"]),
      pids_limit: expect.any(Number),
      mem_limit: expect.any(String),
      tmpfs: [expect.stringMatching(/^\/tmp:size=\d+m.*noexec,nosuid,nodev/)],
    });
    for (const key of ["privileged", "cap_add", "volumes", "devices", "pid", "ipc"])
      expect(service).not.toHaveProperty(key);
  });
});

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly syscalls: readonly { names: string[]; action: string; errnoRet?: number }[];
}

const profile = JSON.parse(read("docker/seccomp.json")) as Profile;
const numbers = JSON.parse(read("test/support/syscalls-x64.json")) as Record<string, number>;

/** The profile as a kernel filter, as the container runtime makes it; `without` takes calls out of it. */
function assemble(without: readonly string[] = []): Buffer {
  const verdicts: Readonly<Record<string, number>> = {
    SCMP_ACT_ALLOW: 0x7fff0000,
    SCMP_ACT_ERRNO: 0x50000,
  };
  const instruction = (code: number, operand: number, no = 0): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code);
    bytes[3] = no;
    bytes.writeUInt32LE(operand, 4);
    return bytes;
  };
  const rules = profile.syscalls.flatMap(({ names, action, errnoRet = 0 }) =>
    names
      .filter((name) => !without.includes(name))
      .flatMap((name) => [
        instruction(0x15, numbers[name]!, 1),
        instruction(0x06, verdicts[action]! | errnoRet),
      ]),
  );
  const refusal = verdicts[profile.defaultAction]! | profile.defaultErrnoRet;
  return Buffer.concat([instruction(0x20, 0), ...rules, instruction(0x06, refusal)]);
}

/** Run the command line under a filter, as a user without any privilege, in namespaces of its own. */
async function contained(
  filter: Buffer,
  args: readonly string[],
  mounts: readonly string[] = [],
): Promise<{ out: string; errors: string }> {
  const child = spawn(
    "bwrap",
    [
      ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--uid", "65532", "--gid", "65532"],
      ...["--cap-drop", "ALL", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev"],
      ...["--proc", "/proc", ...mounts],
      ...["--chdir", root, "--seccomp", "3", "--"],
      ...[process.execPath, "src/cli/main.ts", ...args],
    ],
    { stdio: ["pipe", "pipe", "pipe", "pipe"] },
  );
  (child.stdio[3] as Writable).end(filter);
  child.stdin!.end("return 6 * 7");
  const [out, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { out, errors };
}

describe.runIf(process.platform === "linux" && process.arch === "x64")(
  "the seccomp profile",
  () => {
    const RUN = ["run", "-", "--placement", "sandbox", "--json"];

    test("names calls that exist, each once", () => {
      const names = profile.syscalls.flatMap((rule) => rule.names);
      expect(names.filter((name) => numbers[name] === undefined)).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    });

    test("refuses what break-outs of containers begin with", () => {
      const allowed = profile.syscalls
        .filter(({ action }) => action === "SCMP_ACT_ALLOW")
        .flatMap(({ names }) => names);
      for (const name of [
        "bpf",
        "ptrace",
        "keyctl",
        "kexec_load",
        "init_module",
        "open_by_handle_at",
        "perf_event_open",
        "userfaultfd",
        "setns",
        "io_uring_setup",
        "process_vm_writev",
        "reboot",
      ])
        expect(allowed).not.toContain(name);
      expect(profile.defaultAction).toBe("SCMP_ACT_ERRNO");
    });

    test("lets the sandbox be made inside", async () => {
      const { out, errors } = await contained(assemble(), RUN);
      expect(errors).toBe("");
      expect(JSON.parse(out)).toMatchObject({
        ok: true,
        value: 42,
        usage: { placement: "sandbox" },
      });
    });

    test("and where /proc/sys is read-only, as in Docker, the cure names the setting", async () => {
      const { out } = await contained(assemble(), RUN, ["--ro-bind", "/proc/sys", "/proc/sys"]);
      expect(JSON.parse(out)).toMatchObject({
        ok: false,
        error: {
          code: "sandbox_unavailable",
          hint: expect.stringContaining("systempaths=unconfined"),
        },
      });
    });

    test("without its second rule, as under Docker's own profile, the sandbox says what is missing", async () => {
      const { out } = await contained(assemble(["unshare", "mount", "umount2", "pivot_root"]), RUN);
      expect(JSON.parse(out)).toMatchObject({
        ok: false,
        error: {
          code: "sandbox_unavailable",
          hint: expect.stringContaining("docker/seccomp.json"),
        },
      });
    });
  },
);
