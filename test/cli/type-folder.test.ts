/** The folder that `codecell types` writes: nothing outside of it is touched, and every name fits. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TypeFolder } from "../../src/cli/type-folder.ts";
import { buildNames } from "../../src/tools/names.ts";
import { fileOf, folderOf } from "../../src/discovery/types/wrappers.ts";
import { temporaryFolder } from "../support/folders.ts";

function folders(): { out: string; outside: string } {
  const folder = temporaryFolder();
  const [out, outside] = [join(folder, "out"), join(folder, "outside")];
  mkdirSync(out);
  mkdirSync(outside);
  writeFileSync(join(outside, "kept.ts"), "// Written by codecell types.\nmine");
  return { out, outside };
}

test("writes, leaves what is the same, and removes what it wrote before", async () => {
  const { out } = folders();
  const folder = await TypeFolder.open(out);
  expect(await folder.write("call.ts", "a")).toBe(true);
  expect(await folder.write("call.ts", "a")).toBe(false);
  expect(await folder.write("call.ts", "b")).toBe(true);
  expect(await folder.write("github/x.ts", "c")).toBe(true);
  writeFileSync(join(out, "own.ts"), "// mine");
  expect(await folder.removeOthers(new Set(["call.ts"]))).toBe(1);
  expect(readdirSync(out).toSorted()).toEqual(["call.ts", "own.ts"]);
});

test("the folder may be a link; what is in it is not followed", async () => {
  const { out, outside } = folders();
  const link = `${out}-link`;
  symlinkSync(out, link);
  const folder = await TypeFolder.open(link);
  expect(await folder.write("github/x.ts", "a")).toBe(true);
  expect(readFileSync(join(out, "github/x.ts"), "utf8")).toContain("a");

  symlinkSync(outside, join(out, "linked"));
  await expect(folder.write("linked/new.ts", "x")).rejects.toMatchObject({
    code: "config_error",
    message: expect.stringContaining("linked is no folder"),
  });
  symlinkSync(join(outside, "kept.ts"), join(out, "call.ts"));
  await expect(folder.write("call.ts", "x")).rejects.toMatchObject({ code: "config_error" });
  symlinkSync(join(outside, "made.ts"), join(out, "dangling.ts"));
  await expect(folder.write("dangling.ts", "x")).rejects.toMatchObject({ code: "config_error" });
  mkdirSync(join(out, "folder.ts"));
  await expect(folder.write("folder.ts", "x")).rejects.toMatchObject({ code: "config_error" });
  expect(await folder.removeOthers(new Set())).toBe(1);
  expect(readdirSync(outside)).toEqual(["kept.ts"]);
  expect(readFileSync(join(outside, "kept.ts"), "utf8")).toContain("mine");
});

test("a second name of a file outside keeps its content", async () => {
  const { out, outside } = folders();
  linkSync(join(outside, "kept.ts"), join(out, "call.ts"));
  expect(await (await TypeFolder.open(out)).write("call.ts", "other")).toBe(true);
  expect(readFileSync(join(outside, "kept.ts"), "utf8")).toContain("mine");
  expect(existsSync(join(out, "call.ts"))).toBe(true);
});

test("every name of a server and of a tool is a name of a file", async () => {
  const unit = fc.constantFrom(
    "字",
    "é",
    "e\u0301",
    "A",
    "a",
    "-",
    "_",
    ".",
    "/",
    "😀",
    "ß",
    "\u202e",
  );
  const name = fc.oneof(
    fc.string({ unit, minLength: 1, maxLength: 120 }),
    fc.constantFrom(
      "字".repeat(99),
      "字".repeat(85),
      "n".repeat(5_000),
      "CON",
      "index",
      "..",
      "a.ts",
    ),
  );
  const folder = await TypeFolder.open(temporaryFolder());
  const property = fc.asyncProperty(
    name,
    fc.uniqueArray(name, { maxLength: 5 }),
    async (server, tools) => {
      const [spelled] = buildNames([{ name: server, tools }]).servers;
      const files = spelled!.tools.map(fileOf);
      const folded = files.map((file) => file.normalize("NFC").toLowerCase());
      expect(new Set(folded).size).toBe(files.length);
      for (const file of files) {
        expect(Buffer.byteLength(`${file}.ts`)).toBeLessThanOrEqual(255);
        await folder.write(`${folderOf(spelled!)}/${file}.ts`, "");
      }
    },
  );
  await fc.assert(property, { numRuns: 50 });
});
