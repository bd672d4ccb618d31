/** What others read to install codecell: the MCP registry, and the links of the README. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { entryFor, installLinks, npxLauncher } from "../../src/cli/install/entry.ts";
import { hostNamed } from "../../src/cli/install/hosts.ts";

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly mcpName: string;
  readonly homepage: string;
}

interface ServerJson {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly websiteUrl: string;
  readonly packages: readonly Record<string, unknown>[];
}

test("server.json describes this version of the package, which names it back", () => {
  const manifest = JSON.parse(read("package.json")) as Manifest;
  const server = JSON.parse(read("server.json")) as ServerJson;
  expect(server).toMatchObject({
    $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    name: manifest.mcpName,
    version: manifest.version,
    websiteUrl: manifest.homepage,
    packages: [
      {
        registryType: "npm",
        identifier: manifest.name,
        version: manifest.version,
        transport: { type: "stdio" },
      },
    ],
  });
  // As the registry's schema has it.
  expect(server.name).toMatch(/^io\.github\.[\w.-]+\/codecell$/);
  expect(server.description.length).toBeLessThanOrEqual(100);
});

test.each(["cursor", "vscode"])("the README's link for %s is that of the entry", (name) => {
  const entry = entryFor(hostNamed(name), npxLauncher("linux"), undefined);
  expect(read("README.md")).toContain(`](${installLinks(name, entry).web})`);
});
