import { execFile } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { messageOf } from "../../core/errors.ts";
import type { BuiltInEngineModule, EngineRef } from "../../engine/engine.ts";
import { builtInName, bundled, workerFolder } from "../worker/bundle.ts";
import { findExecutable } from "./executable.ts";
import { sandboxUnavailable } from "./unavailable.ts";

/** A host file or folder, and its path in the sandbox. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** Everything of the host that a worker sees, and where. */
export interface Layout {
  /** All are read-only. */
  readonly mounts: readonly Mount[];
  /** Node, as the worker sees it. */
  readonly node: string;
  /** The worker's script, as the worker sees it. */
  readonly entry: string;
  /** The engine, with paths as the worker sees them. */
  readonly ref: EngineRef;
  /** Search path of the loader for libraries. */
  readonly libraryPath: string;
}

const ROOT = "/codecell";
const LIBRARIES = `${ROOT}/lib`;

/**
 * The smallest root folder in which an engine boots: Node, its shared libraries, the worker's bundle, the engine's own files.
 * It has no package folder and no path of the host: all of it is in /codecell, except for the program loader, whose path is
 * compiled into Node.
 * @throws CodecellError `sandbox_unavailable`, `engine_unavailable`
 */
export async function layOut(ref: EngineRef): Promise<Layout> {
  const assets = Object.entries(await assetsOf(ref)).map(([option, source]) => ({
    option,
    source,
    target: `${ROOT}/assets/${basename(source)}`,
  }));
  const addons = assets.map(({ source }) => source).filter((file) => file.endsWith(".node"));
  const own = builtInName(ref) === undefined ? [ownModule(ref)] : [];
  const options = Object.fromEntries(assets.map(({ option, target }) => [option, target]));
  return {
    mounts: [
      { source: process.execPath, target: `${ROOT}/node` },
      ...(await linkedLibraries([process.execPath, ...addons])),
      { source: workerFolder(), target: `${ROOT}/worker` },
      ...assets.map(({ source, target }) => ({ source, target })),
      ...own,
    ],
    node: `${ROOT}/node`,
    entry: `${ROOT}/worker/worker.mjs`,
    ref: {
      name: ref.name,
      module: pathToFileURL(own[0]?.target ?? `${ROOT}/worker/${basename(bundled(ref).module)}`)
        .href,
      options: { ...(ref.options as object | undefined), ...options },
    },
    libraryPath: LIBRARIES,
  };
}

/**
 * Files that the engine reads besides its module, by the name of the option for their path. The module of a custom engine is
 * not loaded here, outside the sandbox: `sandbox.readOnly` has to name the files that it needs.
 */
export async function assetsOf(ref: EngineRef): Promise<Readonly<Record<string, string>>> {
  if (builtInName(ref) === undefined) return {};
  const module: unknown = await import(
    /* webpackIgnore: true */ /* @vite-ignore */ bundled(ref).module
  );
  return await (module as BuiltInEngineModule).assets();
}

/** A custom engine: only its module file is mounted. `sandbox.readOnly` has to name its imports. */
function ownModule(ref: EngineRef): Mount {
  const source = fileURLToPath(ref.module);
  return { source, target: `${ROOT}/engine/${basename(source)}` };
}

/** The libraries that the loader will open, listed by ldd. */
async function linkedLibraries(files: readonly string[]): Promise<Mount[]> {
  const ldd = await findExecutable("ldd");
  try {
    return parseLinked((await promisify(execFile)(ldd, [...files], { env: {} })).stdout);
  } catch (error) {
    const reason = messageOf(error).split("\n", 1)[0]!;
    throw sandboxUnavailable(`the libraries that Node links cannot be listed: ${reason}`, error);
  }
}

/** Lines are `libm.so.6 => /lib/libm.so.6 (0x…)`, or `/lib64/ld-linux-x86-64.so.2 (0x…)` for the loader. */
export function parseLinked(output: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const [, name, path] of output.matchAll(/^\s+(?:(\S+) => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)) {
    const wanted = name ?? path!;
    const target = wanted.startsWith("/") ? wanted : `${LIBRARIES}/${wanted}`;
    mounts.set(target, { source: path!, target });
  }
  return [...mounts.values()];
}
