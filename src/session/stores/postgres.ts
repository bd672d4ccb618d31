/** The only module that uses pg. */
import { importPg } from "../../core/optional-packages.ts";
import type { SharedStore } from "../store.ts";
import { sqlStore } from "./sql.ts";

const CONNECT_MS = 5_000;
/** A process needs few connections: its runs wait for tools, not for the database. */
const CONNECTIONS = 5;

/** @param url `postgres://…` or `postgresql://…` */
export async function openPostgres(url: string): Promise<SharedStore> {
  const { default: pg } = await importPg();
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    max: CONNECTIONS,
    allowExitOnIdle: true,
  });
  pool.on("error", () => {}); // an idle connection ended; the next query opens another
  try {
    return await sqlStore({
      query: async (sql, values) => (await pool.query(sql, [...values])).rows,
      [Symbol.asyncDispose]: () => pool.end(),
    });
  } catch (error) {
    await pool.end();
    throw error;
  }
}
