/**
 * `npm run docs`: writes docs/reference from the code. `npm run docs -- --check` writes nothing, and fails where a page
 * does not say what the code says.
 */
import { readFile, writeFile } from "node:fs/promises";
import { format } from "oxfmt";
import { errorsPage } from "./errors.ts";
import { httpPage } from "./http.ts";
import { limitsPage } from "./limits.ts";
import { optionsPage } from "./options.ts";

const HEAD = "<!-- Written by `npm run docs` from the code: do not edit. -->";
const FOLDER = new URL("../reference/", import.meta.url);

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "errors.md": errorsPage,
  "http.md": httpPage,
  "limits.md": limitsPage,
  "options.md": optionsPage,
};

const isCheck = process.argv.includes("--check");
for (const [name, page] of Object.entries(PAGES)) {
  const file = new URL(name, FOLDER);
  const { code: text } = await format(name, `${HEAD}\n\n${await page()}\n`);
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    console.error(`docs/reference/${name} does not say what the code says: npm run docs`);
    process.exitCode = 1;
  }
}
