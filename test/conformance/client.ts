/** The client under test of the conformance suite: our own connection manager, its address being the last argument. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import type { Authorizer } from "../../src/tools/mcp/auth/authorizer.ts";
import { TokenStore } from "../../src/tools/mcp/auth/token-store.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { ToolInfo } from "../../src/tools/tool.ts";

interface Context {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
  readonly signing_algorithm?: string;
}

const url = process.argv.at(-1)!;
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as Context;

/** What a service's owner knows: who issues its tokens. */
async function issuer(): Promise<string> {
  const { pathname, origin } = new URL(url);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  return ((await response.json()) as { authorization_servers: string[] }).authorization_servers[0]!;
}

async function oauth(): Promise<Record<string, string>> {
  const { client_id, client_secret, private_key_pem, signing_algorithm = "ES256" } = context;
  const client = client_id === undefined ? {} : { clientId: client_id };
  const secret = client_secret === undefined ? {} : { clientSecret: client_secret };
  if (scenario === "auth/client-credentials-basic")
    return { grant: "client_credentials", issuer: await issuer(), ...client, ...secret };
  if (scenario === "auth/client-credentials-jwt")
    return {
      grant: "client_credentials",
      issuer: await issuer(),
      ...client,
      privateKey: private_key_pem!,
      algorithm: signing_algorithm,
    };
  if (scenario === "auth/basic-cimd")
    return { clientMetadataUrl: "https://conformance-test.local/client-metadata.json" };
  return {
    ...client,
    ...secret,
    ...(client_secret === undefined ? {} : { issuer: await issuer() }),
  };
}

/** A person who agrees to everything. */
class Agreeing implements Authorizer {
  readonly redirectUrl = "http://127.0.0.1:3000/callback";
  readonly state = "s";
  #code = "";

  async show(address: URL): Promise<void> {
    const response = await fetch(address, { redirect: "manual" });
    this.#code = new URL(response.headers.get("location")!).searchParams.get("code")!;
  }

  async code(): Promise<string> {
    return this.#code;
  }
}

/** Something of the right type for every parameter. */
function argumentsFor({ inputSchema = {} }: ToolInfo): Record<string, unknown> {
  const properties = (inputSchema["properties"] ?? {}) as Record<string, { type?: string }>;
  const values: Record<string, unknown> = { number: 2, integer: 2, boolean: true };
  return Object.fromEntries(
    Object.entries(properties).map(([key, { type = "" }]) => [key, values[type] ?? "x"]),
  );
}

const config = checkServers(
  { remote: { type: "http", url, oauth: await oauth() } },
  "mcpServers",
  {},
)["remote"]!;
await using source = configuredSource("remote", config, {
  authorizer: new Agreeing(),
  store: new TokenStore(await mkdtemp(join(tmpdir(), "codecell-conformance-"))),
  hooks: { onElicitation: () => ({ action: "accept", content: {} }) },
});
for (const tool of await source.list()) {
  const signal = AbortSignal.timeout(20_000);
  await source
    .call(tool.name, argumentsFor(tool), { signal, caller: {} })
    .catch((error: Error) => console.error(error.message));
}
