/** A server that wants to harm its host: nothing crashes, hangs or leaks, whatever it lists and answers. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const file = fileURLToPath(new URL("../../fixtures/servers/hostile.ts", import.meta.url));
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(
  env: Record<string, string> = {},
  options: RuntimeOptions = {},
): Promise<Runtime> {
  const bad = { command: process.execPath, args: [file], env };
  const runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    mcpServers: { bad },
    tools: { good: { ping: () => "pong" } },
    ...options,
  });
  open.push(() => runtime.close());
  return runtime;
}

/** Text that does what the server wanted it to do to a reader or a parser. */
// oxlint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u2028\u2029\u202a-\u202e]/;

test("its tools are there, each with a declaration, and what cannot be said is unknown with a reason", async () => {
  const hits: string[] = [];
  const target = createServer((request, response) => {
    hits.push(request.url!);
    response.end("{}");
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  open.push(() => new Promise((resolve) => target.close(resolve)));
  const runtime = await start({
    TARGET: `http://127.0.0.1:${(target.address() as AddressInfo).port}`,
  });
  const tools = await runtime.listTools("bad", { detail: "full" });
  expect(tools.length).toBe(13 + 15 + 10);
  for (const { declaration } of tools) {
    expect(declaration).toContain("declare function ");
    expect(declaration).not.toMatch(HARMFUL);
    // What remains of the text outside of comments and strings is ours.
    expect(declaration!.replace(/\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"/g, "")).not.toContain("pwned");
  }
  const of = async (name: string): Promise<string> =>
    (await runtime.getToolSpec("bad", name)).declaration;
  expect(await of("remote_ref")).toMatch(
    /Arguments: the reference http:\S+ leads out of the schema and is not followed\./,
  );
  expect(await of("ring_of_refs")).toContain("the reference #/$defs/A leads nowhere");
  expect(await of("deep")).toMatch(/Arguments: the schema cannot be used \(it is nested more than/);
  expect(await of("wide")).toMatch(/Arguments: the schema cannot be used \(it has more than/);
  expect(await of("recursive_ref")).toContain("self?: RecursiveRefArgs");
  expect((await of("doubling")).length).toBeLessThan(20_000);
  expect(hits).toEqual([]);
  expect(runtime.describe().warnings.join("\n")).toMatch(/a second tool named 'echo' was left out/);
});

test("the wrappers stay in their folder, and tsc --strict accepts them", async () => {
  const runtime = await start();
  const folder = temporaryFolder();
  const written: string[] = [];
  for await (const [path, text] of runtime.wrappers()) {
    const target = join(folder, path);
    expect(relative(folder, target).startsWith("..")).toBe(false);
    expect(path.split("/").length).toBeLessThanOrEqual(2);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { flag: "wx" });
    written.push(target);
  }
  expect(readdirSync(join(folder, "bad")).length).toBe(13 + 15 + 10 + 1);
  const lowered = readdirSync(join(folder, "bad")).map((name) => name.toLowerCase());
  expect(new Set(lowered).size).toBe(lowered.length);
  const args = [TSC, "--noEmit", "--strict", "--target", "esnext", "--types", "", ...written];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
});

test("every tool can be called under every name", async () => {
  const runtime = await start();
  const code = `const failed = [];
    for (const { name } of await listTools("bad")) {
      if (["die", "flood", "then", "names", "deep_text", "deep_value", "long_error"].includes(name)) continue;
      const answer = await tools.bad[name]({}).catch((e) => e);
      if (answer instanceof Error && answer.code !== "tool_error") failed.push([name.slice(0, 20), answer.code]);
    }
    return failed`;
  expect(await runtime.run(code)).toMatchObject({ ok: true, value: [] });
});

test("a pattern that backtracks without end holds up nobody", async () => {
  const runtime = await start();
  const evil = `${"a".repeat(60)}!`;
  const result = await runtime.run(
    `return await tools.bad.redos({ a: ${JSON.stringify(evil)}, [${JSON.stringify(evil)}]: 1 })`,
  );
  expect(result).toMatchObject({ ok: true, value: { a: evil } });
});

test("results that change their shape are values or errors, never a crash", async () => {
  const runtime = await start();
  const code = `const all = [];
    for (let i = 0; i < 8; i++) all.push(await tools.bad.shape().then((v) => v === undefined ? "nothing" : v, (e) => e.name + " " + e.code));
    return all`;
  expect(await runtime.run(code)).toMatchObject({
    ok: true,
    value: [
      "plain",
      "nothing",
      [{ type: "hologram", beam: 1 }, expect.anything(), expect.anything()],
      [[1]],
      '{"a":',
      "ToolError tool_error",
      "nothing",
      [{ type: "image", data: "***", mimeType: 9 }],
    ],
  });
});

test("shapes are learned from such results, and never their values", async () => {
  const runtime = await start({}, { learn: true });
  await runtime.run("for (let i = 0; i < 8; i++) await tools.bad.shape().catch(() => {})");
  const { declaration } = await runtime.getToolSpec("bad", "shape");
  expect(declaration).toMatch(/observed in \d calls/);
  expect(declaration).not.toMatch(/plain|hologram|beam: 1/);
});

test("a server that dies during a call costs that call, and is started again for the next", async () => {
  const runtime = await start();
  const code = `
      const died = await tools.bad.die().catch((e) => e.message);
      return [died, await tools.bad.echo({ a: 1 })]
    `;
  expect(await runtime.run(code)).toMatchObject({
    ok: true,
    value: [
      expect.stringMatching(/server "bad" stopped during the call \(exit code 7\)/),
      { a: 1 },
    ],
  });
});

test("a flood of notifications and of answers nobody asked for does not stop the others", async () => {
  const runtime = await start();
  let logs = 0;
  runtime.on("server_log", () => logs++);
  const code = `
      const flood = tools.bad.flood();
      const pong = await tools.good.ping();
      return [pong, await flood, await tools.bad.echo({ b: 2 })]
    `;
  const result = await runtime.run(code);
  expect(result).toMatchObject({ ok: true, value: ["pong", "flooded", { b: 2 }] });
  // 80,000 messages that nobody asked for: the first thousands are let in, the others are thrown away, and it is told.
  expect(logs).toBeGreaterThan(100);
  expect(logs).toBeLessThan(20_000);
  expect(runtime.describe().warnings.join("\n")).toMatch(
    /bad: sends more messages than anyone asked for; \d+ were thrown away/,
  );
});

test("a list without end is cut, one of 20,000 tools works and is searched", async () => {
  const endless = await start({ MODE: "endless" });
  expect(endless.describe().warnings.join("\n")).toContain("more than 1000 pages");
  const huge = await start({ MODE: "huge" });
  expect(huge.describe().servers.find(({ name }) => name === "bad")!.tools).toBe(20_000);
  expect(await huge.listTools("bad")).toHaveLength(20_000);
  expect((await huge.searchTools("number 17123"))[0]!.name).toBe("tool_17123");
  expect(await huge.run("return await tools.bad.tool_19999({ x: 1 })")).toMatchObject({
    ok: true,
    value: { x: 1 },
  });
});

test("types are checked against such declarations too", async () => {
  const runtime = await start({}, { typeCheck: true });
  const code =
    'const r = await tools.bad.recursiveRef({ tree: { kids: [{ kids: "none" }] } }); return r';
  expect(await runtime.run(code)).toMatchObject({
    ok: false,
    error: { code: "type_error", line: 1, tool: "bad.recursive_ref" },
  });
  for (const name of ["doubling", "deep", "wide", "names", "texts", "typeInjection"])
    expect(await runtime.run(`void tools.bad.${name}; return 1`)).toMatchObject({
      ok: true,
      value: 1,
    });
});
