/** Tries the servers of a host: only what connects and lists its tools may go behind codecell. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import type { ServerConfig } from "../../tools/config/server-entry.ts";
import { checkServers } from "../../tools/config/parse-config.ts";
import { configuredSource } from "../../tools/mcp/open.ts";
import type { ToolInfo } from "../../tools/tool.ts";
import type { Host } from "./hosts.ts";
import { whyItStays } from "./own-entry.ts";

export interface Trial {
  readonly name: string;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly tools: readonly ToolInfo[];
}

/** A server that stays where it is. */
export interface Staying {
  readonly name: string;
  readonly reason: string;
}

/** Servers that are tried at once: each is a process or more. */
const AT_ONCE = 8;

export interface TrialOptions {
  readonly host: Host;
  /** Path of the host's file, for messages. */
  readonly path: string;
  /** Folder of the config where it would go: what relative paths are from. */
  readonly folder: string;
  /** For each server, in ms. */
  readonly timeoutMs: number;
  readonly onResult: (result: Trial | Staying) => void;
}

/** In the order of the file. */
export async function tryServers(
  servers: Readonly<Record<string, unknown>>,
  options: TrialOptions,
): Promise<(Trial | Staying)[]> {
  const waiting = Object.entries(servers).entries();
  const results: (Trial | Staying)[] = [];
  const work = async (): Promise<void> => {
    for (const [at, [name, entry]] of waiting) {
      // oxlint-disable-next-line no-await-in-loop -- each of those at work takes one after the other
      const result = await tryServer(name, entry, options);
      results[at] = result;
      options.onResult(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

async function tryServer(
  name: string,
  entry: unknown,
  { host, path, folder, timeoutMs }: TrialOptions,
): Promise<Trial | Staying> {
  if (!isObject(entry)) return { name, reason: "its entry is no object" };
  const known = whyItStays(entry, host);
  if (known !== undefined) return { name, reason: known };
  try {
    const config = checkServers({ [name]: entry }, host.key, process.env, `${path}: `, folder)[
      name
    ];
    if (config === undefined) return { name, reason: "it is disabled" };
    return { name, entry, tools: await listTools(name, config, timeoutMs) };
  } catch (error) {
    return { name, reason: messageOf(error) };
  }
}

async function listTools(
  name: string,
  config: ServerConfig,
  timeoutMs: number,
): Promise<readonly ToolInfo[]> {
  await using source = configuredSource(name, { ...config, startTimeoutMs: timeoutMs });
  const over = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(timeoutMs, undefined, over);
    throw new Error(`it did not list its tools within ${timeoutMs / 1_000} s`);
  };
  try {
    return await Promise.race([source.list(), late()]);
  } finally {
    over.abort();
  }
}
