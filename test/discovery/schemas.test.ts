/** A schema means the same to the check of arguments and to the types of programs, whatever dialect it is written in. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCHEMAS, type SchemaCase } from "../../fixtures/schemas/schemas.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { ArgumentValidator } from "../../src/tools/validate.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

type Schema = Readonly<Record<string, unknown>>;

/** A tool of one argument `a`. */
function inputOf({ schema, root = {} }: Pick<SchemaCase, "schema" | "root">): Schema {
  return { ...root, type: "object", properties: { a: schema }, required: ["a"] };
}

function takes(input: Schema, a: unknown): boolean {
  const warnings: string[] = [];
  const validator = new ArgumentValidator("t.t", input, (warning) => warnings.push(warning));
  try {
    validator.check({ a });
    expect(warnings).toEqual([]);
    return true;
  } catch (error) {
    expect((error as { code?: unknown }).code).toBe("invalid_arguments");
    return false;
  }
}

describe("schemas of servers", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    const tools = SCHEMAS.map((each, at) => [
      `tool${at}`,
      tool({ input: inputOf(each), run: () => 1 }),
    ]);
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: { shapes: Object.fromEntries(tools) as never },
    });
  });
  afterAll(() => runtime.close());

  test.each(SCHEMAS.map((each, at) => ({ ...each, at })))("$name", async (each) => {
    const { declaration } = await runtime.getToolSpec("shapes", `tool${each.at}`);
    expect(declaration.replace(/\s+/g, " ")).toContain(each.type);
    const input = inputOf(each);
    expect(each.takes.filter((value) => !takes(input, value))).toEqual([]);
    expect(each.refuses.filter((value) => takes(input, value))).toEqual([]);
  });

  test("what its type says less of at the top of a tool is told in its documentation", async () => {
    await using top = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: {
        t: {
          t: tool({
            input: {
              type: "object",
              properties: { id: { type: "string" } },
              additionalProperties: { type: "number" },
              not: { required: ["x"] },
            },
            run: () => 1,
          }),
        },
      },
    });
    const { declaration } = await top.getToolSpec("t", "t");
    expect(declaration).toContain("Arguments: other properties: number.");
    expect(declaration).toContain("Arguments: further conditions: not.");
  });
});

/** A schema, and values that it may take. */
interface Generated {
  readonly schema: Schema;
  readonly values: readonly unknown[];
}

/** Generated members: of each kind a schema, and values near to it. */
const { member } = fc.letrec<{ member: Generated }>((tie) => {
  const inner = tie("member");
  const number = fc.constantFrom(-1, 0, 0.5, 1, 7, 10, 11);
  const fixed = (schema: Schema, values: fc.Arbitrary<unknown>): fc.Arbitrary<Generated> =>
    fc.array(values, { minLength: 1, maxLength: 4 }).map((some) => ({ schema, values: some }));
  const json = fc.jsonValue({ maxDepth: 2 }).map(withoutProto);
  const named = fc.dictionary(fc.constantFrom("x", "y", "long name"), inner, {
    minKeys: 1,
    maxKeys: 3,
  });
  return {
    member: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fixed({ type: "string" }, fc.string()),
      fc
        .boolean()
        .chain((nullable) =>
          fixed({ type: "boolean", nullable }, fc.constantFrom(true, false, null)),
        ),
      fc
        .record({ exclusiveMinimum: fc.boolean(), exclusiveMaximum: fc.boolean() })
        .chain((limits) => fixed({ type: "number", minimum: 0, maximum: 10, ...limits }, number)),
      fixed({ type: "integer", exclusiveMinimum: 0, multipleOf: 7 }, number),
      fixed(
        { type: "integer", format: "int64" },
        fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), number),
      ),
      fc
        .array(json, { minLength: 1, maxLength: 4 })
        .map((values) => ({ schema: { enum: values }, values })),
      json.map((value) => ({ schema: { const: value }, values: [value] })),
      fc
        .tuple(
          fc.array(inner, { minLength: 1, maxLength: 3 }),
          inner,
          fc.constantFrom("closed", "open", "rest"),
          fc.boolean(),
          fc.nat(3),
        )
        .map(tupleMember),
      inner.map(({ schema, values }) => ({
        schema: { type: "array", items: schema },
        values: [[], values],
      })),
      fc.tuple(named, inner, fc.boolean()).map(objectMember),
      fc.tuple(inner, inner).map(([a, b]) => ({
        schema: { anyOf: [a.schema, b.schema], nullable: true },
        values: [...a.values, ...b.values, null],
      })),
    ),
  };
});

function withoutProto(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll("__proto__", "proto"));
}

type Tuple = [parts: Generated[], rest: Generated, kind: string, isNew: boolean, least: number];

function tupleMember([parts, rest, kind, isNew, least]: Tuple): Generated {
  const items = parts.map(({ schema }) => schema);
  const further = kind === "open" ? undefined : kind === "closed" ? false : rest.schema;
  const tuple = isNew
    ? { prefixItems: items, ...(further === undefined ? {} : { items: further }) }
    : { items, ...(further === undefined ? {} : { additionalItems: further }) };
  const first = parts.map(({ values }) => values[0]);
  return {
    schema: { type: "array", ...tuple, minItems: Math.min(least, items.length) },
    values: [first, first.slice(0, least), [...first, ...rest.values]],
  };
}

function objectMember([properties, other, isRequired]: [
  Record<string, Generated>,
  Generated,
  boolean,
]): Generated {
  const entries = Object.entries(properties);
  const whole = Object.fromEntries(entries.map(([name, { values }]) => [name, values[0]]));
  return {
    schema: {
      type: "object",
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      required: isRequired ? entries.map(([name]) => name) : [],
      additionalProperties: other.schema,
    },
    values: [whole, { ...whole, more: other.values[0] }, {}],
  };
}

/** A value as TypeScript. */
function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}: ${literal(item)}`)
    .join(", ")} }`;
}

test("what the check takes, the type takes", async () => {
  const members = fc.sample(member, { numRuns: 300, seed: 5 });
  const tools = members.map(({ schema }, at) => [
    `tool${at}`,
    tool({ input: inputOf({ schema }), run: () => 1 }),
  ]);
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: { random: Object.fromEntries(tools) as never },
  });
  const lines: string[] = [];
  let taken = 0;
  for (const [at, { schema, values }] of members.entries()) {
    const { declaration } = await runtime.getToolSpec("random", `tool${at}`);
    expect(declaration).toMatch(/interface Tool/);
    lines.push(`namespace N${at} {`, `export ${declaration}`);
    const accepted = values.filter((value) => takes(inputOf({ schema }), value));
    for (const value of accepted) lines.push(`tool${at}({ a: ${literal(value)} });`);
    lines.push("}");
    taken += accepted.length;
  }
  lines.push("// @ts-expect-error -- so that it is seen to be checked", "N0.tool0({});");
  const folder = temporaryFolder();
  const file = join(folder, "all.ts");
  writeFileSync(file, lines.join("\n"));
  const checked = await promisify(execFile)(
    process.execPath,
    [TSC, "--noEmit", "--strict", "--target", "esnext", "--types", "", file],
    { cwd: folder },
  ).catch(({ stdout }: { stdout: string }) => ({ stdout }));
  const context = checked.stdout
    .split("\n")
    .slice(0, 3)
    .map(
      (error) =>
        `${error}\n${lines.join("\n").split("\n")[Number(/\((\d+),/.exec(error)?.[1]) - 1]}`,
    );
  expect(context.join("\n")).toBe("\nundefined");
  expect(taken).toBeGreaterThan(500);
});
