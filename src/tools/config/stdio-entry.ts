/** The part of an entry that is a process. */
import { resolve } from "node:path";
import { below, configError } from "../../core/setting-errors.ts";
import { argumentValues, type NamedValue } from "../secrets.ts";
import { readEnvFile } from "./env-file.ts";
import type { Environment, Surroundings } from "./expand-variables.ts";
import { inheritedAddresses } from "./inherited-variables.ts";
import { withHome } from "./places.ts";
import type { CheckedEntry } from "./server-settings.ts";

/** Where an entry is, for what its texts can name. */
export interface EntryPlace extends Surroundings {
  /** The folder that relative paths to files are from. Absent: that of this process. */
  readonly folder?: string;
  /** Where a process starts whose entry names no `cwd`. */
  readonly cwd?: string;
}

/** @throws CodecellError `config_error` naming the path */
export function stdioConfig(
  entry: CheckedEntry,
  command: string,
  at: string,
  env: Environment,
  { folder = ".", cwd: start }: EntryPlace,
) {
  const { args = [], envFile, inheritEnv, env_vars: more = [] } = entry;
  if (command.trim() === "")
    throw configError(`${at}.command is empty; write the program to start`);
  const stored =
    envFile === undefined
      ? {}
      : readEnvFile(resolve(folder, withHome(envFile)), below(at, "envFile"));
  const cwd =
    entry.cwd === undefined
      ? start
      : start === undefined
        ? withHome(entry.cwd)
        : resolve(start, withHome(entry.cwd));
  const passed = more.flatMap((name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  const foreign = { ...Object.fromEntries(passed), ...stored };
  const values = [
    ...Object.entries(foreign).map(([name, value]): NamedValue => ({
      name,
      value,
      from: "variable",
    })),
    ...Object.entries(entry.env ?? {}).map(([name, value]): NamedValue => ({ name, value })),
    ...argumentValues(args),
    ...inheritedAddresses(env, inheritEnv),
  ];
  return {
    type: "stdio" as const,
    command: withHome(command),
    args,
    env: { ...foreign, ...entry.env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(inheritEnv === undefined ? {} : { inheritEnv }),
    values,
  };
}
