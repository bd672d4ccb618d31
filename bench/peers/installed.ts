/** Versions of installed packages. */
import { readFileSync } from "node:fs";

/**
 * The version of an installed package. Its file is read by path, because not every package exports it.
 * @throws Error if the package is not installed
 */
export function installedVersion(name: string): string {
  const file = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
