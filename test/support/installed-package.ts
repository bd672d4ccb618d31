/** The package as users have it: packed, and installed beside the packages that it depends on. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./folders.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The folders of all packages that come with codecell, e.g. `node_modules/zod`, by the lock file. */
export function packagesThatComeAlong(): string[] {
  const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, LockEntry>> };
  const found = new Set<string>();
  const add = (from: string): void => {
    const { dependencies, optionalDependencies } = packages[from]!;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const folder = placesOf(name, from).find((place) => place in packages);
      if (folder === undefined || found.has(folder)) continue;
      found.add(folder);
      add(folder);
    }
  };
  add("");
  return [...found].toSorted();
}

/** Where a package looks for another one, the nearest place first. */
function placesOf(name: string, from: string): string[] {
  const parts = from === "" ? [] : from.split(/\/?node_modules\//).slice(1);
  return parts
    .map((_part, at) => parts.slice(0, parts.length - at))
    .concat([[]])
    .map((owners) => [...owners, name].map((owner) => `node_modules/${owner}`).join("/"));
}

/** The file that `npm publish` would send, in `folder`. `dist` has to be built. */
function packInto(folder: string): string {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const output = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  return join(folder, filename);
}

/** A folder as `npm install codecell` leaves it, made without a registry. No optional peer is in it. */
export function installPackage(): string {
  const folder = temporaryFolder();
  const own = join(folder, "node_modules/codecell");
  mkdirSync(own, { recursive: true });
  execFileSync("tar", ["-xzf", packInto(folder), "-C", own, "--strip-components=1"]);
  for (const path of packagesThatComeAlong())
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "app", private: true, type: "module" }),
  );
  return folder;
}
