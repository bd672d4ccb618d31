/** The compile step by itself: which part of a text is the program, what it comes to, and where its errors are. */
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { ProgramCache } from "../../src/compile/cache.ts";
import { codeFrame } from "../../src/compile/code-frame.ts";
import { CompileError } from "../../src/compile/compile-error.ts";
import { compile } from "../../src/compile/compile.ts";
import { stripTypes } from "../../src/compile/strip-types.ts";
import type { Position } from "../../src/core/program.ts";
import { growth } from "../support/cost.ts";

const LIMITS = { sourceBytes: 100_000 };

/** Run compiled code with a scope that only tells what it was asked for. */
async function run(source: string): Promise<unknown> {
  const { code } = compile(source, LIMITS);
  const main = new Script(code, { filename: "program.ts" }).runInThisContext() as (
    scope: object,
  ) => Promise<unknown>;
  return await main({
    link: (specifier: string, names: string[]) =>
      Object.fromEntries(names.map((name) => [name, `${specifier}#${name}`])),
    import: async (specifier: string) => ({ specifier }),
    meta: { url: "meta" },
    finish: (entry: unknown) => (typeof entry === "function" ? (entry as () => unknown)() : entry),
    implied: (value: unknown) => value,
  });
}

/** Where the error of `source` is, by the engine's stack and `locate`. */
async function placeOf(source: string): Promise<Position | undefined> {
  const program = compile(source, LIMITS);
  const stack = await run(source).then(
    () => "",
    (error: Error) => error.stack ?? "",
  );
  const [, line, column] = /program\.ts:(\d+):(\d+)/.exec(stack) ?? [];
  return program.locate(Number(line), Number(column));
}

function failure(source: string, limits: { sourceBytes: number } = LIMITS): CompileError {
  try {
    compile(source, limits);
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  throw new Error("it compiled");
}

test.each<[form: string, source: string, value: unknown]>([
  ["a function that is called and declared last", "main()\nfunction main() { return 1 }", 1],
  ["an expression with a comment behind", "1 + 1 // two", 2],
  ["an expression without semicolon over lines", "[1, 2]\n  .map((x) => x * 2)", [2, 4]],
  ["parentheses and comments around", "/* a */ (/* b */ 3 /* c */) /* d */;", 3],
  ["a template", "`${1}${'a'}`", "1a"],
  ["an assignment", "let a; a = 4", 4],
  ["a sequence", "1, 5", 5],
  ["a string alone", "'use this'", "use this"],
  ["a directive is no value", "'use strict'", undefined],
  ["a trailing declaration", "const a = 1", 1],
  ["a branch that ends in an expression", "if (true) { 5 }", 5],
  ["a lone function expression", "(function () { return 6 })", 6],
  ["a lone arrow with types", "async (): Promise<number> => 7", 7],
  [
    "an arrow after other statements is a value, not called",
    "const a = 1;\nawait Promise.resolve(typeof (() => a))",
    "function",
  ],
  ["an object literal by itself", "({ a: 1 })", { a: 1 }],
  ["a block that is an object", "const a = 1, b = 2;\n{ a, b }", { a: 1, b: 2 }],
  ["an empty block is no object", "{}", undefined],
  ["a block of statements is no object", "let a = 1;\n{ ++a; }", 2],
  ["a default export beats the last expression", "export default 1;\n2", 1],
  [
    "a default export that the program calls itself",
    "const r = main();\nexport default function main() { return 8 }\nr",
    8,
  ],
  ["a default export by name", "async function main() { return 9 }\nexport default main;", 9],
  [
    "a default export of a class is a value",
    "export default class A { static x = 1 }",
    expect.any(Function),
  ],
  ["an exported function expression", "export const run = async () => 10", 10],
  ["exported in a list", "function go() { return 11 }\nexport { go }", 11],
  [
    "of several exported functions, main",
    "export function a() { return 1 }\nexport function main() { return 12 }",
    12,
  ],
  [
    "of several others, none",
    "export function a() { return 1 }\nexport function b() { return 2 }",
    undefined,
  ],
  [
    "an exported function that is called already",
    "let n = 0;\nexport function main() { n++ }\nmain();\nn",
    1,
  ],
  [
    "a method of the same name is no call",
    "export async function run() { return { run: 1 }.run }",
    1,
  ],
  ["a fence with another language dropped", "```bash\nrm -rf /\n```\n```ts\nreturn 13\n```", 13],
  ["a fence that is not closed", "~~~js\nreturn 14", 14],
  ["a fence indented by four spaces", "1. Do it:\n\n    ```ts\n    return 1\n    ```\n", 1],
  ["a fence indented by a tab", "\t```ts\n\treturn 2\n\t```", 2],
  ["a fence of four", "````ts\nreturn `\n~~~\n`.length\n````", 5],
  ["a fence with attributes", '```ts title="a.ts" {1,3}\nreturn 3\n```', 3],
  ["a fence with line ends of Windows", "Do:\r\n```ts\r\nreturn 4\r\n```\r\n", 4],
  ["a fence and text behind it", "```ts\nreturn 5\n```\nIt isn't hard: `x`.", 5],
  ["two fences", "```ts\nconst a = 6\n```\nand\n~~~js\nreturn a\n~~~", 6],
  ["text with /* before a fence", "All of src/*:\n```ts\n/** doc */\nreturn 7\n```", 7],
  ["text that opens a comment", "Glob: /*\n```ts\n/** doc */\nreturn 8\n```", 8],
  [
    "a fence inside a template is no fence",
    "const text = `\n~~~js\nreturn 'no'\n~~~\n`;\nreturn text.length",
    23,
  ],
  [
    "a fence inside a template behind types is no fence",
    "const texts = [] as string[]\ntexts.push(`${1}\n~~~ts\nreturn 'no'\n~~~`)\nreturn texts.length",
    1,
  ],
  ["a default export in parentheses", "export default (1 + 2)", 3],
  ["a default export of a function in parentheses", "export default (() => 4);", 4],
  ["a default export over lines", "export default (\n  // five\n  5\n)", 5],
  ["a default export between comments", "export /* a */ default /* b */ (6) // c", 6],
  ["a default export of a sequence", "export default (1, 7)\n", 7],
  ["a default export of an object", "export default ({ a: 8 })", { a: 8 }],
  ["a default export with a type", "export default ({ a: 9 } as { a: number })", { a: 9 }],
  ["a default export by name in parentheses", "function f() { return 10 }\nexport default (f)", 10],
  ["a default export of a class", "export default (class {})", expect.any(Function)],
  ["a fence inside a comment is no fence", "/*\n```ts\nreturn 'no'\n```\n*/\nreturn 15", 15],
  ["a byte order mark and a hashbang", "\ufeff#!/usr/bin/env node\nreturn 16", 16],
  ["line ends of Windows", "const a = 1;\r\nconst b = 16;\r\nreturn a + b", 17],
  [
    "imports",
    "import d, { a as b, type T } from './mcp-tools/x';\nimport * as all from 'y';\nreturn [d, b, all]",
    ["./mcp-tools/x#default", "./mcp-tools/x#a", {}],
  ],
  ["an import below its use", "const r = a;\nimport { a } from 'z';\nreturn r", "z#a"],
  [
    "an import of types only",
    "import type { A } from 'a';\nimport { B } from 'b';\nconst x: A | B = 18;\nreturn x",
    18,
  ],
  ["a default export of a type", "interface A { b: 1 }\nexport default A\nconst x = 19;\nx", 19],
  ["a default export of a type and a value", "type A = 1;\nconst A = 20;\nexport default A;", 20],
  ["import()", "(await import('q')).specifier", "q"],
  ["import.meta", "import.meta.url", "meta"],
  [
    "JavaScript that TypeScript would refuse",
    "const a = 1, b = 2, c = 3;\nreturn a < b ? c : 0",
    3,
  ],
  [
    "TypeScript of all kinds",
    `
      abstract class A {
        abstract b(): void;
        declare c: number;
        protected d?: string;
        static e = <T,>(x: T): T => x
      }
      function f(x: string): void;
      function f(x: unknown) {}
      const g = (x: unknown): x is string => true;
      const enum E { A = 3 }
      let h!: number;
      return A.e<number>(E.A as const)!
    `,
    3,
  ],
])("%s", async (_form, source, value) => {
  expect(await run(source)).toEqual(value);
});

test.each<[place: string, source: string, at: Position]>([
  ["the first line", "null.x", { line: 1, column: 6 }],
  ["a later line", "\n\n  null.x", { line: 3, column: 8 }],
  [
    "behind types",
    "const f = (a: Map<string, number>, b?: { c: string }): void => { throw new Error('x') };\nf(new Map());",
    { line: 1, column: 72 },
  ],
  ["behind an enum", "enum A { X, Y }; throw new Error('x')", { line: 1, column: 24 }],
  [
    "behind a parameter property",
    "class P { constructor(readonly a: number) { throw new Error('x') } }\nnew P(1)",
    { line: 1, column: 51 },
  ],
  ["in a fence", "Text.\n```ts\nconst a: number = 1;\n  a.b.c\n```", { line: 4, column: 7 }],
  ["behind imports", "import { a } from 'x';\na;\nnull.y", { line: 3, column: 6 }],
  ["behind U+2028 in a string", "const s = '\u2028';\nnull.x", { line: 2, column: 6 }],
  ["in a branch", "const a: any = null;\nif (!a) { 1; (a as any).b }", { line: 2, column: 25 }],
  ["in an object", "const a: any = null\n{ b: 1 as number, c: a.d }", { line: 2, column: 24 }],
  ["in the value", "const a: any = null;\n(a as any).b", { line: 2, column: 12 }],
  [
    "behind templates with substitutions",
    "const f: number = 0;\nconst g = `a: ${f}` + `${f}`;\nconst h = [g as string];\n\nconst i: string = `${h}`; null.x",
    { line: 5, column: 32 },
  ],
  [
    "behind a template on its line",
    "const f = (a: Map<string, number>) => `${a}`; f(new Map() as Map<string, number>, null.x)",
    { line: 1, column: 88 },
  ],
  [
    "behind a type that repeats the code",
    "const a: { b: null } = { b: null }, c = (d: typeof a.b): typeof a.b => d; c(a.b!).e",
    { line: 1, column: 83 },
  ],
])("an error %s is located exactly", async (_place, source, at) => {
  expect(await placeOf(source)).toEqual(at);
});

test.each<[mistake: string, source: string, error: object]>([
  ["nothing", "", { message: "the program is empty" }],
  ["comments only", "// a\n/* b */", { message: "the program is empty" }],
  ["a token that is wrong", "let a = 1;\nlet b = * 2;", { line: 2, column: 9 }],
  ["a string that does not end", "return 'abc", { line: 1, column: 8 }],
  ["an error behind types", "const a: Array<number> = [1];\nconst b = a..c;", { line: 2 }],
  [
    "what only JavaScript's parser sees",
    "const a = 1;\nconst a = 2;",
    { line: 2, column: 7, message: expect.stringContaining("already been declared") },
  ],
  [
    "a namespace",
    "const a = 1;\nexport namespace N { export const b = 1 }",
    { line: 2, message: expect.stringContaining("namespaces") },
  ],
  ["a decorator", "@log class A {}\nreturn 1", { hint: expect.stringContaining("Decorators") }],
  [
    "fences of other languages",
    "```json\n{}\n```",
    { line: 1, message: expect.stringContaining("none of TypeScript") },
  ],
  ["a breakout", "return 1 }); evil(); (async () => {", { line: 1 }],
  [
    "the reserved name",
    "return $codecell",
    { line: 1, column: 8, message: expect.stringContaining("reserved") },
  ],
  [
    "a re-export",
    "export * from './mcp-tools/x'",
    { line: 1, message: expect.stringContaining("re-export") },
  ],
  [
    "deep nesting",
    `return ${"[".repeat(50_000)}`,
    { message: expect.stringContaining("nested too deeply") },
  ],
])("syntax error: %s", (_mistake, source, error) => {
  expect(failure(source)).toMatchObject({ code: "syntax_error", ...error });
});

test("text that looks like a namespace is none", async () => {
  expect(
    await run(
      "// namespace A {\nconst s = 'namespace B { }';\ndeclare namespace C { const x: 1 }\nreturn s.length",
    ),
  ).toBe(15);
});

test("the source is capped in bytes before it is parsed", () => {
  expect(failure("'ä'".padEnd(10), { sourceBytes: 10 })).toMatchObject({
    code: "source_too_large",
  });
  expect(compile("'ä'".padEnd(10), { sourceBytes: 11 }).words).toEqual([]);
});

test("words that may be flat tool names are found", () => {
  expect(compile("await github_create_issue({ some_key: 1 }); plain; _x", LIMITS).words).toEqual([
    "github_create_issue",
    "some_key",
    "_x",
  ]);
});

test("no line is added before the program, and pragmas are disarmed", () => {
  const { code } = compile("import { a } from 'x';\n//# sourceURL=evil.js\na", LIMITS);
  expect(code.split("\n")).toHaveLength(3);
  expect(code).not.toContain("//# source");
});

describe("the cache", () => {
  test("compiles a text once, and again when it has been forgotten", () => {
    const cache = new ProgramCache();
    let compiled = 0;
    const get = (source: string): unknown =>
      cache.get(source, LIMITS, (work) => (compiled++, work()));
    expect(get("return 1")).toBe(get("return 1"));
    expect(compiled).toBe(1);
    for (let other = 0; other < 40; other++) get(`return ${other} + 1`);
    get("return 1");
    expect(compiled).toBe(42);
  });

  test("a text over the cap of the run is not served from it", () => {
    const cache = new ProgramCache();
    cache.get("return 'long enough'", LIMITS, (work) => work());
    expect(() => cache.get("return 'long enough'", { sourceBytes: 5 }, (work) => work())).toThrow(
      CompileError,
    );
  });
});

test("lines of any length and number are mapped in time that grows with the text", async () => {
  const line = (items: number, at: number): string =>
    `${Array.from({ length: items }, (_, item) => `a${item} as any`).join(", ")}; x${at}.y`;
  const map = (items: number, lines: number): void => {
    const source = `${Array.from({ length: lines }, (_, at) => line(items, at)).join("\n")}\n  null.z`;
    const stripped = stripTypes(source);
    for (let offset = 0; offset < stripped.code.length; offset += 50) stripped.origin(offset);
    expect(stripped.origin(stripped.code.lastIndexOf("z"))).toBe(source.lastIndexOf("z"));
  };
  expect(await growth((lines) => map(600, lines), 5, 40)).toBeLessThan(32);
  expect(await growth((items) => map(items, 40), 75, 600)).toBeLessThan(32);
});

test("a code frame shows the line, two before it, and the column", () => {
  const frame = codeFrame("one\ntwo\nthree\nfour\tx", 4, 6);
  expect(frame).toBe("  2 | two\n  3 | three\n> 4 | four x\n    |      ^");
});

test("a code frame of a very long line shows the part that matters", () => {
  const frame = codeFrame(`${"a".repeat(5_000)}HERE${"b".repeat(5_000)}`, 1, 5_001);
  const [line, caret] = frame.split("\n") as [string, string];
  expect(line.length).toBeLessThan(140);
  expect(line.slice(caret.indexOf("^"), caret.indexOf("^") + 4)).toBe("HERE");
});

test("a long word costs no more than its length", async () => {
  const word = (length: number): void => {
    compile(`const line = "${"x".repeat(length)}"; return 1`, { sourceBytes: 262_144 });
  };
  // Looking on from each of its characters took the square of it.
  expect(await growth(word, 20_000, 200_000)).toBeLessThan(40);
});

test("a class without a body is a syntax error with its place", () => {
  expect(failure('call(class "text")')).toMatchObject({ line: 1, column: 12 });
});

test("a deep text has places also when little of the stack is left to find them", () => {
  const stripped = stripTypes(`const signs = ${"- ".repeat(1_000)}1;`);
  let failed = 0;
  // From the bottom of the stack up: the first level at which there is an answer gives it.
  const ask = (): number => {
    try {
      return ask();
    } catch {
      failed++;
      return stripped.origin(15);
    }
  };
  expect(ask()).toBe(15);
  // Stripping it again takes a large part of the stack; to do without takes next to nothing.
  expect(failed).toBeLessThan(500);
});
