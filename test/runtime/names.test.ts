/** Names that programs use without a path to them: servers and wrapper classes as globals, imports by path, callTool. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import { globalMeaning, memberMeaning, namedCall } from "../../src/core/meaning.ts";
import { importMeaning } from "../../src/core/tool-modules.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { buildNames } from "../../src/tools/names.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const named = (name: string) =>
  tool({
    input: { type: "object", properties: { id: { type: "string" }, n: { type: "integer" } } },
    output: { type: "object", properties: { made: { type: "string" } }, required: ["made"] },
    run: () => ({ made: name }),
  });

const tools = {
  github: { create_issue: named("issue"), list_issues: named("issues"), tools: named("tools") },
  eslint: { lint: named("lint") },
  "google-drive": { get_sheet: named("sheet") },
  DB: { query: named("DB") },
  db: { query: named("db") },
  URL: { parse: named("url") },
  crypto: { hash: named("hash") },
  process: { kill: named("kill") },
  fetch: { fetch: named("fetch") },
  callTool: { x: named("x") },
  constructor: { build: named("build") },
};

/** An expression that calls a tool, and what that answers. */
const CALLS: readonly (readonly [before: string, call: string, made: string])[] = [
  ["", "new GithubTools().createIssue()", "issue"],
  ["", "new GitHubTools(mcpClient).create_issue({ id: 'a' })", "issue"],
  ["", "new ESLintTools(mcpClient, {}).lint('a')", "lint"],
  ["const drive = new GoogleDriveTools();\n", "drive.getSheet()", "sheet"],
  ["", "new tools.GitHubTools().createIssue()", "issue"],
  ["import { GitHubTools } from './mcp-tools';\n", "new GitHubTools().createIssue()", "issue"],
  [
    "import GitHubTools from './servers/github/GitHubTools.ts';\n",
    "GitHubTools.createIssue()",
    "issue",
  ],
  ["import { GITHUBTools } from '/tools/github';\n", "new GITHUBTools().createIssue()", "issue"],
  [
    "import { GitHubTools } from '~/.mcp/wrappers/github/index.js';\n",
    "new GitHubTools().createIssue()",
    "issue",
  ],
  [
    "import { mcpClient } from './client';\nimport { EsLintTools } from './servers/eslint';\n",
    "new EsLintTools(mcpClient).lint()",
    "lint",
  ],
  ["import { github } from './servers';\n", "github.listIssues()", "issues"],
  ["import * as all from './mcp-tools/index.ts';\n", "all.github.listIssues()", "issues"],
  ["import { tools as all } from './tools';\n", "all.eslint.lint()", "lint"],
  ["import { open } from './mcp-tools/github/create_issue';\n", "open({ id: 'a' })", "issue"],
  ["import open from '/tools/github/createIssue.js';\n", "open()", "issue"],
  ["import { create_issue as open } from './servers/GitHub/create-issue';\n", "open()", "issue"],
  ["import { createIssue } from './tools/github_create_issue';\n", "createIssue()", "issue"],
  ["", "github.createIssue()", "issue"],
  ["", "googleDrive.get_sheet()", "sheet"],
  ["", "db.query()", "db"],
  ["", "DB.query()", "DB"],
  ["", "github_tools()", "tools"],
  ["", "callTool('github', 'create_issue', { id: 'a' })", "issue"],
  ["", "callTool('GitHub', 'createIssue')", "issue"],
  ["", "callTool('github.create_issue', 'a', 1)", "issue"],
  ["", "callTool('mcp__github__create_issue')", "issue"],
  ["", "callTool('github_create_issue', { id: 'a' })", "issue"],
  ["", "callTool('google-drive', 'getSheet', 'a')", "sheet"],
  ["const call = callTool;\n", "call('db', 'query')", "db"],
  ["import { callTool } from './mcp-tools/db';\n", "callTool('db', 'query')", "db"],
  ["", "tools.constructor.build()", "build"],
  ["", "GithubTools.createIssue({ id: 'a' })", "issue"],
  ["", "GitHubTools.create_issue('a', 1)", "issue"],
  ["", "tools.GitHubTools.listIssues()", "issues"],
  ["import { EsLintTools } from './servers/eslint';\n", "EsLintTools.lint('a')", "lint"],
  ["", "callTool({ name: 'github.create_issue', arguments: { id: 'a' } })", "issue"],
  ["", "callTool({ arguments: ({ id: 'a' }), name: 'mcp__github__create_issue' })", "issue"],
  ["", "mcpClient.callTool({ name: 'github__create_issue' })", "issue"],
  ["import { mcpClient as c } from './client';\n", "c.callTool('db', 'query', ({ n: 1 }))", "db"],
];

/** A program in which a server's name is a variable of its own. */
const OWN: readonly (readonly [code: string, value: unknown])[] = [
  ["const f = (github) => github.id;\nreturn f({ id: 1 })", 1],
  ["function github() { return { id: 2 } }\nreturn github().id", 2],
  ["class github { static id = 3 }\nreturn github.id", 3],
  ["let out; for (const db of [{ id: 4 }]) out = db.id;\nreturn out", 4],
  ["try { throw { id: 5 } } catch (db) { return db.id }", 5],
  ["const { db: { id } = { id: 6 } } = {};\nreturn id", 6],
  ["if (true) { var db = { id: 7 } }\nreturn db.id", 7],
  ["globalThis.db ??= { id: 8 };\nreturn db.id", 8],
  ["db: for (;;) { break db }\nreturn 9", 9],
  ["return { github: 10 }.github", 10],
  ["return typeof gitlab + typeof GitLabTools", "undefinedundefined"],
  ["return typeof github + typeof GitHubTools + typeof callTool", "objectfunctionfunction"],
  ["return typeof mcpClient + typeof mcpClient.callTool", "objectfunction"],
  ["class Mine extends GithubTools {}\nreturn typeof new Mine().createIssue", "function"],
  ["return new URL('https://a.b').host + typeof crypto.randomUUID()", "a.bstring"],
  ["return typeof process + typeof fetch + typeof constructor", "undefinedundefinedfunction"],
  ["return 'github' in globalThis", false],
  ["return JSON.stringify(Object.keys(github))", '["create_issue","list_issues","tools"]'],
];

/** A call that is no tool's: the code of its error, and what its message or its hint says. */
const WRONG: readonly (readonly [code: string, error: string, text: RegExp])[] = [
  ["Db.query()", "program_error", /`tools\.DB(?:\.query)?` or `tools\.db/],
  ["GitHub.createIssue()", "program_error", /`tools\.github`/],
  ["new dBTools()", "program_error", /`DBTools` or `DbTools`/],
  ["tools.Db.query()", "unknown_tool", /did you mean DB or db/],
  ["callTool('Db', 'query')", "unknown_tool", /did you mean DB or db/],
  ["callTool('github')", "unknown_tool", /callTool\("github", "create_issue", \{ … \}\)/],
  ["callTool('github', { id: 'a' })", "unknown_tool", /callTool\("github", "create_issue"/],
  ["callTool('create_issue', {})", "unknown_tool", /callTool\("github\.create_issue", \{ … \}\)/],
  ["callTool('github.create_isue')", "unknown_tool", /callTool\("github\.create_issue", \{ … \}\)/],
  ["callTool('github', 'create_isue')", "unknown_tool", /did you mean github\.create_issue/],
  ["callTool('gitlab', 'x')", "unknown_tool", /there is no server 'gitlab'/],
  ["callTool()", "invalid_arguments", /callTool\("server", "tool", \{ … \}\)/],
  ["GithubTools.createIsue()", "unknown_tool", /did you mean github\.create_issue/],
  ["callTool({ name: 'create_issue' })", "unknown_tool", /callTool\("github\.create_issue"/],
  ["callTool({ name: 7 })", "invalid_arguments", /callTool\("server\.tool"/],
  ["callTool({ name: 'db.query', id: 'a' })", "invalid_arguments", /callTool\("server\.tool"/],
  ["callTool({ name: 'db.query' }, { id: 'a' })", "invalid_arguments", /callTool\("server\.tool"/],
  ["callTool({ get name() { throw new Error('mine') } })", "program_error", /mine/],
  ["mcpClient.callTool()", "invalid_arguments", /callTool\("server", "tool", \{ … \}\)/],
  ["callTool('!?', {})", "unknown_tool", /there is no tool '!\?'/],
  ["callTool('__proto__', '__proto__')", "unknown_tool", /__proto__/],
  ["callTool('x'.repeat(100_000), 'y')", "unknown_tool", /there is no server 'x{100}'/],
  ["callTool('x'.repeat(100_000))", "unknown_tool", /there is no tool 'x{100}'/],
  ["callTool('a__'.repeat(50_000), 1)", "unknown_tool", /there is no tool/],
  ["(await import('./mcp-tools/github/nope')).x()", "unknown_tool", /there is no tool 'nope'/],
  ["(await import('./mcp-tools/gitlab')).x()", "unknown_tool", /there is no server 'gitlab'/],
  ["(await import('/tools/' + 'x/'.repeat(9_000))).x()", "unknown_tool", /there is no server 'x'/],
  [
    "import { listIssues } from './servers/github/create_issue';\nawait listIssues()",
    "unknown_tool",
    /no tool 'listIssues'; there are: create_issue/,
  ],
];

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine, placement: "inline", tools });
  });
  afterAll(() => runtime.close());

  test.each(CALLS)("%s%s", async (before, call, made) => {
    const code = `${before}return (await ${call}).made`;
    expect(await value(runtime.run(code))).toBe(made);
    const session = await runtime.session("names");
    expect(await value(session.run(code))).toBe(made);
    await session.close();
    const { diagnostics, dynamic, tools: uses } = await runtime.inspect(code);
    expect({ diagnostics, dynamic, uses: uses.length }).toEqual({
      diagnostics: [],
      dynamic: [],
      uses: 1,
    });
    const known = Object.entries(tools).flatMap(([server, all]) =>
      Object.keys(all).map((each) => `${server}.${each}`),
    );
    expect(known).toContain(`${uses[0]!.server}.${uses[0]!.tool}`);
  });

  test.each(OWN)("%s", async (code, expected) => {
    expect(await value(runtime.run(code))).toEqual(expected);
    const session = await runtime.session("own");
    expect(await value(session.run(code))).toEqual(expected);
    await session.close();
    expect((await runtime.inspect(code)).diagnostics).toEqual([]);
  });

  test.each(WRONG)("%s is refused, and the process goes on", async (code, error, text) => {
    const result = await runtime.run(code);
    if (result.ok) expect.fail(`it has succeeded with ${JSON.stringify(result.value)}`);
    expect(result.error.code).toBe(error);
    expect(`${result.error.message} ${result.error.hint}`).toMatch(text);
    expect(await value(runtime.run("(await github.listIssues()).made"))).toBe("issues");
  });

  test("a failed callTool can be caught, and one that nobody awaits is told", async () => {
    const code =
      "const failed = await callTool('nope.x').catch((error) => error.code);\ncallTool('github', 'list_issues');\nreturn failed";
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: true, value: "unknown_tool" });
    expect(result.calls).toMatchObject([{ tool: "github.list_issues", ok: true }]);
    expect(result.logs.map(({ text }) => text).join("\n")).toMatch(/github\.list_issues/);
  });

  test("what prints the module of one tool does not call it", async () => {
    const code =
      "const all = await import('./mcp-tools/github/create_issue');\nconsole.log(all);\nreturn [JSON.stringify(all), typeof all.toString, typeof all.constructor, (await all.open()).made]";
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: true, value: ["{}", "undefined", "undefined", "issue"] });
    expect(result.calls).toHaveLength(1);
  });

  test("a program that patches what arrays are read with fools nobody else", async () => {
    const code =
      "Array.prototype[Symbol.iterator] = () => { throw 1 };\nArray.prototype.slice = null;\nconst { made } = await callTool('github', 'list_issues', {});\nreturn made + (await new GitHubTools().createIssue()).made";
    expect(await value(runtime.run(code))).toBe("issuesissue");
  });

  test("variables of a session come before servers, and functions of it keep what they use", async () => {
    const session = await runtime.session("kept");
    await value(session.run("const title = async () => (await github.createIssue()).made"));
    await value(session.run("var db = { id: 1 };\nlet eslint;"));
    expect(await value(session.run("return [await title(), db.id, typeof eslint]"))).toEqual([
      "issue",
      1,
      "undefined",
    ]);
    await value(session.run("const github = { id: 2 }"));
    expect(await value(session.run("return github.id"))).toBe(2);
    await session.close();
  });

  test("a session that has frozen its global object keeps the servers that it has", async () => {
    const session = await runtime.session("frozen");
    await value(session.run("Object.freeze(globalThis);\nreturn typeof github"));
    expect(await value(session.run("return (await github.listIssues()).made"))).toBe("issues");
    expect(await session.run("return eslint.lint()")).toMatchObject({
      ok: false,
      error: { code: "program_error", message: expect.stringContaining("eslint") },
    });
    expect(await value(session.run("return (await tools.eslint.lint()).made"))).toBe("lint");
    await session.close();
  });

  test("a variable that named a server is gone with it", async () => {
    const session = await runtime.session("moved");
    const first =
      "const query = () => db.query();\nreturn (await github.createIssue()).made + (await eslint_lint()).made";
    expect(await value(session.run(first))).toBe("issuelint");
    const saved = await session.snapshot();
    await session.close();
    const { db } = tools;
    await using other = await createRuntime({ engine, placement: "inline", tools: { db } });
    const moved = await other.restore(saved, { id: "moved" });
    const code =
      "return [typeof github, typeof eslint_lint, (await query()).made, (await db.query()).made]";
    expect(await value(moved.run(code))).toEqual(["undefined", "undefined", "db", "db"]);
  });

  test("types in imports vanish, and the tools beside them serve later programs", async () => {
    const session = await runtime.session("types");
    const first =
      "import { createIssue, listIssues, Issue, IssueInput } from './servers/github';\nimport type { Other } from './nowhere';\nconst input: IssueInput = { id: 'a' };\nreturn ((await createIssue(input)) as Issue).made";
    expect(await value(session.run(first))).toBe("issue");
    expect(await value(session.run("return (await listIssues()).made + typeof Issue"))).toBe(
      "issuesundefined",
    );
    await session.close();
    expect(await value(runtime.run(first))).toBe("issue");
  });

  test("inspection tells calls by computed names", async () => {
    for (const code of [
      "await callTool(name(), {});\nfunction name() { return 'a' }",
      "const second = String(1);\nawait callTool('github', second)",
      "['github.list_issues'].map(callTool)",
      "await callTool(...['a', 'b'])",
    ]) {
      const { dynamic } = await runtime.inspect(code);
      expect(dynamic).toMatchObject([{ what: "a tool whose name is computed" }]);
    }
  });
});

describe("the type check", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools,
      typeCheck: true,
    });
  });
  afterAll(() => runtime.close());

  test.each(CALLS)("lets %s%s through", async (before, call, made) => {
    expect(await value(runtime.run(`${before}return (await ${call}).made`))).toBe(made);
  });

  test.each(OWN)("leaves %s alone", async (code, expected) => {
    expect(await value(runtime.run(code))).toEqual(expected);
  });

  test.each([
    ["", "new GitHubTools(mcpClient).createIssue({ id: 1 })"],
    ["import { GitHubTools } from './mcp-tools';\n", "new GitHubTools().createIssue({ id: 1 })"],
    ["", "github.createIssue({ id: 1 })"],
    ["import { open } from './mcp-tools/github/create_issue';\n", "open({ id: 1 })"],
    ["", "tools.GitHub['create-issue']({ id: 1 })"],
    ["", "tools.github_create_issue({ id: 1 })"],
    ["", "tools['github.createIssue']({ id: 1 })"],
    ["", "mcp__github__create_issue({ id: 1 })"],
    ["", "callTool('github', 'create_issue', { id: 1 })"],
    ["", "callTool('github.create_issue', { id: 1 })"],
    ["", "callTool({ name: 'github.create_issue', arguments: { id: 1 } })"],
    ["", "GithubTools.createIssue({ id: 1 })"],
  ])("finds the wrong argument in %s%s, at its place", async (before, call) => {
    const result = await runtime.run(`${before}return await ${call}`);
    const [line, column] = [
      before === "" ? 1 : 2,
      "return await ".length + call.indexOf("id: 1") + 1,
    ];
    expect(result).toMatchObject({
      ok: false,
      error: { code: "type_error", line, column, tool: "github.create_issue" },
    });
    expect(result.calls).toEqual([]);
  });

  test.each(["(await github.createIssue()).nope", "(await callTool('db', 'query')).nope"])(
    "knows what comes back from %s",
    async (code) => {
      expect(await runtime.run(code)).toMatchObject({ error: { code: "type_error" } });
    },
  );

  test("a variable of a session is not a server", async () => {
    const session = await runtime.session("typed");
    await value(session.run("const github = { mine: 1 }"));
    expect(await value(session.run("return github.mine"))).toBe(1);
    await session.close();
  });

  test("an export that is used and not there is told", async () => {
    const code = "import { nope } from './servers/github';\nawait nope()";
    expect(await runtime.run(code)).toMatchObject({ ok: false });
    expect((await runtime.inspect(code)).diagnostics).toMatchObject([{ line: 2 }]);
  });
});

describe("the type check that nobody asked for", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools,
      typeCheck: "auto",
    });
  });
  afterAll(() => runtime.close());

  test.each(CALLS)("lets %s%s through", async (before, call, made) => {
    expect(await value(runtime.run(`${before}return (await ${call}).made`))).toBe(made);
  });

  test.each(OWN)("leaves %s alone", async (code, expected) => {
    expect(await value(runtime.run(code))).toEqual(expected);
  });
});

const name = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."aB1_-./😀é") });
const servers = fc.uniqueArray(fc.record({ name, tools: fc.uniqueArray(name, { maxLength: 5 }) }), {
  maxLength: 4,
  selector: (server) => server.name,
});

test("exact names are theirs in every form, whatever else there is", () => {
  fc.assert(
    fc.property(servers, (given) => {
      const table = buildNames(given);
      for (const server of table.servers) {
        expect(memberMeaning(table, server.name)).toEqual({ kind: "server", server });
        expect(globalMeaning(table, server.name)).toEqual({ kind: "server", server });
        for (const each of server.tools) {
          const call = { server: server.name, tool: each.name, taken: 2 };
          expect(namedCall(table, server.name, each.name)).toEqual(call);
          const path = `./mcp-tools/${server.folder ?? server.name}/${each.file ?? each.name}`;
          if (!/[./]/.test(server.name + each.name))
            expect(importMeaning(table, path, "default")).toEqual({
              kind: "tool",
              server,
              tool: each,
            });
        }
      }
    }),
  );
});

test("no word, path or name makes a look-up fail", () => {
  const word = fc.oneof(name, fc.string(), fc.constantFrom("__proto__", "constructor", "aTools"));
  fc.assert(
    fc.property(servers, word, word, (given, one, two) => {
      const table = buildNames(given);
      globalMeaning(table, one);
      importMeaning(table, `./tools/${one}`, two);
      expect(["string", "object"]).toContain(typeof namedCall(table, one, two));
    }),
  );
});

test.each<[code: string, free: string[]]>([
  ["github.x(); function f(db) { return db + eslint }", ["github", "eslint"]],
  ["{ let db } db", ["db"]],
  ["{ var db } db", []],
  ["for (const db of []) db; (() => db)", ["db"]],
  ["class A { static { var db } m() { db } }", ["db"]],
  ["const f = function db() { db }; new (class github { x = github })", []],
  ["db = 1; ({ eslint } = {}); db + eslint", []],
  ["const { a: [db = github] } = x; db.github", ["github", "x"]],
  ["console.log(URL, fetch, { github, db: 1 }, import.meta)", ["github"]],
  ["import db, { eslint as github } from './tools/x'; db + github + eslint", ["eslint"]],
  ["x: for (;;) { continue x }", []],
])("what %s does not declare", (code, free) => {
  expect(compile(code, { sourceBytes: 1_000 }).free).toEqual(free);
});
