/** A program that is read and checked before it runs does not block its host. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { leastDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { createRuntime } from "../support/patient.ts";

const BYTES = 250_000;
const lines = (line: (at: number) => string): string => {
  let text = "";
  for (let at = 0; text.length < BYTES - 200; at++) text += `${line(at)}\n`;
  return text;
};

/** Each as large as a program may be. */
const PROGRAMS: readonly (readonly [name: string, code: string])[] = [
  [
    "one expression",
    `return ${"(".repeat(1_000)}1${")".repeat(1_000)} + ${"1 + ".repeat(60_000)}1`,
  ],
  ["names that are not there", lines((at) => `missing${at};`)],
  ["tools that are not there", lines((at) => `tools.crm.finds${at}({});`)],
  ["calls of tools", lines(() => "tools.crm.find({ id: 7 });")],
  ["returns", lines(() => "if (x) return 1;")],
  ["imports", lines((at) => `import a${at} from "./mcp-tools/crm/find${at}";`)],
  ["globals", lines((at) => `globalThis.g${at} = 1; g${at};`)],
  [
    "a type that grows",
    "type A<N extends 0[]> = N['length'] extends 900 ? N : A<[...N, 0]>; const x: A<[]> = 1; return x",
  ],
];

describe("a program of", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "process",
      typeCheck: true,
      tools: { crm: { find: () => 1 } },
    });
    await runtime.inspect("1");
    await runtime.run("return 1");
  });
  afterAll(() => runtime.close());

  test.each(PROGRAMS)(
    "%s holds up nothing else while it is read and checked",
    async (_name, code) => {
      expect(await leastDelay(() => runtime.inspect(code))).toBeLessThan(MAX_DELAY_MS);
      const run = (): Promise<unknown> => runtime.run(code, { limits: { compileMs: 1_000 } });
      expect(await leastDelay(run)).toBeLessThan(MAX_DELAY_MS);
    },
  );

  test("a text that takes the parser too long ends its thread; the next is read by another", async () => {
    const code = `return ${"(".repeat(100_000)}1${")".repeat(100_000)}`;
    expect(await leastDelay(() => runtime.inspect(code))).toBeLessThan(MAX_DELAY_MS);
    expect(await runtime.inspect("return 1")).toMatchObject({ ok: true });
  });

  test("a session with thousands of names is checked as well", async () => {
    const session = await runtime.session("names");
    await session.run(
      lines((at) => `var name${at} = 1;`)
        .slice(0, 200_000)
        .replace(/\n[^\n]*$/, ""),
    );
    const delayMs = await leastDelay(async () => {
      expect(await session.run("return name1 + name2")).toMatchObject({ ok: true, value: 2 });
    });
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });
});

test("thousands of tools and thousands of uses hold up nothing", async () => {
  const names = Array.from({ length: 3_000 }, (_, at) => `find_record_${at}`);
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "process",
    typeCheck: true,
    tools: { crm: Object.fromEntries(names.map((name) => [name, () => 1])) },
    limits: { compileMs: 20_000 },
  });
  await runtime.inspect("1");
  const wrong = 'const a: number = "b";\nconst b: number = "c";\n';
  const uses = lines(() => "tools.crm.find_record_2999({});").slice(0, 32 * 4_000);
  const unknown = Array.from({ length: 60 }, (_, at) => `tools.crm.find_recrod_${at}();\n`).join(
    "",
  );
  for (const code of [wrong + uses, unknown]) {
    const delayMs = await leastDelay(async () => {
      expect((await runtime.inspect(code)).ok).toBe(false);
    });
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  }
});
