/** `node bench/tiers/fetch.ts`: the servers of the larger tiers, 1.1 GB, as package-lock.json pins them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// No scripts of packages are run: all of these servers start without.
const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
  cwd: fileURLToPath(new URL(".", import.meta.url)),
  stdio: "inherit",
});
process.exitCode = status ?? 1;
