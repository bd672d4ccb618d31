import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { OAuthDiscoveryState } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";

/** What is kept of one server. */
export interface StoredCredentials {
  readonly url: string;
  readonly client?: OAuthClientInformationMixed;
  readonly tokens?: OAuthTokens;
  readonly discovery?: OAuthDiscoveryState;
}

/** Credentials by the address of their server, a file each, readable by their owner only. */
export class TokenStore {
  readonly #folder: string;

  /** @param folder default: `$CODECELL_HOME/credentials`, else `~/.codecell/credentials` */
  constructor(
    folder = join(process.env["CODECELL_HOME"] ?? join(homedir(), ".codecell"), "credentials"),
  ) {
    this.#folder = folder;
  }

  async read(url: string): Promise<StoredCredentials> {
    try {
      const stored: unknown = JSON.parse(await readFile(this.#file(url), "utf8"));
      if (
        typeof stored === "object" &&
        stored !== null &&
        (stored as { url?: unknown }).url === url
      )
        return stored as StoredCredentials;
    } catch {
      // None yet, or not ours: a new login writes it anew.
    }
    return { url };
  }

  /** Changes what is kept of a server. Readers see the old file or the new one, never half of one. */
  async update(url: string, changes: Partial<StoredCredentials>): Promise<void> {
    const credentials = { ...(await this.read(url)), ...changes };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#file(url);
    const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await writeFile(draft, `${JSON.stringify(credentials, undefined, 2)}\n`, {
      mode: 0o600,
      flag: "wx",
    });
    await rename(draft, file);
  }

  async delete(url: string): Promise<void> {
    await rm(this.#file(url), { force: true });
  }

  #file(url: string): string {
    return join(
      this.#folder,
      `${createHash("sha256").update(url).digest("hex").slice(0, 32)}.json`,
    );
  }
}
