/** The user's own servers and programs as a world. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CodecellError, type RuntimeOptions } from "../../index.ts";
import type { Workload, World } from "./workload.ts";

/**
 * @param options with the servers: `{ config }` or `{ mcpServers }`
 * @param programs files of programs, each a workload. Each is run once, and once more with its
 *   first tool misspelt, when no call is let through.
 * @throws CodecellError `config_error` for a file that cannot be read
 */
export async function configWorld(
  options: RuntimeOptions,
  programs: readonly string[] = [],
): Promise<World> {
  const workloads = await Promise.all(programs.map(workloadOf));
  return { id: "config", title: "Your servers", options, workloads };
}

async function workloadOf(file: string): Promise<Workload> {
  const name = basename(file);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodecellError("config_error", `the program cannot be read: ${why}`, { cause });
  });
  return { id: name, title: name, task: taskOf(text) ?? `Do what ${name} does.`, programs: [text] };
}

/** The comment at the start of a program says what was asked, as well as anything there is. */
function taskOf(text: string): string | undefined {
  const comment = /^\s*(?:\/\*+([\s\S]*?)\*\/|((?:\/\/.*\n?)+))/.exec(text);
  const words = (comment?.[1] ?? comment?.[2])?.replaceAll(/^\s*(?:\*|\/\/)\s?/gm, "").trim();
  return words === "" ? undefined : words;
}
