/** Settings that are wrong, and what start-up does without. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  createRuntime,
  loadConfig,
  type McpClient,
  type McpServerEntry,
  type RuntimeOptions,
} from "../../src/index.ts";
import { resolveServe } from "../../src/serve/service/settings.ts";

describe("hostile values are refused by name, in a short message", () => {
  const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
  const throwing = {
    toJSON: () => expect.fail("nobody asks it"),
    toString: () => expect.fail("nobody asks it"),
    valueOf: () => expect.fail("nobody asks it"),
  };
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const VALUES: readonly (readonly [name: string, value: unknown])[] = [
    ["a huge text", "\n".repeat(10_000_000)],
    ["an object that describes itself", throwing],
    ["deep lists", deep],
    ["a cyclic list", cyclic],
    ["a symbol", Symbol("x")],
    ["a big integer", 1n],
    ["null", null],
  ];
  const SETTINGS: readonly (readonly [name: string, wrap: (value: unknown) => object])[] = [
    ["engine", (engine) => ({ engine })],
    ["placement", (placement) => ({ placement })],
    ["hardened", (hardened) => ({ hardened })],
    ["learn", (learn) => ({ learn: typeof learn === "string" ? "" : learn })],
    ["tokenizer", (tokenizer) => ({ tokenizer })],
    ["limits", (limits) => ({ limits })],
    ["limits.cpuMs", (cpuMs) => ({ limits: { cpuMs } })],
    ["sessions.max", (max) => ({ sessions: { max } })],
    ["sessions.store", (store) => ({ sessions: { store } })],
    ["workers", (workers) => ({ workers })],
    ["workers.max", (max) => ({ workers: { max } })],
    ["sharing", (sharing) => ({ sharing })],
    ["sharing.max", (max) => ({ sharing: { max } })],
    ["sharing.weights", (weights) => ({ sharing: { weights } })],
    ["sharing.weights.ann", (ann) => ({ sharing: { weights: { ann } } })],
    ["sandbox.syscalls", (syscalls) => ({ placement: "sandbox", sandbox: { syscalls } })],
    ["sandbox.readOnly", (path) => ({ placement: "sandbox", sandbox: { readOnly: [path] } })],
    ["network.allow", (host) => ({ network: { allow: [host] } })],
    ["network.timeoutMs", (timeoutMs) => ({ network: { allow: [], timeoutMs } })],
    ["mcpServers", (mcpServers) => ({ mcpServers })],
    ["mcpServers.a", (entry) => ({ mcpServers: { a: entry } })],
    ["mcpServers.a.type", (type) => ({ mcpServers: { a: { url: "https://a.example", type } } })],
    ["mcpServers.a.timeoutMs", (timeoutMs) => ({ mcpServers: { a: { command: "a", timeoutMs } } })],
    ["mcpServers.a.oauth", (oauth) => ({ mcpServers: { a: { url: "https://a.example", oauth } } })],
  ];

  test.each(SETTINGS)("%s", async (name, wrap) => {
    for (const [, value] of VALUES) {
      const error: unknown = await createRuntime(wrap(value)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "config_error",
        message: expect.stringContaining(name),
      });
      const { message } = error as Error;
      expect(message.length).toBeLessThan(1_500);
      expect(message).not.toContain("\n");
    }
  });

  test("keys", async () => {
    const key = "x\n".repeat(1_000_000);
    for (const options of [{ [key]: 1 }, { limits: { [key]: 1 } }, { mcpServers: { [key]: 1 } }]) {
      const { message } = await createRuntime(options as RuntimeOptions).then(
        () => expect.fail("it was taken"),
        (error: Error) => error,
      );
      expect(message.length).toBeLessThan(1_500);
      expect(message).not.toContain("\n");
    }
  });

  test("in a config file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "codecell-settings-"));
    const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const part of ["sessions", "network", "limits", "sandbox", "engine"]) {
      const config = join(folder, `${part}.json`);
      await writeFile(config, `{"codecell":{"placement":"auto","${part}":${nested}}}`);
      await expect(createRuntime({ config })).rejects.toMatchObject({
        code: "config_error",
        message: expect.stringContaining(`codecell.${part}`),
      });
    }
    const { settings } = await loadConfig(join(folder, "sessions.json"));
    expect(() => resolveServe(settings?.["sessions"], "codecell.serve")).toThrow("codecell.serve");
    await rm(folder, { recursive: true });
  });
});

describe("messages name the place of a setting", () => {
  const inFile = async (settings: Record<string, unknown>): Promise<string> =>
    await createRuntime({ config: { path: "f.json", servers: {}, settings } }).then(
      () => expect.fail("it was taken"),
      (error: Error) => error.message,
    );

  test.each<[settings: Record<string, unknown>, message: string]>([
    [{ engine: "v9" }, 'codecell.engine is "v9"; it must be one of v8, quickjs'],
    [{ limts: {} }, "codecell.limts is not a setting; did you mean codecell.limits?"],
    [{ limits: { cpuMs: 0 } }, "codecell.limits.cpuMs is 0; it must be a number from 1 to 3600000"],
    [
      { limits: { cpu: 1 } },
      "codecell.limits.cpu is not a limit; the limits are memoryMb, cpuMs, wallMs, compileMs, toolCalls, parallelCalls, callBytes, bridgeBytes, keptBytes, valueDepth, resultBytes, logBytes, sourceBytes; did you mean codecell.limits.cpuMs?",
    ],
    [
      { workers: { max: "many" } },
      'codecell.workers.max is "many"; it must be a whole number from 1 to 256',
    ],
    [{ workers: "many" }, "codecell.workers must be an object"],
    [
      { sessions: { store: "${NOT_SET_HERE}" } },
      "codecell.sessions.store needs the environment variable NOT_SET_HERE",
    ],
    [
      { network: { allow: [{ host: "a.b", headers: { a: "${NOT_SET_HERE}" } }] } },
      "codecell.network.allow[0].headers.a needs the environment variable NOT_SET_HERE",
    ],
    [{ network: { alow: [] } }, "did you mean codecell.network.allow?"],
    [{ typeCheck: 1 }, 'codecell.typeCheck must be true, false or "auto"'],
    [
      { placement: { remote: "ftp://a.example" } },
      "codecell.placement.remote must be an http or https address",
    ],
  ])("%j", async (settings, message) => {
    expect(await inFile(settings)).toContain(message);
  });

  test("secrets are not shown", async () => {
    const secret = "s3cret";
    expect(await inFile({ placement: { remote: secret } })).not.toContain(secret);
    expect(await inFile({ sessions: { store: secret } })).not.toContain(secret);
    expect(() => resolveServe({ auth: { apiKeys: [{ key: secret }] } })).toThrow(
      /^codecell\.serve\.auth\.apiKeys\.0\.key must be a string of at least 16 characters$/,
    );
  });
});

test("a runtime without servers, hosts and a config file loads nothing that reads them, and not zod", () => {
  const index = new URL("../../dist/index.js", import.meta.url).href;
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
    const { createRuntime } = await import(${JSON.stringify(index)});
    await using runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
    console.log(JSON.stringify(seen));
  `;
  const out = execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
  const loaded = JSON.parse(out.toString()) as string[];
  expect(loaded).toContain(index);
  expect(
    loaded.filter((url) =>
      /node_modules\/(zod|@modelcontextprotocol)\/|tools\/(mcp\/(config|entry)|fetch\/settings)/.test(
        url,
      ),
    ),
  ).toEqual([]);
});

test("mcpServers has a type", () => {
  type Entry = NonNullable<RuntimeOptions["mcpServers"]>[string];
  expectTypeOf<Entry>().toEqualTypeOf<McpServerEntry | McpClient>();
  expectTypeOf({ command: "npx", args: ["-y"], autoApprove: [] }).toExtend<Entry>();
  expectTypeOf({ url: "https://a.example", oauth: { scope: "all" } }).toExtend<Entry>();
  expectTypeOf({ comand: "npx" }).not.toExtend<Entry>();
  expectTypeOf({ command: "npx", type: "http" as const }).not.toExtend<Entry>();
});
