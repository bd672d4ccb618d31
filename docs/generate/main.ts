/**
 * `npm run docs`: writes docs/reference and config.schema.json from the code. `npm run docs -- --check` writes nothing, and
 * fails where a file does not say what the code says.
 */
import { readFile, writeFile } from "node:fs/promises";
import { format } from "oxfmt";
import { configSchema } from "./config-schema.ts";
import { errorsPage } from "./errors.ts";
import { httpPage } from "./http.ts";
import { limitsPage } from "./limits.ts";
import { optionsPage } from "./options.ts";

const HEAD = "<!-- Written by `npm run docs` from the code: do not edit. -->";
const ROOT = new URL("../../", import.meta.url);

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/reference/errors.md": errorsPage,
  "docs/reference/http.md": httpPage,
  "docs/reference/limits.md": limitsPage,
  "docs/reference/options.md": optionsPage,
};

const isCheck = process.argv.includes("--check");
for (const [name, page] of Object.entries(PAGES)) await put(name, `${HEAD}\n\n${await page()}\n`);
await put("config.schema.json", JSON.stringify(configSchema()));

async function put(name: string, unformatted: string): Promise<void> {
  const file = new URL(name, ROOT);
  const { code: text } = await format(name, unformatted);
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    console.error(`${name} does not say what the code says: npm run docs`);
    process.exitCode = 1;
  }
}
