import type { ConfigFile } from "../../index.ts";
import { findConfig, loadConfig, userServers } from "../../tools/config/load-config.ts";
import type { AskInputs } from "../../tools/config/inputs.ts";
import { isTerminal } from "../terminal.ts";
import type { Consent } from "./found-config.ts";

/** Most starts have nobody to ask, or nothing to ask for. */
async function askerOf({ mayAsk }: Consent): Promise<AskInputs | undefined> {
  if (!mayAsk || !isTerminal()) return undefined;
  return (await import("../ask-inputs.ts")).askOnTerminal;
}

/** Flags of every command that has a config file. */
export const CONFIG_FLAGS = { config: { type: "string" }, trust: { type: "boolean" } } as const;

/**
 * Finds and reads the config file of a command. Nothing where there is none.
 * @param named the file that the user named: that is consent
 * @throws CodecellError `config_error`, also for a found file that is not trusted where nobody can be asked
 */
export async function commandConfig(
  named: string | undefined,
  consent: Consent,
): Promise<ConfigFile | undefined> {
  const path = named ?? (await findConfig(process.cwd()));
  if (path === undefined) return undefined;
  if (named !== undefined || path === userServers())
    return await loadConfig(path, process.env, await askerOf(consent));
  const { foundConfig } = await import("./found-config.ts"); // most starts do without
  return await foundConfig(path, consent);
}
