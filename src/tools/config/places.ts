/** Folders that texts of a config can name, as editors do. */
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";

/** Folders by the name that stands in `${…}`. */
export type Places = Readonly<Record<string, string | undefined>>;

/**
 * The folder that a config file is about: its own, or the one around a folder of settings (`.vscode`, `.cursor`), whose name
 * begins with a dot.
 */
export function workspaceOf(file: string): string {
  const folder = dirname(resolve(file));
  return basename(folder).startsWith(".") ? dirname(folder) : folder;
}

/** @param workspace what `${workspaceFolder}` stands for */
export function placesAt(workspace: string): Places {
  return {
    workspaceFolder: workspace,
    workspaceRoot: workspace,
    workspaceFolderBasename: basename(workspace),
    userHome: homedir(),
    pathSeparator: sep,
    "/": sep,
  };
}

/** A path that a config file names, from the folder of the file. */
export function fromFile(path: string, file: { readonly path: string } | undefined): string {
  return file === undefined ? path : resolve(dirname(file.path), withHome(path));
}

/** A path whose `~` is the home folder. */
export function withHome(path: string): string {
  return path === "~" || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path;
}
