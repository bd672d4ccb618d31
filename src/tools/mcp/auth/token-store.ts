import { createHash } from "node:crypto";
import { join } from "node:path";
import type { OAuthDiscoveryState } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import {
  codecellHome,
  makePrivateFolder,
  readPrivate,
  writePrivate,
} from "../../../core/private-files.ts";
import { isObject } from "../../../core/is-object.ts";
import { withFileLock } from "../../../core/file-lock.ts";

/** What is kept of one server. */
export interface StoredCredentials {
  /** The server that they are for. */
  readonly url: string;
  /** With the `issuer` that registered it. */
  readonly client?: OAuthClientInformationMixed | undefined;
  /** With the `issuer` that they are from. */
  readonly tokens?: OAuthTokens | undefined;
  readonly discovery?: OAuthDiscoveryState | undefined;
}

type StoredParts = Readonly<Record<string, unknown>>;

/** The credentials of one server while their lock is held. */
export interface LockedCredentials {
  /** As they are now: another process may have changed them before the lock was had. */
  readonly stored: StoredCredentials;
  /** Readers see what was or what is, never half of it. */
  save(changes: Partial<Omit<StoredCredentials, "url">>): Promise<void>;
}

/**
 * Credentials by the address of their server, a file each, readable by their owner only. They are changed under the lock
 * of their file only, by one at a time of all processes that share the folder.
 */
export class TokenStore {
  readonly #folder: string;

  /** @param folder default: `$CODECELL_HOME/credentials`, else `~/.codecell/credentials` */
  constructor(folder = join(codecellHome(), "credentials")) {
    this.#folder = folder;
  }

  async read(url: string): Promise<StoredCredentials> {
    try {
      const stored: unknown = JSON.parse(await readPrivate(this.#file(url)));
      if (isObject(stored) && stored["url"] === url) return onlyWhole(stored, url);
    } catch {
      // None yet, or not ours: a new login writes it anew.
    }
    return { url };
  }

  /** @throws Error when another process holds the lock for too long, or nothing can be written, without a path in it */
  async locked<T>(url: string, work: (credentials: LockedCredentials) => Promise<T>): Promise<T> {
    const lock = `${this.#file(url)}.lock`;
    await storing(makePrivateFolder(this.#folder));
    const locked = Promise.withResolvers<void>();
    const result = withFileLock(lock, async () => {
      locked.resolve();
      let stored = await this.read(url);
      return await work({
        get stored() {
          return stored;
        },
        save: async (changes) => {
          stored = { ...stored, ...changes };
          await storing(this.#write(stored));
        },
      });
    });
    // Only a failure to take the lock is one of storing: what `work` throws is passed on as it is.
    await storing(Promise.race([locked.promise, result]));
    return await result;
  }

  async #write(credentials: StoredCredentials): Promise<void> {
    const text = `${JSON.stringify(credentials, undefined, 2)}\n`;
    await writePrivate(this.#file(credentials.url), text);
  }

  #file(url: string): string {
    return join(
      this.#folder,
      `${createHash("sha256").update(url).digest("hex").slice(0, 32)}.json`,
    );
  }
}

/** What is there as a whole. A part that is damaged is none: a login, or a renewal, writes it anew. */
function onlyWhole({ client, tokens, discovery }: StoredParts, url: string): StoredCredentials {
  const { authorizationServerUrl: issuer, authorizationServerMetadata: metadata } = isObject(
    discovery,
  )
    ? discovery
    : {};
  const parts = {
    url,
    ...(isObject(client) ? { client } : {}),
    ...(isObject(tokens) ? { tokens } : {}),
    ...(typeof issuer === "string" && isObject(metadata) ? { discovery } : {}),
  };
  return parts as StoredCredentials;
}

/** An error of the file system names a path of the host; its code says enough. */
async function storing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error("its credentials cannot be stored", { cause });
  }
}
