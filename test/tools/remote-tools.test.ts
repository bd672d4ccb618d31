/** The list of tools that a service sends to a runtime elsewhere: the service may be anything that answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { remoteSources } from "../../src/tools/remote-tools.ts";

/** What `remoteSources` makes of an answer. */
async function sourcesOf(answer: unknown): Promise<readonly { readonly name: string }[]> {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await remoteSources(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const servers = (count: number): object => ({
  servers: Array.from({ length: count }, (_, number) => ({ name: `s${number}`, tools: [] })),
});

test("has at most 1,000 servers", async () => {
  expect(await sourcesOf(servers(1_000))).toHaveLength(1_000);
  await expect(sourcesOf(servers(1_001))).rejects.toThrow("it does not list its tools");
});

test.each<[what: string, answer: unknown]>([
  ["no list", { servers: { length: 1 } }],
  ["null", null],
  ["a server without a name", { servers: [{ tools: [] }] }],
  ["a server whose name is an object", { servers: [{ name: { toString: 1 }, tools: [] }] }],
  ["a server without tools", { servers: [{ name: "a" }] }],
  ["a tool without a name", { servers: [{ name: "a", tools: [{}] }] }],
  ["instructions that are no text", { servers: [{ name: "a", tools: [], instructions: 1 }] }],
])("is refused with %s", async (_what, answer) => {
  await expect(sourcesOf(answer)).rejects.toMatchObject({
    code: "engine_unavailable",
    message: expect.stringContaining("it does not list its tools"),
  });
});

test("is refused with more than a million parts", async () => {
  const many = { servers: [], more: Array(1_000_001).fill(0) };
  await expect(sourcesOf(many)).rejects.toThrow(/cannot be used: it has more than 1000000 parts/);
});
