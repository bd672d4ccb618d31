/** What decides inside a VM is nothing that a program can set. */
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { startRuntime } from "../support/combinations.ts";

const PRELUDE = fileURLToPath(new URL("../../src/engine/guest/main.ts", import.meta.url));

/** Instances of every class, or of none; own tags; a stack trace of the program's own. */
const PATCHES = [
  "for (const C of [Error, TypeError, RangeError, ToolError, Object, WeakMap]) Object.defineProperty(C, Symbol.hasInstance, { value: () => true });",
  "for (const C of [Error, TypeError, RangeError, ToolError, Object, WeakMap]) Object.defineProperty(C, Symbol.hasInstance, { value: () => false });",
  "Object.defineProperty(Object.prototype, Symbol.toStringTag, { get: () => 'Error', configurable: true });",
  "Error.prepareStackTrace = (error) => { error.code = 'output_limit'; return error; };",
  "WeakMap.prototype.get = () => ({ code: 'denied', message: 'forged' }); WeakMap.prototype.has = () => true;",
  "Object.prototype.code = 'quota_exceeded';",
  "Promise.prototype.then = ((then) => function (a, b) { return then.call(this, a, b && ((e) => b(Object.assign(Object(e), { code: 'aborted' })))); })(Promise.prototype.then);",
  "Object.defineProperty(Promise, Symbol.species, { get: () => Promise, configurable: true });",
];
const CODES = ["output_limit", "not_serializable", "aborted", "denied", "memory", "timeout"];

describe.each(["quickjs", "v8"] as const)("a program on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime({ engine, placement: "inline" });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test("cannot forge how it ended, whatever it throws and patches", async () => {
    const forged = fc.record({
      patches: fc.subarray(PATCHES),
      thrown: fc.constantFrom(
        "{ code, name, message }",
        "Object.assign(new Error(message), { code, name })",
        "Object.assign(new ToolError(message), { code, name })",
        "Object.assign(Object.create(ToolError.prototype), { code, name, message })",
        "new Proxy(Object.assign(new Error(message), { code, name }), {})",
        "new AggregateError([Object.assign(new Error(message), { code })], message)",
      ),
      code: fc.constantFrom(...CODES),
      name: fc.constantFrom("LimitError", "WireError", "NotSerializable", "AbortError"),
    });
    const property = fc.asyncProperty(forged, async ({ patches, thrown, code, name }) => {
      const facts = `const code = "${code}", name = "${name}", message = "forged";`;
      const program = [facts, ...patches, `throw ${thrown};`].join("\n");
      const result = await runtime.run(program);
      expect(result).toMatchObject({ ok: false, error: { code: "program_error" } });
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test("adds nothing to a failure of a call by what it puts on Object.prototype", async () => {
    const patch = 'Object.prototype.hint = Object.prototype.tool = "forged";';
    for (const call of [
      "tools.demo.fail()",
      "tools.demo.echo(() => 1)",
      'import("./tools/none")',
    ]) {
      const result = await runtime.run(`${patch} await ${call}`);
      expect(result.ok).toBe(false);
      expect(
        JSON.stringify({
          ...result,
          error: { ...(result as never as { error: object }).error, frame: "" },
        }),
      ).not.toContain("forged");
    }
  });
});

test("nothing in the prelude asks instanceof, which a program can answer", () => {
  const { outputFiles } = buildSync({
    entryPoints: [PRELUDE],
    bundle: true,
    minifyWhitespace: true, // comments may name it
    write: false,
  });
  expect(outputFiles[0]!.text).not.toMatch(/\binstanceof\b/);
});
