/** The package's own version has one source, and whoever asks gets it. */
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { expect, test } from "vitest";
import { VERSION } from "../../src/core/version.ts";
import { createRuntime } from "../../src/index.ts";
import { createMcpServer, type McpServerOptions } from "../../src/serve/mcp/index.ts";
import { createClient } from "../../src/tools/mcp/client.ts";

const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
const { version } = JSON.parse(manifest) as { version: string };

async function versionOfServer(options: McpServerOptions): Promise<string | undefined> {
  await using runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = createMcpServer(runtime, options);
  await server.connect(far);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(near);
  const found = client.getServerVersion()?.version;
  await client.close();
  await server.close();
  return found;
}

test("it is that of package.json", () => {
  expect(VERSION).toBe(version);
});

test("an MCP server has it where no other is given", async () => {
  expect(await versionOfServer({})).toBe(version);
  expect(await versionOfServer({ version: "9.8.7" })).toBe("9.8.7");
});

test("an MCP server that codecell connects to is given it", async () => {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = new Server({ name: "test", version: "1" }, { capabilities: {} });
  await server.connect(far);
  const client = createClient("test", {}, () => {});
  await client.connect(near);
  expect(server.getClientVersion()).toMatchObject({ name: "codecell", version });
  await client.close();
});
