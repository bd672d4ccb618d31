/** The forms in which models and documents write programs: each runs as it stands, is inspected and passes the type check. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Runtime, type RuntimeOptions, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

type Properties = Readonly<Record<string, object>>;

const text = { type: "string" } as const;
const number = { type: "integer" } as const;
const list = { type: "array" } as const;

/** A tool that answers with what it was called with. */
function echo(name: string, properties: Properties, required: readonly string[] = []) {
  return tool({
    description: `Does ${name}.`,
    input: { type: "object", properties, required: [...required] },
    run: (args) => ({ [name]: args }),
  });
}

const TOOLS: NonNullable<RuntimeOptions["tools"]> = {
  github: {
    create_issue: echo("create_issue", { owner: text, repo: text, title: text }, ["title"]),
    merge_pull_request: echo("merge", { repo: text, pull_number: number, method: text }, [
      "repo",
      "pull_number",
    ]),
    review: echo("review", { pull_number: number, event: text, body: text }, ["pull_number"]),
  },
  db: {
    query: echo("query", { sql: text, params: list }, ["sql"]),
    deploy: echo("deploy", { schema: text, environment: text, validate: { type: "boolean" } }, [
      "schema",
    ]),
  },
  filesystem: { read_file: echo("read", { path: text, head: number }, ["path"]) },
  "google-drive": { getSheet: echo("sheet", { id: text }, ["id"]) },
  eslint: { lint: echo("lint", { files: list }, ["files"]) },
  slack: { send: echo("send", { channel: text, text }, ["channel", "text"]) },
  email: { send: echo("mail", { to: text }, ["to"]) },
  coverage: {
    check: echo("check", { files: { type: "array", items: { type: "string" } } }, ["files"]),
    configure: echo(
      "configure",
      {
        thresholds: {
          type: "object",
          properties: { lines: number },
          required: ["lines"],
          additionalProperties: false,
        },
      },
      ["thresholds"],
    ),
  },
  local: {
    pair: (repo: unknown, title: unknown, ...rest: unknown[]) => [repo, title ?? null, rest.length],
  },
};

/** What the form is called, the program, its value, and the tools that it calls. */
type Form = readonly [form: string, code: string, value: unknown, uses: readonly string[]];

const FORMS: readonly Form[] = [
  // Positional arguments.
  [
    "two arguments",
    "return await tools.db.query('select 1', [1, 2])",
    { query: { sql: "select 1", params: [1, 2] } },
    ["db.query"],
  ],
  [
    "one text",
    "return await tools.filesystem.readFile('a.txt')",
    { read: { path: "a.txt" } },
    ["filesystem.read_file"],
  ],
  [
    "three arguments",
    "return await tools.github.mergePullRequest('o/r', 7, 'squash')",
    { merge: { repo: "o/r", pull_number: 7, method: "squash" } },
    ["github.merge_pull_request"],
  ],
  [
    "a last object that is spread",
    "return await tools.db.deploy('a', { environment: 'test', validate: true })",
    { deploy: { schema: "a", environment: "test", validate: true } },
    ["db.deploy"],
  ],
  [
    "a last object after a number",
    "return await tools.github.review(7, { event: 'APPROVE', body: 'ok' })",
    { review: { pull_number: 7, event: "APPROVE", body: "ok" } },
    ["github.review"],
  ],
  [
    "keys in another casing",
    "return await tools.github.mergePullRequest({ repo: 'o/r', pullNumber: 7 })",
    { merge: { repo: "o/r", pull_number: 7 } },
    ["github.merge_pull_request"],
  ],
  [
    "one array",
    "return await tools.coverage.check(['a.ts'])",
    { check: { files: ["a.ts"] } },
    ["coverage.check"],
  ],
  [
    "one object that is the only required property",
    "return await tools.coverage.configure({ lines: 80 })",
    { configure: { thresholds: { lines: 80 } } },
    ["coverage.configure"],
  ],
  [
    "a plain function with two arguments",
    "return await tools.local.pair('r', 't')",
    ["r", "t", 0],
    ["local.pair"],
  ],
  [
    "a plain function with one argument",
    "return await tools.local.pair('r')",
    ["r", null, 0],
    ["local.pair"],
  ],
  // Wrapper classes.
  [
    "a class imported with other capitals, with a client",
    "import { GitHubTools } from './mcp-tools/github';\nconst gh = new GitHubTools(mcpClient);\nreturn await gh.createIssue({ title: 'a' })",
    { create_issue: { title: "a" } },
    ["github.create_issue"],
  ],
  [
    "a class that is simply used",
    "const lint = new ESLintTools(mcpClient);\nreturn await lint.lint(['a.js'])",
    { lint: { files: ["a.js"] } },
    ["eslint.lint"],
  ],
  [
    "a class of a name with a dash, without a client",
    "const drive = new GoogleDriveTools();\nreturn await drive.getSheet('s1')",
    { sheet: { id: "s1" } },
    ["google-drive.getSheet"],
  ],
  // Servers as globals.
  [
    "a server as a global",
    "return await github.createIssue({ title: 'b' })",
    { create_issue: { title: "b" } },
    ["github.create_issue"],
  ],
  [
    "a server's alias as a global",
    "return await googleDrive.getSheet({ id: 's' })",
    { sheet: { id: "s" } },
    ["google-drive.getSheet"],
  ],
  [
    "a variable that has a server's name",
    "const db = { query: (_sql) => 'mine' };\nreturn db.query('x')",
    "mine",
    [],
  ],
  // Imports by path.
  [
    "a path that names a tool, another name",
    "import { sendEmail } from './mcp-tools/email/send';\nreturn await sendEmail({ to: 'a' })",
    { mail: { to: "a" } },
    ["email.send"],
  ],
  [
    "types in an import",
    "import { createIssue, type Issue, CreateIssueInput } from './servers/github';\nconst input: CreateIssueInput = { title: 't' };\nconst made: Issue = await createIssue(input as any) as any;\nreturn made",
    { create_issue: { title: "t" } },
    ["github.create_issue"],
  ],
  // Names.
  ...["read_file", "readFile", "read-file", "ReadFile"].map((name): Form => [
    `the tool's name as ${name}`,
    `return await tools.filesystem[${JSON.stringify(name)}]({ path: 'p' })`,
    { read: { path: "p" } },
    ["filesystem.read_file"],
  ]),
  ...[
    "mcp__filesystem__read_file",
    "filesystem__read_file",
    "filesystem_read_file",
    "tools.filesystem_read_file",
    "tools['filesystem.read_file']",
  ].map((callee): Form => [
    `the flat name ${callee}`,
    `return await ${callee}({ path: 'p' })`,
    { read: { path: "p" } },
    ["filesystem.read_file"],
  ]),
  [
    "callTool with a server and a tool",
    "return await callTool('filesystem', 'read_file', { path: 'p' })",
    { read: { path: "p" } },
    ["filesystem.read_file"],
  ],
  [
    "callTool with one name",
    "return await callTool('filesystem.read_file', { path: 'p' })",
    { read: { path: "p" } },
    ["filesystem.read_file"],
  ],
  // Entries.
  [
    "an arrow function that takes { tools }",
    "async ({ tools }) => await tools.email.send({ to: 'e' })",
    { mail: { to: "e" } },
    ["email.send"],
  ],
  [
    "an arrow function that takes tools",
    "async (tools) => await tools.email.send({ to: 'e' })",
    { mail: { to: "e" } },
    ["email.send"],
  ],
  [
    "a default export that takes { tools }",
    "export default async function ({ tools }) { return await tools.email.send({ to: 'e' }) }",
    { mail: { to: "e" } },
    ["email.send"],
  ],
  // Values.
  [
    "a trailing const",
    "const x = await tools.email.send({ to: 'x' })",
    { mail: { to: "x" } },
    ["email.send"],
  ],
  ["an object in parentheses", "({ a: 1 })", { a: 1 }, []],
  ["an array in parentheses", "([])", [], []],
  ["a sequence in parentheses", "(1, 2)", 2, []],
  ["a bare object", "{ a: 1, b: 2 }", { a: 1, b: 2 }, []],
  ["a trailing if", "const n: number = 3;\nif (n > 2) { 'many' } else { 'few' }", "many", []],
  ["a trailing try", "try { null.x } catch { 'caught' }", "caught", []],
];

describe.each(["v8", "quickjs"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine, placement: "inline", tools: TOOLS, typeCheck: true });
  });
  afterAll(() => runtime.close());

  test.each(FORMS)("%s", async (_form, code, value) => {
    expect(await runtime.run(code)).toMatchObject({ ok: true, value });
  });

  test.each(FORMS)("%s, in a session", async (_form, code, value) => {
    const session = await runtime.session("forms");
    expect(await session.run(code)).toMatchObject({ ok: true, value });
    expect(await session.run("return 1")).toMatchObject({ ok: true, value: 1 });
    await session.close();
  });

  test.each(FORMS)("%s, inspected", async (_form, code, _value, uses) => {
    const { tools, diagnostics, dynamic } = await runtime.inspect(code);
    expect(diagnostics).toEqual([]);
    expect(dynamic).toEqual([]);
    expect([...new Set(tools.map(({ server, tool: name }) => `${server}.${name}`))]).toEqual(uses);
  });
});
