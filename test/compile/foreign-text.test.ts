/** Texts that are no programs: what they are recognised as, and that the advice is right. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CompileError } from "../../src/compile/compile-error.ts";
import { compile } from "../../src/compile/compile.ts";
import { growth } from "../support/cost.ts";

const LIMITS = { sourceBytes: 1_000_000 };

function failure(source: string): CompileError {
  try {
    compile(source, LIMITS);
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  throw new Error(`it compiled: ${source}`);
}

const TEXTS: readonly (readonly [what: string, texts: readonly string[]])[] = [
  [
    "Python",
    [
      "def main():\n    return 1",
      "import json\nprint(json.dumps({}))",
      "from os import path\nx = 1",
      "rows = tools.db.query(sql='x')\nfor row in rows:\n    print(row)",
      "x = 1\nif x == None:\n    print(x)\nelse:\n    pass",
      'name = f"total: {x}"',
      "async def run():\n  pass",
      "class Foo:\n  pass",
      "# a comment\nx = 1",
      "x = a and b",
      "try:\n  go()\nexcept Exception as e:\n  print(e)",
      "squares = [x * 2 for x in range(3)]",
      "#!/usr/bin/env python3\nimport os",
      "y = lambda x: x + 1",
      'print "hello"',
    ],
  ],
  [
    "shell",
    [
      "#!/bin/bash\nset -e\nrun it",
      "curl -s https://example.com",
      "cat file.txt | grep x",
      "$ npm install x",
      'echo "hi"',
      "export A=1\nls -la",
      "git status",
    ],
  ],
  [
    "HTML",
    [
      "const a = [1].filter((n) =&gt; n &gt; 0);",
      "if (a &amp;&amp; b) { return 1 }",
      "return &quot;x&quot;",
      "return &#39;x&#39;;",
    ],
  ],
  ["typographic", ["return “x”;", "const a = ‘x’;", "await tools.a.b({ c: “d” })"]],
  [
    "dots",
    [
      "const x = { ... };",
      "function f() { ... }",
      "const a = 1;\n…\nreturn a",
      "await tools.a.b(...)",
      "[1, ...]",
      "const a = ...;",
    ],
  ],
  [
    "tool call",
    [
      '{"name": "github.create_issue", "arguments": {"title": "x"}}',
      '{ "type": "tool_use", "name": "run", "input": {} };',
      '<tool_call>\n{"name": "x"}\n</tool_call>',
      '<function_calls>\n<invoke name="x">',
    ],
  ],
  ["JSON", ['{"code": "return 1"}', '{ "program": "const a = 1\\nreturn a" }']],
  [
    "diff",
    [
      "@@ -1,2 +1,2 @@\n-const a = 1;\n+const a = 2;",
      "--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@",
      "+const a = 1;\n+return a;",
      "- const a = 1;\n+ const a = 2;",
    ],
  ],
  ["SQL", ["SELECT * FROM users WHERE id = 1"]],
  ["JSX", ["return <div>hello</div>;", 'const a = <Foo bar="x" />;']],
  ["text besides", ["Here is the program you asked for:\n\nreturn 1"]],
];

describe.each(TEXTS)("%s", (what, texts) => {
  test.each(texts)("%s", (source) => {
    const { code, line, hint } = failure(source);
    expect({ code, line: typeof line, hint }).toEqual({
      code: "syntax_error",
      line: "number",
      hint: expect.stringContaining(what),
    });
  });

  test("the advice compiles", () => {
    const { hint } = failure(texts[0]!);
    const lines = Array.from(hint!.matchAll(/`([^`]+)`/g), ([, line]) => line!);
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(compile(line, LIMITS).code).toContain("async function");
  });
});

test.each([
  "const a = { b: 1,, }",
  "return [1, 2",
  "const a = 1;\nconst a = 2;",
  "await tools.a.b({ c: 1 }",
  "const s = 'From here: &lt';\nlet x = ;",
  "for (const a of b { }",
  "// curl x\nlet = = 1",
  "const a = text.replace(/&lt;/g, '<'",
  "const a = text.replaceAll('&amp;', \"&quot;\"",
])("a program with a mistake is a program: %s", (source) => {
  expect(failure(source).hint).toBeUndefined();
});

test.each([
  "return `def f():\n  ${1}`",
  "// ...\nreturn [...[1], ...[2]]",
  "return '&lt;“…”'",
  "/* $ curl x */ return 1",
  "return { 'name': 'x', 'arguments': {} }",
])("what a program quotes is no matter: %s", (source) => {
  expect(compile(source, LIMITS).code).toContain("return");
});

test("any text compiles or fails as a program, in time that grows with it", async () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(...TEXTS.flatMap(([, texts]) => texts.flatMap((text) => text.split(/\b/)))),
      ),
      (words) => {
        const attempt = (): unknown => compile(words.join(""), LIMITS);
        try {
          attempt();
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      },
    ),
  );
  for (const part of [
    "for x in ",
    "{ a: 1, b: ",
    "&",
    "if x:",
    "select ",
    "... ",
    "name, ",
    "<a b=",
    "+const ",
    "({",
  ]) {
    const fail = (times: number): void => void failure(`let = ${part.repeat(times)}`);
    expect([part, (await growth(fail, 500, 4_000)) < 40]).toEqual([part, true]);
  }
});
