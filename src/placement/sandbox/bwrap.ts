import { readdirSync, readFileSync } from "node:fs";
import type { Layout } from "./layout.ts";
import type { PathRule } from "./path-rules.ts";
import type { ResolvedSandbox } from "./settings.ts";

/** Descriptors as bubblewrap sees them, after the worker's channel. */
export interface Descriptors {
  readonly args: number;
  readonly seccomp: number;
  readonly info: number;
}

/** User and group id of the worker inside the sandbox (nobody), whoever starts it. */
const NOBODY = "65534";

/**
 * The options of bubblewrap, for `--args`. Source: bwrap(1) 0.8.
 * All namespaces are new, the network namespace has no active interface (not even loopback), no capability is kept, and no
 * further user namespace can be created inside. There is no /proc, which would show paths of the host.
 */
export function bwrapOptions(
  layout: Layout,
  settings: ResolvedSandbox,
  { seccomp, info }: Pick<Descriptors, "seccomp" | "info">,
): string[] {
  const environment = {
    ...settings.env,
    UV_USE_IO_URING: "0", // the filter refuses it
    LD_LIBRARY_PATH: layout.libraryPath,
  };
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"],
    ...["--new-session", "--clearenv", "--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY],
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...layout.mounts.flatMap(({ source, target }) => ["--ro-bind", source, target]),
    ...["--tmpfs", "/dev", "--dev-bind", "/dev/null", "/dev/null"],
    ...["--dev-bind", "/dev/urandom", "/dev/urandom", "--remount-ro", "/dev"],
    ...(settings.tmpMb === 0
      ? []
      : ["--size", String(settings.tmpMb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/tmp"]),
    ...settings.paths.flatMap(mountOf),
    ...settings.paths.filter(isMaskedFolder).flatMap(({ path }) => ["--remount-ro", path]),
    ...["--remount-ro", "/", "--chdir", "/"],
    ...["--seccomp", String(seccomp), "--info-fd", String(info)],
  ];
}

/** A hidden path is covered by another mount, because a mount includes everything below it. */
function mountOf(rule: PathRule): string[] {
  const { path, access, folder } = rule;
  if (access === "read") return ["--ro-bind", path, path];
  if (access === "write") return ["--bind", path, path];
  return folder ? ["--perms", "0555", "--tmpfs", path] : ["--ro-bind", "/dev/null", path];
}

/** A hidden folder. It is made read-only after everything inside of it is mounted. */
function isMaskedFolder({ access, folder }: PathRule): boolean {
  return access === "none" && folder;
}

/**
 * Finds the worker's process id. bubblewrap writes the id of its own first process in the new namespace to `--info-fd`; the
 * worker is the only child of that process.
 */
export function findWorker(info: string): number | undefined {
  const first = /"child-pid":\s*(\d+)/.exec(info)?.[1];
  if (first === undefined) return undefined;
  return childOf(first) ?? childByParent(first);
}

function childOf(parent: string): number | undefined {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "latin1").trim();
    return children === "" ? undefined : Number(children.split(" ")[0]);
  } catch {
    return undefined; // it has just ended, or the kernel was built without that file
  }
}

function childByParent(parent: string): number | undefined {
  const child = readdirSync("/proc").find((entry) => {
    try {
      return new RegExp(`^PPid:\\s+${parent}$`, "m").test(
        readFileSync(`/proc/${entry}/status`, "latin1"),
      );
    } catch {
      return false; // no process, or one that has just ended
    }
  });
  return child === undefined ? undefined : Number(child);
}
