import { CodecellError, messageOf } from "../../core/errors.ts";
import type { StringSchema } from "../../core/setting-schema.ts";
import type { SharedStore } from "../store.ts";

/** The kinds of stores: the start of the address, how to open it, and a hint for a failure. */
const KINDS: readonly (readonly [
  pattern: RegExp,
  open: (address: string) => Promise<SharedStore>,
  hint: string,
])[] = [
  [
    /^sqlite:/,
    async (address) => (await import("./sqlite.ts")).openSqlite(address.slice("sqlite:".length)),
    "Is the folder there, and may it be written to?",
  ],
  [
    /^rediss?:\/\//,
    async (address) => (await import("./redis.ts")).openRedis(address),
    "It needs the package @keyv/redis (npm install @keyv/redis), and a server that can be reached there.",
  ],
  [
    /^postgres(?:ql)?:\/\//,
    async (address) => (await import("./postgres.ts")).openPostgres(address),
    "It needs the package pg (npm install pg), and a server that can be reached there.",
  ],
];

/** The setting for the address of a store. */
export const STORE_ADDRESS: StringSchema = {
  type: "string",
  pattern: KINDS.map(([pattern]) => pattern.source).join("|"),
  wanted: "sqlite:<file>, redis://… or postgres://…",
  variables: true,
};

const opened = new Map<string, { readonly store: Promise<SharedStore>; users: number }>();

/**
 * Opens a store. All users of the same store in this process share its connections; the last one closes them.
 * @throws CodecellError `config_error` when it cannot be opened; an address may hold a password and is not shown
 */
export async function openStore(address: string): Promise<SharedStore> {
  const entry = opened.get(address) ?? { store: openAnew(address), users: 0 };
  opened.set(address, entry);
  entry.users++;
  let isOpen = true;
  const leave = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    if (--entry.users > 0) return;
    opened.delete(address);
    await (await entry.store)[Symbol.asyncDispose]();
  };
  try {
    return { ...(await entry.store), [Symbol.asyncDispose]: leave };
  } catch (error) {
    if (opened.get(address) === entry) opened.delete(address); // keep an entry that was opened since
    throw error;
  }
}

async function openAnew(address: string): Promise<SharedStore> {
  const [, open, hint] = KINDS.find(([pattern]) => pattern.test(address))!;
  try {
    return await open(address);
  } catch (error) {
    const kind = address.slice(0, address.indexOf(":"));
    const reason = messageOf(error).replaceAll(address, kind).split("\n", 1)[0]!;
    throw new CodecellError("config_error", `the ${kind} store cannot be opened: ${reason}`, {
      hint,
      cause: error,
    });
  }
}
