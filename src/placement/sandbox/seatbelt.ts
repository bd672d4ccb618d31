import { fileURLToPath } from "node:url";
import { CodecellError } from "../../core/errors.ts";
import type { EngineRef } from "../../engine/engine.ts";
import { nodeFlags } from "../pool/node-flags.ts";
import { builtInName, bundled, workerEntry, workerFolder } from "../worker/bundle.ts";
import type { Launcher } from "./launcher.ts";
import { assetsOf } from "./layout.ts";
import type { PathRule } from "./path-rules.ts";
import type { ResolvedSandbox } from "./settings.ts";

/**
 * macOS: Node in sandbox-exec(1). The tests do not run it, because they have no macOS; they check the profile as text.
 * @throws CodecellError `config_error` for settings that macOS does not support
 */
export async function seatbeltLauncher(
  ref: EngineRef,
  settings: ResolvedSandbox,
  hardened: boolean,
): Promise<Launcher> {
  if (settings.tmpMb > 0 || settings.cgroup !== undefined) {
    const setting = settings.tmpMb > 0 ? "sandbox.tmpMb" : "sandbox.cgroup";
    throw new CodecellError("config_error", `${setting} is for Linux; macOS has nothing like it`, {
      hint: "Give a folder in sandbox.readWrite instead.",
    });
  }
  const own = builtInName(ref) === undefined ? [fileURLToPath(ref.module)] : [];
  const assets = await assetsOf(ref);
  const profile = seatbeltProfile(
    process.execPath,
    [workerFolder(), ...Object.values(assets), ...own],
    settings.paths,
  );
  const args = [
    ...["-p", profile, process.execPath],
    ...[...nodeFlags(ref.name, hardened), fileURLToPath(workerEntry())],
  ];
  const command = { file: "/usr/bin/sandbox-exec", args, env: settings.env };
  const options = { ...(ref.options as object | undefined), ...assets };
  return { ref: { ...bundled(ref), options }, command: () => command };
}

/**
 * A profile in the language of sandbox-exec: everything is denied that no rule allows, and the last matching rule decides.
 */
export function seatbeltProfile(
  node: string,
  readable: readonly string[],
  rules: readonly PathRule[],
): string {
  return [
    "(version 1)",
    "(deny default)",
    `(allow process-exec (literal ${quote(node)}))`,
    "(allow process-info* (target self))",
    "(allow signal (target self))",
    "(allow sysctl-read)",
    '(allow mach-lookup (global-name "com.apple.system.logger") (global-name "com.apple.system.notification_center"))',
    "(allow file-read-metadata)",
    `(allow file-read* (literal ${quote(node)}) ${readable.map(subpath).join(" ")})`,
    '(allow file-read* (subpath "/usr/lib") (subpath "/System/Library") (literal "/dev/null") (literal "/dev/urandom"))',
    '(allow file-write-data (literal "/dev/null"))',
    ...rules.map(ruleOf),
    "(deny network*)",
    "(deny process-fork)",
  ].join("\n");
}

function ruleOf({ path, access }: PathRule): string {
  const target = subpath(path);
  if (access === "write") return `(allow file-read* file-write* ${target})`;
  const reading = access === "read" ? "allow" : "deny";
  return `(${reading} file-read* ${target})\n(deny file-write* ${target})`;
}

function subpath(path: string): string {
  return `(subpath ${quote(path)})`;
}

/** A string in the language of the profile. Quotes and backslashes are escaped, so that a path cannot end the string. */
function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
