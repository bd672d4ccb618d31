import { CodecellError } from "../../core/errors.ts";

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  latency: async (args) => await (await import("./latency.ts")).latency(args),
  tokens: async (args) => await (await import("./tokens.ts")).tokens(args),
  report: async (args) => await (await import("./report.ts")).report(args),
};

/** `codecell bench latency|tokens|report` */
export async function bench([what = "", ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, what) ? COMMANDS[what] : undefined;
  if (command !== undefined) return await command(args);
  throw new CodecellError("config_error", `there is no bench '${what}'`, {
    hint: `There are ${Object.keys(COMMANDS).join(", ")}; see codecell bench --help.`,
  });
}
