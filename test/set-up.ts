/**
 * What the tests need beside npm packages; run before them. As root on a system with apt it installs what is missing,
 * elsewhere it names it and fails: no test is skipped for want of it.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMANDS: Readonly<Record<string, string>> = {
  bwrap: "bubblewrap",
  prlimit: "util-linux",
  "redis-server": "redis-server",
  pg_config: "postgresql",
  chromium: "chromium",
};

function run(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

function isMissing(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error !== undefined;
}

function install(packages: readonly string[]): void {
  console.log(`installing ${packages.join(", ")}`);
  if (process.getuid?.() === 0 && run("apt-get", ["update", "--quiet=2"]))
    run("apt-get", ["install", "--yes", "--quiet=2", "--no-install-recommends", ...packages]);
}

const wanted = Object.keys(COMMANDS).filter(isMissing);
if (wanted.length > 0) install(wanted.map((command) => COMMANDS[command]!));
const missing = wanted.filter(isMissing);
if (missing.length > 0) {
  const packages = missing.map((command) => COMMANDS[command]!).join(" ");
  console.error(`The tests need ${missing.join(", ")}. As root: apt-get install ${packages}`);
  process.exit(1);
}

for (const folder of ["node24", "runtimes"]) {
  const prefix = fileURLToPath(new URL(folder, import.meta.url));
  if (run("npm", ["ci", "--prefix", prefix, "--no-audit", "--no-fund", "--prefer-offline"]))
    continue;
  console.error(`The tests need the runtimes of test/${folder}, from npm; see above.`);
  process.exit(1);
}
