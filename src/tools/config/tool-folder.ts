/**
 * A folder of modules as local tools. A file directly in the folder belongs to the namespace `local`, one in a folder to the
 * namespace of that folder: `crm/find.ts` to `crm`, `crm/contacts/list.ts` to `crm_contacts`. The modules run with all rights of
 * this process.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { configError } from "../../core/setting-errors.ts";
import type { LocalTools } from "../local.ts";
import { toolsIn } from "./tool-module.ts";

/** Modules of one folder. */
const MAX_FILES = 500;
const MAX_DEPTH = 8;
/** Longest time until a module is loaded, in ms. */
const LOAD_MS = 10_000;
const MODULE = /(?<!\.d|\.test|\.spec)\.(?:[cm]?js|[cm]?ts)$/;
const TYPESCRIPT = /ts$/;

/** The tools of a folder by namespace, and what is wrong with modules that are left out. */
export interface ToolFolder {
  readonly tools: Readonly<Record<string, LocalTools>>;
  readonly warnings: readonly string[];
}

/**
 * Loads all modules of a folder. One that is bad is left out with a warning.
 * @param at the setting that names the folder, for messages
 * @throws CodecellError `config_error` where there is no such folder
 */
export async function loadToolFolder(path: string, at: string): Promise<ToolFolder> {
  const root = resolve(path);
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw configError(
      `${at} names the folder ${root}, which does not exist; write the path of a folder`,
    );
  const warnings: string[] = [];
  const files = await filesIn(root, warnings);
  const tools = new Map<string, Map<string, LocalTools[string]>>();
  const loaded = await Promise.all(
    files.map(async (file) => ({ file, ...(await load(file.path)) })),
  );
  for (const { file, found = [], problem } of loaded) {
    if (problem !== undefined) warnings.push(`${file.path} is left out: ${oneLine(problem)}`);
    const namespace = tools.get(file.namespace) ?? new Map<string, LocalTools[string]>();
    for (const [name, tool] of found) {
      if (namespace.has(name))
        warnings.push(
          `${file.path}: the tool ${file.namespace}.${oneLine(name)} is there already, and is left out`,
        );
      else namespace.set(name, tool);
    }
    if (namespace.size > 0) tools.set(file.namespace, namespace);
  }
  const named = [...tools].map(([name, own]) => [name, Object.fromEntries(own)] as const);
  return { tools: Object.fromEntries(named), warnings };
}

interface ModuleFile {
  readonly path: string;
  readonly namespace: string;
}

/** In the order of their names. Names that begin with `.` or `_` are private; links are not followed. */
async function filesIn(root: string, warnings: string[]): Promise<ModuleFile[]> {
  const files: ModuleFile[] = [];
  const walk = async (folder: string, names: readonly string[]): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (/^[._]/.test(entry.name) || entry.name === "node_modules") continue;
      if (entry.isDirectory()) {
        if (names.length < MAX_DEPTH) await walk(path, [...names, entry.name]);
        else warnings.push(`${path} is left out: it is more than ${MAX_DEPTH} folders deep`);
      } else if (MODULE.test(entry.name)) {
        if (entry.isFile()) files.push({ path, namespace: names.join("_") || "local" });
        else warnings.push(`${path} is left out: it is not a file`);
      }
    }
  };
  await walk(root, []);
  if (files.length > MAX_FILES)
    warnings.push(`${root} has more than ${MAX_FILES} modules; the rest is left out`);
  return files.slice(0, MAX_FILES);
}

interface Loaded {
  readonly found?: ReadonlyMap<string, LocalTools[string]>;
  readonly problem?: string;
}

async function load(file: string): Promise<Loaded> {
  if (TYPESCRIPT.test(file) && !stripsTypes())
    return {
      problem: `Node ${process.versions.node} does not load TypeScript; write JavaScript, or take Node 22.18 or later`,
    };
  const timer = new AbortController();
  const late = delay(LOAD_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`it was not loaded within ${LOAD_MS} ms`);
  });
  try {
    const module: unknown = await Promise.race([import(pathToFileURL(file).href), late]);
    return { found: toolsIn(module, basename(file, extname(file))) };
  } catch (error) {
    return { problem: messageOf(error) };
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}

function stripsTypes(): boolean {
  const { typescript } = process.features as { readonly typescript?: unknown };
  return typescript === "strip" || typescript === "transform";
}
