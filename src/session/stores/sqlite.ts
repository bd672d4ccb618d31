/** SQLite of Node: sessions that outlive their process, on one machine. */
import { DatabaseSync } from "node:sqlite";
import type { SharedStore } from "../store.ts";
import { sqlStore } from "./sql.ts";

/** Another process may be writing. */
const BUSY_MS = 5_000;

/** @param file path of the database, which is created if it does not exist */
export async function openSqlite(file: string): Promise<SharedStore> {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  database.exec("PRAGMA journal_mode = WAL");
  return await sqlStore({
    query: async (sql, values) => database.prepare(sql.replaceAll("$", "?")).all(...values),
    [Symbol.asyncDispose]: async () => database.close(),
  });
}
