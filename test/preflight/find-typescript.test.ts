/** Which TypeScript checks programs, and what is said of one that cannot. Packages here are broken or hostile: none is executed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { findTypeScript } from "../../src/preflight/find-typescript.ts";
import { temporaryFolder } from "../support/folders.ts";

const OWN = import.meta.url;

const MANIFEST = {
  name: "typescript",
  exports: { "./package.json": "./package.json", "./unstable/async": "./api.js" },
};

/** A file of a project with this package `typescript`. */
function project(manifest: object | string, api?: string): string {
  const folder = temporaryFolder();
  const typescript = join(folder, "node_modules/typescript");
  mkdirSync(typescript, { recursive: true });
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  writeFileSync(join(typescript, "package.json"), text);
  if (api !== undefined) writeFileSync(join(typescript, "api.js"), api);
  return pathToFileURL(join(folder, "app.js")).href;
}

const withVersion = (version: unknown): string => project({ ...MANIFEST, version }, "throw 1");
const nowhere = (): string => pathToFileURL(join(temporaryFolder(), "app.js")).href;

test("the project's own is used where it is new enough, else that beside codecell", () => {
  const newer = withVersion("7.9.1");
  const own = findTypeScript([OWN]);
  expect(own.version).toMatch(/^7\./);
  expect(findTypeScript([newer, OWN])).toEqual({
    version: "7.9.1",
    api: new URL("node_modules/typescript/api.js", newer).href,
  });
  for (const place of [withVersion("5.9.3"), withVersion("banana"), nowhere()])
    expect(findTypeScript([place, OWN])).toEqual(own);
});

test.each([
  ["an old one", () => withVersion("5.9.3"), "the one that is installed is 5.9.3"],
  ["another old one", () => withVersion("6.0.2"), "the one that is installed is 6.0.2"],
  ["none", nowhere, "it is not installed"],
  ["a version that is none", () => withVersion("banana"), "its package.json has no version"],
  ["a number as its version", () => withVersion(7), "its package.json has no version"],
  ["an endless version", () => withVersion(`7.${"0".repeat(500)}`), "has no version"],
  ["no JSON", () => project("{"), "cannot be used"],
  ["no object", () => project("null"), "version 7: "],
  ["no API", () => project({ name: "typescript", version: "7.0.0" }), "cannot be used"],
])("%s is an error that says what is needed and what to do", (_what, place, says) => {
  expect(() => findTypeScript([place()])).toThrow(
    expect.objectContaining({
      code: "config_error",
      message: expect.stringContaining(says) as string,
      hint: "npm install typescript@^7",
    }),
  );
  expect(() => findTypeScript([place()])).toThrow(
    /^typeCheck needs the package typescript, version 7: [^\n]*$/,
  );
});

test.each([
  ["throws", "throw new Error('broken\\nin two lines')", "TypeScript 7.0.0 does not start: broken"],
  ["exports nothing", "export {}", "TypeScript 7.0.0 does not start"],
  ["ends its thread", "process.exit(0)", "TypeScript 7.0.0 does not start"],
])("a compiler that %s is an error, and nothing else fails", async (_what, api, says) => {
  const app = project({ ...MANIFEST, type: "module", version: "7.0.0" }, api);
  vi.spyOn(process, "argv", "get").mockReturnValue([process.execPath, new URL(app).pathname]);
  try {
    await expect(
      createRuntime({ engine: "quickjs", placement: "inline", typeCheck: true }),
    ).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining(says) as string,
      hint: "npm install typescript@^7",
    });
    await using runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: "auto",
    });
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    expect(await runtime.run("return 1")).toMatchObject({ value: 1 });
    expect(await runtime.run("return 2")).toMatchObject({ value: 2 });
    expect(warn.mock.calls).toEqual([[expect.stringContaining(says) as string, "CodecellWarning"]]);
  } finally {
    vi.restoreAllMocks();
  }
});
