/** A world of the user's own servers and programs. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CodecellError, type RuntimeOptions } from "../../index.ts";
import type { Workload, World } from "./workload.ts";

/**
 * Makes a world with the id `config` from your own servers and programs.
 * @param options names the servers: `{ config }` or `{ mcpServers }`
 * @param programs paths of program files, each a workload. The benchmark runs each once, and once more with its first
 *   tool misspelt while all calls are refused.
 * @throws CodecellError `config_error` if a file cannot be read
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

/** The comment at the start of a program is the best available description of its task. */
function taskOf(text: string): string | undefined {
  const comment = /^\s*(?:\/\*+([\s\S]*?)\*\/|((?:\/\/.*\n?)+))/.exec(text);
  const words = (comment?.[1] ?? comment?.[2])?.replaceAll(/^\s*(?:\*|\/\/)\s?/gm, "").trim();
  return words === "" ? undefined : words;
}
