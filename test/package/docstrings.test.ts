/** Everything that a user can import has a docstring, and everything that it mentions can be imported. Reads dist/. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exportsOf, type FileDeclaration, mentionsOf } from "../support/declaration-files.ts";

const ROOT = new URL("../../", import.meta.url);

const { exports } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  exports: Record<string, string | { readonly types: string }>;
};

const ENTRIES = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === "string"
    ? []
    : [{ path, declarations: exportsOf(new URL(target.types, ROOT).href) }],
);

test("the package has entries with declarations", () => {
  expect(ENTRIES.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      ".",
      "./agent-tools",
      "./ai-sdk",
      "./anthropic",
      "./bench",
      "./langchain",
      "./mastra",
      "./mcp",
      "./openai",
      "./serve",
    ]),
  );
  for (const { path, declarations } of ENTRIES) expect(declarations.size, path).toBeGreaterThan(0);
});

test.each(ENTRIES)("every export of $path, and every member of it, has a docstring", (entry) => {
  const bare = [...entry.declarations].flatMap(([name, { isDocumented, members }]) => [
    ...(isDocumented ? [] : [name]),
    ...members.filter((member) => !member.isDocumented).map((member) => `${name}.${member.name}`),
  ]);
  expect(bare).toEqual([]);
});

test.each(ENTRIES)("the types that the exports of $path mention are exported", (entry) => {
  const published = new Set<FileDeclaration>(
    ENTRIES.flatMap(({ declarations }) => [...declarations.values()]),
  );
  const unnamed = [...entry.declarations].flatMap(([name, declaration]) =>
    mentionsOf(declaration)
      .filter((mentioned) => !published.has(mentioned))
      .map((mentioned) => `${name} mentions ${mentioned.name}`),
  );
  expect(unnamed).toEqual([]);
});
