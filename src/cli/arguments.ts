import { parseArgs, type ParseArgsConfig } from "node:util";
import { CodecellError, messageOf } from "../core/errors.ts";
import type { ConfigFile, RuntimeOptions } from "../index.ts";
import { note } from "./output.ts";
import { commandConfig, CONFIG_FLAGS } from "./trust/command-config.ts";

type Flags = NonNullable<ParseArgsConfig["options"]>;
type Values = Record<string, string | boolean | undefined>;

/** Flags that every command with a runtime has. */
export const RUNTIME_FLAGS: Flags = {
  ...CONFIG_FLAGS,
  engine: { type: "string" },
  placement: { type: "string" },
  json: { type: "boolean" },
};

/**
 * Flags and positional arguments.
 * @throws CodecellError `config_error` for an unknown flag or too many arguments
 */
export function readArguments(
  args: string[],
  options: Flags,
  maxPositionals: number,
): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > maxPositionals) {
      throw new Error(`unexpected argument '${positionals[maxPositionals]}'`);
    }
    return { values: values as Values, positionals };
  } catch (error) {
    const message = messageOf(error).replace(/\. To specify .*$/s, "");
    throw new CodecellError("config_error", message, {
      hint: "See codecell --help.",
      cause: error,
    });
  }
}

/** What a command passes to `createRuntime`, with the config file as it was read. */
export interface CommandOptions extends RuntimeOptions {
  readonly config?: ConfigFile;
}

/**
 * Reads the common flags. The config file is read here, and nowhere else. The placement is `auto` where neither a flag nor the
 * config has one.
 * @param mayAsk false where standard input is not a person's, even if it is a terminal
 */
export async function runtimeOptions(values: Values, mayAsk = true): Promise<CommandOptions> {
  const config = await commandConfig(values["config"] as string | undefined, {
    trust: values["trust"] === true,
    mayAsk,
  });
  const placement = values["placement"] ?? config?.settings?.["placement"] ?? "auto";
  return {
    placement: placement as "auto",
    ...(config === undefined ? {} : { config }),
    ...(config?.settings?.["catalogueCache"] === undefined ? { catalogueCache: true } : {}),
    ...(config?.settings?.["warn"] === undefined ? { warn: note } : {}),
    ...(values["engine"] === undefined ? {} : { engine: values["engine"] as "v8" }),
    ...(values["type-check"] === true ? { typeCheck: true } : {}),
  };
}

/** `1500` or `1500ms` or `30s` or `2m`, in ms. */
export function parseDuration(flag: string, text: string): number {
  return parseUnits(
    flag,
    text,
    { "": 1, ms: 1, s: 1_000, m: 60_000 },
    "milliseconds, or a number with ms, s or m",
  );
}

/** A port; 0 is any free one. */
export function parsePort(flag: string, text: unknown): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CodecellError(
    "config_error",
    `${flag} is '${String(text)}'; it must be a port, 0 for any free one`,
  );
}

/** `64` or `64mb` or `1gb`, in MiB. */
export function parseMemory(flag: string, text: string): number {
  return parseUnits(
    flag,
    text,
    { "": 1, mb: 1, gb: 1_024 },
    "megabytes, or a number with mb or gb",
  );
}

function parseUnits(
  flag: string,
  text: string,
  units: Readonly<Record<string, number>>,
  wanted: string,
): number {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text.trim());
  const unit = units[match?.[2]?.toLowerCase() ?? "?"];
  if (match === null || unit === undefined) {
    throw new CodecellError("config_error", `${flag} is '${text}'; it must be ${wanted}`);
  }
  return Number(match[1]) * unit;
}
