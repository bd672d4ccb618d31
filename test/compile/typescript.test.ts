/** TypeScript means what TypeScript says: programs with a known value, and generated ones beside another compiler. */
import { readdirSync, readFileSync } from "node:fs";
import { Script } from "node:vm";
import { transformSync as transformBySwc } from "@swc/core";
import { transformSync } from "esbuild";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CompileError } from "../../src/compile/compile-error.ts";
import { compile } from "../../src/compile/compile.ts";
import { growth } from "../support/cost.ts";

const FOLDER = new URL("../../fixtures/typescript/", import.meta.url);
const LIMITS = { sourceBytes: 1_000_000 };

async function run(source: string): Promise<unknown> {
  const { code } = compile(source, LIMITS);
  const main = new Script(code).runInThisContext() as (scope: object) => Promise<unknown>;
  return await main({ finish: (entry: unknown) => entry });
}

test.each(readdirSync(FOLDER))("fixtures/typescript/%s", async (file) => {
  const source = readFileSync(new URL(file, FOLDER), "utf8");
  const [, value] = /^\/\/ returns: (.*)/.exec(source)!;
  expect(await run(source)).toEqual(new Function(`return ${value}`)());
  // Line ends of Windows, and no line is added or lost.
  expect(await run(source.replaceAll("\n", "\r\n"))).toEqual(new Function(`return ${value}`)());
  expect(compile(source, LIMITS).code.split("\n")).toHaveLength(
    source.trimEnd().split("\n").length + 1,
  );
});

/** Ends of statements, and beginnings of the next line that could go on with them. */
const ENDS = [
  "x = y as number",
  "x = y as number[] as any",
  "x = y as { a: number }",
  "x = y as Map<string, number>",
  "x = y as keyof typeof o",
  "x = y as () => void",
  "x = y satisfies unknown",
  "x = y!",
  "x = o.list!",
  "x = o?.list!",
  "x = <number>y",
  "x = <any>{ a: 1 }",
  "x = f<number>(1)",
  "x = f<number>",
  "x = new Map<string, number>",
  "x = 1 + y as number * 2",
  "x = y as number < 5",
  "x = y as any ? (y) : z => z",
  "x = !y ? (y) : (z) => z",
  "x = y ? (z: number): number => z : y",
  "x = <T,>(z: T): T => z",
  "x = async <T,>(z: T): Promise<T> => z",
  "x = (z: number): { a: 1 } => ({ a: 1 })",
  "x = (z?: number, ...w: any[]) => z",
  "x = y << 1",
  "x = y < z && z > y",
  "type A1 = number",
  "type A2<T> = T extends string ? [T] : never",
  "interface A3 { a: number }",
  "declare const d1: number",
  "declare function d2(): void",
  "let v1: number[]",
  "let v2: number = y as number",
  "let v3!: string",
  "class K1 { a = y as number\n['b'] = 2 }\nx = Object.keys(new K1)",
  "class K2 { private a = 1\nreadonly ['b'] = 2\nstatic c?: number }\nx = Object.keys(new K2)",
  "class K3 { b = this.a; constructor(public a: number) {} }\nx = new K3(7).b",
  "enum E1 { A, B = 4, C }\nx = E1.C",
];
const STARTS = [
  "(y)",
  "[y, z] = [z, y]",
  "[y][0]",
  "`${y}`.length",
  "/y/.test('y')",
  "/y/g",
  "+y",
  "-y",
  "++y",
  "<any>(y)",
  "!y",
  "{ y }",
  ".toString",
  "? y : z",
  "as any",
  "* 2",
  "instanceof Object",
  "type",
  "function g1() {}",
  "log.push(y)",
  "type B1 = string",
  "x = y",
];

function frame(body: string): string {
  return [
    "const log = []",
    "let x: any, y: any = 3, z: any = 5",
    "const o: any = { list: [1] }",
    "function f<T>(a?: T) { return a }",
    body,
    "; return JSON.stringify([x, y, z, log, typeof x])",
  ].join("\n");
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

type Program = () => Promise<unknown>;

function evaluated(transform: (source: string) => string, source: string): Program | undefined {
  try {
    const code = transform(`async function program() {\n${source}\n}`);
    return new Function(`"use strict"; ${code}; return program`)() as Program;
  } catch {
    return undefined;
  }
}

const COMPILERS: readonly ((source: string) => string)[] = [
  (source) =>
    transformSync(source, {
      loader: "ts",
      logLevel: "silent",
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: "es2022" } },
    }).code,
  (source) =>
    transformBySwc(source, {
      jsc: {
        parser: { syntax: "typescript" },
        target: "es2022",
        transform: { useDefineForClassFields: false },
      },
    }).code,
];

/** What the program comes to, which is what one of the others makes of it where they do not agree. */
async function expectSame(source: string): Promise<void> {
  const programs = COMPILERS.map((transform) => evaluated(transform, source));
  if (programs.includes(undefined)) return; // no program
  const outcomes = await Promise.all(programs.map((program) => outcome(program!)));
  const ours = await outcome(() => run(source));
  expect([source, outcomes.includes(ours) ? outcomes[0] : ours]).toEqual([source, outcomes[0]]);
}

test("generated programs without semicolons are what another compiler makes of them", async () => {
  const line = fc.oneof(
    fc.tuple(fc.constantFrom(...ENDS), fc.constantFrom(...STARTS)).map((pair) => pair.join("\n")),
    fc.constantFrom(...ENDS),
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(line, { minLength: 1, maxLength: 3 }), async (lines) => {
      // Modules, as which both read it, have a name once.
      fc.pre(lines.filter((each) => each.includes("function g1")).length < 2);
      await expectSame(frame(lines.join("\n")));
    }),
    { numRuns: 600 },
  );
});

test("each end of a statement is followed rightly by each beginning", async () => {
  for (const end of ENDS) for (const start of STARTS) await expectSame(frame(`${end}\n${start}`));
});

test.each<[form: string, source: string, value: unknown]>([
  ["a result type on a line of its own", "const f = (x: number)\n  : number => x\nreturn f(2)", 2],
  ["`this` without a type", "const o = { f(this, a: number) { return a } }\nreturn o.f(3)", 3],
  ["a cast behind yield", "function* g() { yield <any>4 }\nreturn [...g()]", [4]],
  ["escapes in members", 'enum A { "a\\nb" = 3, "\\u0041" = 4 }\nreturn [A["a\\nb"], A.A]', [3, 4]],
  [
    "names like ours",
    "const $enum = 7, $enum0Last = 1; enum A { X = $enum + $enum0Last }\nreturn A.X",
    8,
  ],
  ["a parameter like a member", "enum A { A = 1, B = [3].map((A) => A)[0] }\nreturn A.B", 3],
  ["a shorthand of a member", "enum A { X = 5, Z = ({ X }).X }\nreturn A.Z", 5],
  [
    "an enum that goes on, behind a line without semicolon",
    "let x = 0\nenum E { A = 4 }\nx = E.A\nenum E { B = 6 }\nx += E.B\nexport enum F { A = 1 }\nx += F.A\nexport enum F { B = 2 }\nreturn x + F.B",
    13,
  ],
  ["an interface before code", "interface P { a: number } const p: P = { a: 6 }; return p.a", 6],
  ["a byte order mark before a fence", "\ufeff```ts\nreturn 7\n```", 7],
])("%s", async (_form, source, value) => {
  expect(await run(source)).toEqual(value);
});

test("an enum is not the value of a program that has an entry point", () => {
  const { code } = compile("enum C { R, G }\nexport async function main() { return C.G }", LIMITS);
  expect(code).toContain("finish(main)");
});

test.each([
  ["properties", `let x: any; return x${".a".repeat(30_000)}`],
  ["types", `let x: ${"[".repeat(50_000)}`],
  ["members of a chain in for await", `for await (const x of a${".a".repeat(30_000)}) ;`],
])("%s nested too deeply are refused as such", (_what, source) => {
  expect(() => compile(source, LIMITS)).toThrow(CompileError);
});

test.each([
  ["a type that does not end", "const a = 1\nconst b: Map< = 2", 2],
  ["an annotation outside of parameters", "const a = 1\nconst b = (a: number)", 2],
  ["a namespace", "const a = 1\nnamespace N { export const b = 1 }", 2],
  ["an accessor with a computed name", "class A {\n  accessor [f()] = 1\n}", 2],
])("%s is a syntax error with its line", (_mistake, source, line) => {
  expect(() => compile(source, LIMITS)).toThrow(CompileError);
  expect(() => compile(source, LIMITS)).toThrow(expect.objectContaining({ line }));
});

test.each<[form: string, repeat: (times: number) => string]>([
  ["shifts", (times) => `const a = 1, b = 2; return ${"(a << b) + ".repeat(times)}0`],
  ["comparisons", (times) => `const a = 1, b = 2; return ${"a < b, ".repeat(times)}0`],
  ["a chain of comparisons", (times) => `const a = 1; return ${"a < ".repeat(times)}0`],
  ["parentheses", (times) => `return [${"(1), ".repeat(times)}0]`],
  ["conditions", (times) => `const a = 1; return [${"a ? (a) : b => b, ".repeat(times)}0]`],
  ["casts", (times) => `const a = 1; return [${"a as Map<string, number>[], ".repeat(times)}0]`],
  ["lists of types", (times) => `const a = 1; return [${"a<[a,a,a,a,a,a],".repeat(times)}0]`],
  ["a fence with many letters", (times) => `/*\n~~~${"w".repeat(10 * times)}\`\n*/ return 1`],
  ["statements", (times) => `let a = 1\n${"a = a as number\n[a] = [a]\n".repeat(times)}`],
])("%s are compiled in time that grows with their number", async (_form, repeat) => {
  expect(await growth((times) => void compile(repeat(times), LIMITS), 250, 2_000)).toBeLessThan(32);
});
