/** `node bench/tiers/fetch.ts`: installs the servers of the larger tiers (1.1 GB), pinned by package-lock.json. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// Install scripts are not run: all of these servers start without them.
const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
  cwd: fileURLToPath(new URL(".", import.meta.url)),
  stdio: "inherit",
});
process.exitCode = status ?? 1;
