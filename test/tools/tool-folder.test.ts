/** A folder of modules as local tools. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRuntime, type RuntimeOptions } from "../../src/index.ts";

const INDEX = pathToFileURL(join(import.meta.dirname, "../../src/tools/define-tool.ts")).href;
const ZOD = import.meta.resolve("zod");

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codecell-tools-"));
});
afterEach(async () => await rm(root, { recursive: true }));

async function put(name: string, text: string): Promise<string> {
  const file = join(root, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function open(options: RuntimeOptions) {
  return await createRuntime({ engine: "quickjs", placement: "inline", ...options });
}

test("modules in folders and files: namespaces, names, schemas", async () => {
  await put(
    "tools/add.mjs",
    `export default {
       name: "sum", description: "Add two numbers", inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
       execute: async ({ a, b }, { user }) => ({ sum: a + b, user }),
     };`,
  );
  await put(
    "tools/crm/find.js",
    `import { tool } from ${JSON.stringify(INDEX)}; import { z } from ${JSON.stringify(ZOD)};
     export default tool({ description: "Find", input: z.object({ id: z.string() }), run: ({ id }) => "found " + id });
     export const count = { inputSchema: z.object({ n: z.number().default(3) }), execute: ({ n }) => n };
     export const helper = () => 1; export const VERSION = "1";`,
  );
  await put(
    "tools/crm/contacts/list.ts",
    `interface Given { readonly last: number }
     export default { description: "List", execute(given: Given): string[] { return this.all.slice(-given.last); }, all: ["a", "b"] };`,
  );
  for (const ignored of [
    "tools/_private.mjs",
    "tools/.hidden/x.mjs",
    "tools/node_modules/x.mjs",
    "tools/a.test.mjs",
    "tools/types.d.ts",
    "tools/README.md",
  ])
    await put(ignored, "throw new Error('not loaded')");
  await using runtime = await open({ tools: join(root, "tools") });
  expect(runtime.describe().warnings).toEqual([]);
  const result = await runtime.run(
    `return [
       await tools.local.sum({ a: 1, b: 2 }), await tools.crm.find({ id: "7" }), await tools.crm.count({}),
       await tools.crm_contacts.list({ last: 1 }), (await listToolCategories()).map(({ name }) => name),
       await tools.local.sum({ a: 1 }).catch((error) => error.code),
     ]`,
    { user: "ann" },
  );
  expect(result).toMatchObject({
    ok: true,
    value: [
      { sum: 3, user: "ann" },
      "found 7",
      3,
      ["b"],
      ["local", "crm_contacts", "crm"],
      "invalid_arguments",
    ],
  });
});

test("a bad module is left out with its file and the reason; the others load", async () => {
  await put("good.mjs", "export default { execute: () => 1 }");
  await put("broken.mjs", "export default {");
  await put("throws.mjs", "throw new Error('no key')");
  await put("none.mjs", "export const helper = () => 1;");
  await put("wrong.mjs", "export default { execute: 3 }");
  await put("name.mjs", "export default { name: 3, execute() {} }");
  await put("schema.mjs", "export default { inputSchema: 'x', execute() {} }");
  await put("text.mjs", "export default { description: 1, execute() {} }");
  await put("z-twice.mjs", "export default { name: 'good', execute: () => 2 }");
  await symlink(join(root, "good.mjs"), join(root, "link.mjs"));
  await using runtime = await open({ tools: root });
  expect(await runtime.run("await tools.local.good()")).toMatchObject({ value: 1 });
  const { warnings } = runtime.describe();
  const reasonOf = (file: string): string | undefined =>
    warnings.find((warning) => warning.startsWith(join(root, file)));
  expect(reasonOf("broken.mjs")).toContain("broken.mjs is left out: ");
  expect(reasonOf("throws.mjs")).toContain("throws.mjs is left out: no key");
  expect(reasonOf("none.mjs")).toContain(
    "it exports no tool; export { name, description, inputSchema, execute }",
  );
  expect(reasonOf("wrong.mjs")).toContain("default.execute must be a function");
  expect(reasonOf("name.mjs")).toContain("default.name is 3; it must be a string");
  expect(reasonOf("schema.mjs")).toContain(
    "default.inputSchema must be a JSON Schema or a Standard Schema",
  );
  expect(reasonOf("text.mjs")).toContain("default.description must be a string");
  expect(reasonOf("z-twice.mjs")).toContain(
    "the tool local.good is there already, and is left out",
  );
  expect(reasonOf("link.mjs")).toContain("it is not a file");
  expect(warnings).toHaveLength(9);
});

test("a config file names a folder from its own; an option wins", async () => {
  await put("conf/tools/a.mjs", "export default { execute: () => 'of the file' }");
  await put("other/a.mjs", "export default { execute: () => 'of the option' }");
  const config = await put("conf/codecell.json", '{ "codecell": { "tools": "./tools" } }');
  await using ofFile = await open({ config });
  expect(await ofFile.run("await tools.local.a()")).toMatchObject({ value: "of the file" });
  await using ofOption = await open({ config, tools: join(root, "other") });
  expect(await ofOption.run("await tools.local.a()")).toMatchObject({ value: "of the option" });
});

test("nonsense", async () => {
  await put("codecell.json", '{ "codecell": { "tools": ["a"] } }');
  await expect(open({ tools: join(root, "nowhere") })).rejects.toThrow(
    /tools names the folder .*nowhere, which does not exist/,
  );
  await expect(open({ tools: join(root, "codecell.json") })).rejects.toThrow(
    "which does not exist",
  );
  await expect(open({ tools: "" })).rejects.toThrow(
    "tools is a string; it must be an object of namespaces, or the path of a folder",
  );
  await expect(open({ tools: 3 as never })).rejects.toThrow("tools is a number");
  await expect(open({ config: join(root, "codecell.json") })).rejects.toThrow(
    "codecell.tools is an array; it must be the path of a folder",
  );
});
