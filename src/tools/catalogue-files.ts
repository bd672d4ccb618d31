/**
 * The catalogue cache: what servers listed last time, a file for each. The invariants: a file grants nothing, since calls go to
 * the server, and what is in it is checked like the list of a server; its name is a keyed hash, which says nothing of the
 * secrets in a config; whatever is wrong with a file, there is none.
 */
import { createHmac, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isObject } from "../core/is-object.ts";
import { writePrivate } from "../core/private-files.ts";
import { inTurns, type Steps } from "../core/turns.ts";
import { cutUnits } from "../core/utf8.ts";
import { VERSION } from "../core/version.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { CatalogueCache, CatalogueList } from "./catalogue-entry.ts";
import type { ServerConfig } from "./config/server-entry.ts";
import { scanJson } from "./mcp/json-scan.ts";
import { MAX_ENTRIES, MAX_PAGE_PARTS } from "./mcp/list-limits.ts";
import { MAX_INSTRUCTIONS } from "./mcp/upstream.ts";

/** Largest file; a longer list is not kept. It is parsed in one step. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Most files; those that were written longest ago are removed. */
const MAX_FILES = 200;
const FORMAT = 1;
const KEY = /^[0-9a-f]{64}$/;
/** Names of the files of the cache: what else is in its folder is somebody else's. */
const FILE = /^[0-9a-f]{64}\.json$/;
/** What group and others would need to change a file. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * @param place a folder, or true for the user's cache directory, where there is one
 * @param servers those that there are now; others have no cache
 */
export function openCache(
  place: true | string,
  servers: ReadonlyMap<string, ServerConfig>,
): CatalogueCache | undefined {
  const cache = cacheFolder();
  if (typeof place === "string") return new CatalogueFiles(resolve(place), servers);
  return cache === undefined ? undefined : new CatalogueFiles(join(cache, "catalogues"), servers);
}

class CatalogueFiles implements CatalogueCache {
  readonly #folder: string;
  readonly #servers: ReadonlyMap<string, ServerConfig>;
  #key: Promise<string> | undefined;

  constructor(folder: string, servers: ReadonlyMap<string, ServerConfig>) {
    this.#folder = folder;
    this.#servers = servers;
  }

  async read(server: string): Promise<CatalogueList | undefined> {
    try {
      const bytes = await readOwn(await this.#file(server));
      return bytes === undefined ? undefined : parse(bytes);
    } catch {
      return undefined;
    }
  }

  async write(server: string, list: CatalogueList): Promise<void> {
    try {
      const text = await inTurns(format(list));
      if (text === undefined || !this.#servers.has(server)) return;
      const file = await this.#file(server);
      const before = await readOwn(file).catch(() => undefined);
      if (before?.toString() === text) return;
      await writePrivate(file, text);
      await prune(this.#folder);
    } catch {
      // A cache that cannot be written is none.
    }
  }

  async #file(server: string): Promise<string> {
    const known = this.#servers.get(server);
    if (known === undefined) throw new Error("it is not in the config");
    // Where it stands in which file makes it no other server.
    const { path: _path, ...config } = known;
    const hash = createHmac("sha256", await (this.#key ??= readKey(this.#folder)));
    const name = hash.update(JSON.stringify([FORMAT, VERSION, server, config])).digest("hex");
    return join(this.#folder, `${name}.json`);
  }
}

/** The key of the hashes: random, and never out of this folder. */
async function readKey(folder: string): Promise<string> {
  const file = join(folder, "key");
  const known = (await readOwn(file).catch(() => undefined))?.toString() ?? "";
  if (KEY.test(known)) return known;
  const key = randomBytes(32).toString("hex");
  await writePrivate(file, key);
  return key;
}

/** A file of this user that nobody else could write; nothing for any other, and for what is no file. */
async function readOwn(file: string): Promise<Buffer | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using handle: FileHandle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const found = await handle.stat();
  const user = process.getuid?.(); // Windows has none, and its modes say nothing
  const isOwn =
    user === undefined || (found.uid === user && (found.mode & WRITABLE_BY_OTHERS) === 0);
  if (!found.isFile() || !isOwn || found.size > MAX_BYTES) return undefined;
  const bytes = Buffer.alloc(found.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function parse(bytes: Buffer): CatalogueList | undefined {
  if (scanJson(bytes, MAX_PAGE_PARTS) !== undefined) return undefined;
  const value: unknown = JSON.parse(bytes.toString());
  if (!isObject(value)) return undefined;
  const { format: given, tools, instructions } = value;
  if (given !== FORMAT || !Array.isArray(tools)) return undefined;
  return {
    tools: tools.slice(0, MAX_ENTRIES),
    ...(typeof instructions === "string"
      ? { instructions: cutUnits(instructions, MAX_INSTRUCTIONS) }
      : {}),
  };
}

/** Nothing for a list that is too long, and for one with integers that JSON would change. */
function* format({ tools, instructions = "" }: CatalogueList): Steps<string | undefined> {
  const parts: string[] = [];
  let room = MAX_BYTES - 6 * instructions.length - 1_000;
  for (const tool of tools) {
    yield;
    const text = JSON.stringify(tool);
    // A character is up to 3 bytes.
    if ((room -= 3 * text.length + 1) < 0) return undefined;
    parts.push(text);
  }
  const said = instructions === "" ? "" : `,"instructions":${JSON.stringify(instructions)}`;
  return `{"format":${FORMAT}${said},"tools":[${parts.join(",")}]}`;
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => FILE.test(name));
  if (names.length <= MAX_FILES) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
      return { file, mtimeMs };
    }),
  );
  const oldest = files.toSorted((a, b) => a.mtimeMs - b.mtimeMs).slice(0, -MAX_FILES);
  for (const { file } of oldest) await rm(file, { force: true });
}
