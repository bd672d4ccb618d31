import { realpathSync, statSync } from "node:fs";
import { isAbsolute, normalize } from "node:path";
import { CodecellError } from "../../core/errors.ts";
import { configError, shown } from "../../core/setting-errors.ts";

export type Access = "read" | "write" | "none";

/** One path and the access to it. */
export interface PathRule {
  readonly path: string;
  readonly access: Access;
  readonly folder: boolean;
}

const LISTS = { readOnly: "read", readWrite: "write", deny: "none" } as const;
type Lists = Readonly<Record<keyof typeof LISTS, readonly string[]>>;

/** Folders that the sandbox creates itself or never has; paths below /tmp can be given, those below {@link NEVER} cannot. */
const OWN = ["/", "/codecell", "/dev", "/tmp", "/proc", "/sys"];
const NEVER = ["/codecell/", "/dev/", "/proc/", "/sys/"];

/**
 * Checks the three lists of paths.
 * @throws CodecellError `config_error`
 */
export function checkPaths(settings: Lists, at: string): PathRule[] {
  const rules = new Map<string, PathRule & { readonly list: string }>();
  for (const [list, access] of Object.entries(LISTS)) {
    for (const [index, path] of settings[list as keyof Lists].entries()) {
      const place = `${at}.${list}[${index}]`;
      const folder = checkPath(path, place);
      const other = rules.get(path);
      if (other !== undefined)
        throw configError(`${place} is ${shown(path)}, which stands in ${other.list} too`);
      rules.set(path, { path, access, folder, list: `${at}.${list}` });
    }
  }
  for (const { path, access } of rules.values()) {
    if (access === "none" && !isVisible(path, [...rules.values()]))
      throw configError(
        `${at}.deny has ${shown(path)}, which is in nothing that readOnly or readWrite give: it is hidden anyway`,
      );
  }
  return [...rules.values()]
    .map(({ path, access, folder }) => ({ path, access, folder }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1)); // a parent is a prefix, so it comes first
}

/**
 * The access to `path` by the longest rule that is the path itself or a folder above it. Without such a rule there is none.
 */
export function accessOf(path: string, rules: readonly PathRule[]): Access {
  let longest = "";
  let access: Access = "none";
  for (const rule of rules) {
    const applies = rule.path === path || path.startsWith(`${rule.path}/`);
    if (applies && rule.path.length > longest.length) ({ path: longest, access } = rule);
  }
  return access;
}

function isVisible(path: string, rules: readonly PathRule[]): boolean {
  return (
    accessOf(
      path,
      rules.filter((rule) => rule.path !== path),
    ) !== "none"
  );
}

/** Allows only one spelling per file, so that a rule cannot be bypassed. Returns whether the path is a folder. */
function checkPath(path: string, place: string): boolean {
  const which = `${place} is ${shown(path)}`;
  if (!isAbsolute(path) || path.includes("\0"))
    throw configError(`${which}; it must be an absolute path`);
  const clean = normalize(path).replace(/(?<=.)\/$/, "");
  if (clean !== path) throw configError(`${which}; write it as ${shown(clean)}`);
  if (OWN.includes(path) || NEVER.some((folder) => path.startsWith(folder)))
    throw configError(`${which}, which the sandbox cannot give to a worker`);
  try {
    const real = realpathSync(path);
    if (real !== path)
      throw configError(
        `${which}, which leads through a symbolic link to ${shown(real)}: give that path`,
      );
    return statSync(path).isDirectory();
  } catch (error) {
    if (CodecellError.is(error)) throw error;
    throw configError(`${which}, which does not exist or cannot be read`);
  }
}
