/** The Keyv adapter and the locks for SQL databases, in statements that both SQLite and PostgreSQL support. */
import { EventEmitter } from "node:events";
import type { KeyvStoreAdapter } from "keyv";
import type { SharedStore } from "../store.ts";
import { keyvStore, type Locks } from "./keyv.ts";

/** An open database. */
export interface SqlDatabase extends AsyncDisposable {
  /** Runs a statement with `$1`, `$2` …; returns its rows. */
  query(sql: string, values: readonly (string | number)[]): Promise<readonly Row[]>;
}

type Row = Readonly<Record<string, unknown>>;

const CREATE = [
  `CREATE TABLE IF NOT EXISTS codecell_sessions (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, expires BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS codecell_locks (
    name TEXT PRIMARY KEY, token TEXT NOT NULL, expires BIGINT NOT NULL)`,
];
const TIDY = "DELETE FROM codecell_sessions WHERE expires < $1";
const GET = "SELECT value FROM codecell_sessions WHERE key = $1";
const SET = `INSERT INTO codecell_sessions (key, value, expires) VALUES ($1, $2, $3)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`;
const DELETE = "DELETE FROM codecell_sessions WHERE key = $1";
/** One atomic statement: of two that try at the same time, one gets a row. */
const LOCK = `INSERT INTO codecell_locks (name, token, expires) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET token = excluded.token, expires = excluded.expires
  WHERE codecell_locks.expires < $4 OR codecell_locks.token = excluded.token
  RETURNING token`;
const UNLOCK = "DELETE FROM codecell_locks WHERE name = $1 AND token = $2";

/** Keyv itself ignores expired values, which contain their time; the column is for deleting them. */
class SqlAdapter extends EventEmitter implements KeyvStoreAdapter {
  readonly opts = {};
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    super();
    this.#database = database;
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    return (await this.#database.query(GET, [key]))[0]?.["value"] as Value | undefined;
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#database.query(SET, [key, value, Date.now() + ttlMs]);
  }

  async delete(key: string): Promise<boolean> {
    await this.#database.query(DELETE, [key]);
    return true;
  }

  async clear(): Promise<void> {
    await this.#database.query("DELETE FROM codecell_sessions", []);
  }
}

/** The clocks of the processes that share the database must agree to within a few seconds. */
export async function sqlStore(database: SqlDatabase): Promise<SharedStore> {
  for (const statement of CREATE) await database.query(statement, []);
  await database.query(TIDY, [Date.now()]);
  const locks: Locks = {
    lock: async (name, token, ttlMs) => {
      const now = Date.now();
      return (await database.query(LOCK, [name, token, now + ttlMs, now])).length > 0;
    },
    unlock: async (name, token) => {
      await database.query(UNLOCK, [name, token]);
    },
  };
  return keyvStore(new SqlAdapter(database), locks, async () => database[Symbol.asyncDispose]());
}
