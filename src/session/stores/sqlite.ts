/** SQLite of Node: sessions that outlive their process, on one machine. */
import { DatabaseSync } from "node:sqlite";
import { preparePrivate } from "../../core/private-files.ts";
import type { SharedStore } from "../store.ts";
import { sqlStore } from "./sql.ts";

/** Another process may be writing. */
const BUSY_MS = 5_000;

/** Files that SQLite keeps beside a database, with the rights of that. */
const BESIDE = ["-wal", "-shm", "-journal"];
/** Addresses of SQLite that are no path: a database in memory, a temporary one, a URI. */
const NO_PATH = /^(?::memory:|file:.*|)$/s;

/** @param file path of the database, which is created if it does not exist, for its owner only */
export async function openSqlite(file: string): Promise<SharedStore> {
  if (!NO_PATH.test(file))
    await preparePrivate(
      file,
      BESIDE.map((suffix) => file + suffix),
    );
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  database.exec("PRAGMA journal_mode = WAL");
  return await sqlStore({
    query: async (sql, values) => database.prepare(sql.replaceAll("$", "?")).all(...values),
    [Symbol.asyncDispose]: async () => database.close(),
  });
}
