/**
 * Bundles json-schema-to-typescript into `dist/vendor`, without what codecell makes no use of: its formatter (prettier), YAML,
 * and most of lodash. That is 20 MB less for those who install codecell. Run by `npm run bundle`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const VENDOR = `${ROOT}dist/vendor/`;
const NAME = "json-schema-to-typescript";
/** The functions of lodash that it calls. */
const LODASH = [
  "cloneDeep",
  "deburr",
  "endsWith",
  "includes",
  "isPlainObject",
  "map",
  "merge",
  "omit",
  "trim",
  "uniqBy",
  "upperFirst",
];

const lean: Plugin = {
  name: "lean",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:prettier|js-yaml|lodash)$/ }, ({ path }) => ({
      path,
      namespace: "lean",
    }));
    onLoad({ filter: /^lodash$/, namespace: "lean" }, () => ({
      contents: LODASH.map((name) => `exports.${name} = require("lodash/${name}");`).join("\n"),
      resolveDir: ROOT,
    }));
    // As imports: `require` of a bundle of modules is not Node's.
    onResolve({ filter: /^[\w/]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path, namespace: "node" } : undefined,
    );
    onLoad({ filter: /./, namespace: "node" }, ({ path }) => ({
      contents: `export * from "node:${path}"; export { default } from "node:${path}";`,
    }));
    // Formats are off, and no schema is a file.
    onLoad({ filter: /^prettier$/, namespace: "lean" }, () => ({ contents: "" }));
    onLoad({ filter: /^js-yaml$/, namespace: "lean" }, () => ({
      contents: "exports.CORE_SCHEMA = { withTags() {} };",
    }));
  },
};

rmSync(VENDOR, { recursive: true, force: true });
mkdirSync(VENDOR, { recursive: true });
const { metafile } = await build({
  stdin: { contents: `export { compile } from "${NAME}";`, resolveDir: ROOT },
  outfile: `${VENDOR}${NAME}.mjs`,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none", // they are in LICENSES.txt
  metafile: true,
  plugins: [lean],
  absWorkingDir: ROOT,
});
writeFileSync(
  `${VENDOR}${NAME}.d.mts`,
  "export declare function compile(schema: object, name: string, options: object): Promise<string>;\n",
);
writeFileSync(`${VENDOR}LICENSES.txt`, licenses(Object.keys(metafile.inputs)));
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`${NAME}: ${bytes} bytes`);

/** The licences of the packages whose files are in the bundle. */
function licenses(files: readonly string[]): string {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(file) ?? []),
  );
  return [...folders]
    .toSorted()
    .map((folder) => {
      const { name, version } = JSON.parse(
        readFileSync(`${ROOT}${folder}package.json`, "utf8"),
      ) as {
        name: string;
        version: string;
      };
      const file = readdirSync(`${ROOT}${folder}`).find((each) => /^licen[cs]e/i.test(each));
      return `${name} ${version}\n\n${readFileSync(`${ROOT}${folder}${file}`, "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
