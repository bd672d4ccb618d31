import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The folder of codecell in the user's cache directory: what is in it can be lost at any time. Nothing where there is no such
 * directory; a relative one would depend on the working folder, which may be anybody's.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const base = cacheDirectory(env, platform);
  return isAbsolute(base) ? join(base, "codecell") : undefined;
}

function cacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string {
  if (env["XDG_CACHE_HOME"]) return env["XDG_CACHE_HOME"];
  if (platform === "win32") return env["LOCALAPPDATA"] || join(homedir(), "AppData", "Local");
  return join(homedir(), ...(platform === "darwin" ? ["Library", "Caches"] : [".cache"]));
}
