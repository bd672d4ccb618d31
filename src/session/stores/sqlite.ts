/** SQLite of Node: sessions that outlive their process, on one machine. */
import { DatabaseSync } from "node:sqlite";
import { preparePrivate } from "../../core/private-files.ts";
import type { SharedStore } from "../store.ts";
import { sqlStore } from "./sql.ts";

/** Another process may be writing. */
const BUSY_MS = 5_000;

/** Files that SQLite keeps beside a database, with the rights of that. */
const BESIDE = ["-wal", "-shm", "-journal"];
/** @param file path of the database, which is created if it does not exist, for its owner only */
export async function openSqlite(file: string): Promise<SharedStore> {
  const path = pathOf(file);
  if (path !== undefined)
    await preparePrivate(
      path,
      BESIDE.map((suffix) => path + suffix),
    );
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  database.exec("PRAGMA journal_mode = WAL");
  return await sqlStore({
    // By name: Node 22.15 does not bind numbered parameters by their place.
    query: async (sql, values) =>
      database
        .prepare(sql)
        .all(Object.fromEntries(values.map((value, at) => [`$${at + 1}`, value]))),
    [Symbol.asyncDispose]: async () => database.close(),
  });
}

/** Of what SQLite takes; `undefined` for a database in memory, a temporary one, and one that has to be there. */
function pathOf(file: string): string | undefined {
  const [address = "", query = ""] = file.startsWith("file:")
    ? file.slice("file:".length).replace(/#.*$/s, "").split("?", 2)
    : [file];
  if (/(?:^|&)(?:mode=(?!rwc)|vfs=)/.test(query)) return undefined;
  const path = address === file ? file : decodeURIComponent(address.replace(/^\/\/[^/]*/, ""));
  return path === "" || path === ":memory:" ? undefined : path;
}
