/** The machine and the versions that figures depend on. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";

/** The machine on which results were measured. */
export interface Machine {
  /** Model name of the first core, or `unknown`. */
  readonly cpu: string;
  /** Number of logical cores. */
  readonly cores: number;
  /** Total memory in GiB, rounded. */
  readonly memoryGb: number;
  /** Platform and architecture: `linux x64`. */
  readonly system: string;
  /** Version of Node.js, without a leading `v`. */
  readonly node: string;
  /** Version of V8. */
  readonly v8: string;
}

/** Describes the machine that runs this process. */
export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** Version of an installed package; `undefined` if it cannot be resolved from here. */
export async function packageVersion(name: string): Promise<string | undefined> {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const text = await readFile(`${folder}/${name}/package.json`, "utf8").catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { version: string }).version;
  }
  return undefined;
}
