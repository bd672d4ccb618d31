/** Every spelling of a server and a tool that programs write, on both engines. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clear, placedTools, serversSpelled, toolsSpelled } from "../../src/core/spelling.ts";
import type { Runtime } from "../../src/index.ts";
import { buildNames } from "../../src/tools/names.ts";
import { checked } from "../support/checked.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const tools = {
  "google-drive": { get_sheet: () => "sheet", "list-files": () => "files" },
  math: { get_sum: () => "sum", "a-b": () => "dash", a_b: () => "line", "😀": () => "face" },
};

const CALLS: readonly (readonly [code: string, value: string])[] = [
  ["tools.math.get_sum()", "sum"],
  ["tools.math.getSum()", "sum"],
  ["tools.math['get-sum']()", "sum"],
  ["tools.math.GetSum()", "sum"],
  ["tools.math.math_get_sum()", "sum"],
  ["tools.Math.getsum()", "sum"],
  ["tools.google_drive.getSheet()", "sheet"],
  ["tools.GoogleDrive['list.files']()", "files"],
  ["tools.math['😀']()", "face"],
  ["tools.math_get_sum()", "sum"],
  ["tools['math.getSum']()", "sum"],
  ["tools['math/get-sum']()", "sum"],
  ["tools.mcp__math__get_sum()", "sum"],
  ["(await import('./servers/googleDrive/getSheet')).default()", "sheet"],
  ["(await import('/mcp-tools/google_drive')).GetSheet()", "sheet"],
  ["math_get_sum()", "sum"],
  ["math__get_sum()", "sum"],
  ["mcp__math__get_sum()", "sum"],
  ["mcp__google_drive__getSheet()", "sheet"],
  ["google_drive__list_files()", "files"],
  ["tools.math.a_b()", "line"],
  ["tools.math['a-b']()", "dash"],
];

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine, placement: "inline", ...checked(engine), tools });
  });
  afterAll(() => runtime.close());

  test.each(CALLS)("%s", async (code, expected) => {
    expect(await value(runtime.run(`return await ${code}`))).toBe(expected);
    const session = await runtime.session("spellings");
    expect(await value(session.run(`return await ${code}`))).toBe(expected);
    const { tools: uses, diagnostics } = await runtime.inspect(`return await ${code}`);
    expect(diagnostics).toEqual([]);
    expect(uses).toHaveLength(1);
    const names = Object.values(tools).flatMap((each) => Object.keys(each));
    expect(names).toContain(uses[0]!.tool);
  });

  test.each([
    ["tools.math.AB()", /math\.A?B?.*did you mean math\.a-b or math\.a_b/i],
    ["tools.math['!?']()", /math\.!\? is not a tool/],
    ["tools['...'].x()", /there is no server '\.\.\.'/],
    ["tools.math.hasOwnProperty()", /math\.hasOwnProperty is not a tool/],
  ])("%s is an unknown tool, and the process goes on", async (code, message) => {
    const result = await runtime.run(`return await ${code}`);
    expect(result).toMatchObject({ ok: false, error: { code: "unknown_tool" } });
    expect(result.ok ? "" : result.error.message).toMatch(message);
    expect(await value(runtime.run("return await tools.math.getSum()"))).toBe("sum");
  });

  test("discovery takes spellings, and has its other names", async () => {
    const code = `return [
      (await getToolSpec("GoogleDrive", "getSheet")).name,
      (await loadToolCategory("google_drive")).length,
      (await loadToolAPI("Math"))[0].declaration.includes("function getSum"),
      await loadToolAPI("nope").catch((e) => e.code),
      await loadToolCategory(3).catch((e) => e.code),
    ]`;
    expect(await value(runtime.run(code))).toEqual([
      "get_sheet",
      2,
      true,
      "unknown_tool",
      "invalid_arguments",
    ]);
  });
});

const name = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."aB1_-./😀é") });

test("an exact name is that tool, whatever other names there are, and a spelling finds at most one", () => {
  const servers = fc.uniqueArray(
    fc.record({ name, tools: fc.uniqueArray(name, { maxLength: 6 }) }),
    {
      maxLength: 4,
      selector: (server) => server.name,
    },
  );
  fc.assert(
    fc.property(servers, name, (given, word) => {
      const table = buildNames(given);
      for (const server of table.servers) {
        expect(serversSpelled(table, server.name)).toEqual([server]);
        for (const tool of server.tools) {
          expect(toolsSpelled(server, tool.name)).toEqual([tool]);
          expect(placedTools(table, tool.flat)).toEqual([{ server, tool }]);
        }
        const tool = clear(toolsSpelled(server, word));
        if (tool !== undefined) expect(server.tools).toContain(tool);
      }
    }),
  );
});

test.each(["", "-", "…", "x".repeat(100_000), "__proto__", "constructor", "a__".repeat(20_000)])(
  "nonsense finds nothing (%#)",
  (word) => {
    const table = buildNames([{ name: "math", tools: ["get_sum", "!"] }]);
    expect(serversSpelled(table, word)).toEqual([]);
    expect(toolsSpelled(table.servers[0]!, word)).toEqual([]);
    expect(placedTools(table, word)).toEqual([]);
  },
);
