/**
 * Finishes `dist/` after TypeScript, as part of `npm run build`: computed imports as they were written, and no file that nobody
 * can reach.
 */
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const read = (file: string): string => readFileSync(join(DIST, file), "utf8");

/**
 * TypeScript wraps the name of a computed import, in case it is the relative path of a .ts file; here none is. The wrapper hides the
 * import from @vercel/nft, and the comments beside the name from webpack and Vite.
 */
function unwrapImports(file: string): void {
  const text = read(file);
  const unwrapped = text
    .replace(/^var __rewriteRelativeImportExtension = [\s\S]*?\n};\n/m, "")
    .replaceAll(
      /import\(__rewriteRelativeImportExtension\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\)/g,
      "import($1)",
    );
  if (unwrapped.includes("__rewriteRelative"))
    throw new Error(`${file} has an import of a new form`);
  if (unwrapped !== text) writeFileSync(join(DIST, file), unwrapped);
}

/** The declaration files that the entries of the package need. */
function neededDeclarations(): Set<string> {
  const { exports } = JSON.parse(read("../package.json")) as {
    exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  const needed = new Set<string>();
  const add = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, path] of read(file).matchAll(/(?:from |import\()"(\.{1,2}\/[^"]+)\.[jt]s"/g))
      add(join(dirname(file), `${path}.d.ts`));
  };
  for (const entry of Object.values(exports))
    if (typeof entry === "object") add(entry.types.replace("./dist/", ""));
  return needed;
}

const needed = neededDeclarations();
const declarations = globSync("**/*.d.ts", { cwd: DIST }).filter((file) => !needed.has(file));
// Of these there are bundles: source.js has the guest as one text, dist/worker has the rest.
const bundled = globSync(
  ["engine/guest/*.js", "placement/worker/{main,lifeline}.js", "preflight/reader-thread.js"],
  { cwd: DIST, exclude: ["engine/guest/source.js"] },
);
for (const file of [...declarations, ...bundled]) rmSync(join(DIST, file));
for (const file of globSync("**/*.js", { cwd: DIST, exclude: ["{vendor,worker}/**"] }))
  unwrapImports(file);
