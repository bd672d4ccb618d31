/** What a server that failed wrote on stderr is read by whoever runs codecell, and by nobody else. */
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterEach, expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import type { Runtime } from "../../src/index.ts";
import { createHandler } from "../../src/serve/index.ts";
import { createMcpServer } from "../../src/serve/mcp/index.ts";
import { createRuntime } from "../support/patient.ts";

const here = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/servers/${name}.ts`, import.meta.url));
const OPTIONS = { engine: "quickjs", placement: "inline" } as const;
const SERVERS = {
  dead: { command: process.execPath, args: [here("hostile")], env: { MODE: "exit" } },
  missing: { command: "/home/victim/bin/no-such-command", args: ["--key", "sk-live-123456"] },
  basic: {
    command: process.execPath,
    args: [here("basic")],
    env: { API_KEY: "hunter2hunter2" },
  },
};
/** What stands on stderr of a server, in its command or in its place in the config. */
const PRIVATE = /victim|sk-live|hunter2|cheese|server\.js|mcpServers|Cannot find|no-such-command/;

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(): Promise<Runtime> {
  const runtime = await createRuntime({ ...OPTIONS, mcpServers: SERVERS });
  open.push(() => runtime.close());
  return runtime;
}

test("stderr of a server that did not start reaches its host, and no program", async () => {
  const runtime = await start();
  const code = `
    const failed = [];
    const note = (e) => failed.push([e.name, e.code, e.message, e.hint, e.tool].join(" | "));
    for (const server of ["dead", "missing"]) {
      await tools[server]?.anything?.({}).catch(note);
      await getToolSpec(server, "anything").catch(note);
      await resources.list(server).catch(note);
      await resources.read(server, "a:b").catch(note);
      await prompts.get(server, "p").catch(note);
    }
    await tools.basic.crash({}).catch(note);
    return failed`;
  const result = await runtime.run(code);
  expect(result).toMatchObject({ ok: true });
  const text = JSON.stringify(result);
  expect(text).toContain('server \\"dead\\" did not start: it ended with exit code 1');
  expect(text).toContain('server \\"missing\\" did not start: its command cannot be run');
  expect(text).toContain('server \\"basic\\" stopped during the call (exit code 1)');
  expect(text).not.toMatch(PRIVATE);
  const { servers, warnings } = runtime.describe();
  expect(servers.find(({ name }) => name === "dead")!.failure).toContain("API_KEY=sk-live-123456");
  expect(servers.find(({ name }) => name === "missing")!.failure).toContain("no-such-command");
  expect(warnings.join("\n")).toContain("fatal: out of cheese");
});

test("nor a model or a client of the MCP server", async () => {
  const runtime = await start();
  const told: unknown[] = [];
  for (const tool of agentTools(runtime)) {
    const args = {
      code: "return await tools.dead.x({})",
      tools: ["dead.x", "missing.x"],
      category: "dead",
    };
    told.push(await tool.execute(args));
  }
  told.push(await runtime.startContext());
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1" });
  await Promise.all([createMcpServer(runtime).connect(far), client.connect(near)]);
  for (const name of ["search_tools", "get_tool_details", "execute_code"])
    told.push(
      await client.callTool({
        name,
        arguments: { category: "dead", tools: ["dead.x"], code: "return await tools.dead.x({})" },
      }),
    );
  await client.close();
  expect(JSON.stringify(told)).toContain("did not start");
  expect(JSON.stringify(told)).not.toMatch(PRIVATE);
});

test("nor who asks for the tools over HTTP", async () => {
  const handler = await createHandler({
    ...OPTIONS,
    mcpServers: SERVERS,
    startMs: 120_000,
    warn: false,
  });
  open.push(() => handler[Symbol.asyncDispose]());
  const told: string[] = [];
  for (const path of ["tools", "tools?search=x", "tools/dead", "tools/dead/x", "tools/missing/x"]) {
    const response = await handler(new Request(`http://localhost/${path}`));
    told.push(`${response.status} ${await response.text()}`);
  }
  expect(told.join("\n")).toContain("did not start: it ended with exit code 1");
  expect(told.join("\n")).not.toMatch(PRIVATE);
});
