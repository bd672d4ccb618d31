/**
 * Bundles the worker process, the built-in engines and the thread that reads programs into `dist/worker`, each into one file, though
 * they have much in common: tools that copy what an app needs do not all look into files that are only named. Run by `npm run bundle`.
 */
import { rmSync } from "node:fs";
import { buildSync } from "esbuild";

const here = (path: string): string => new URL(path, import.meta.url).pathname;
const outdir = here("../../../dist/worker");
rmSync(outdir, { recursive: true, force: true });
const { metafile } = buildSync({
  entryPoints: {
    worker: here("main.ts"),
    lifeline: here("lifeline.ts"),
    reader: here("../../preflight/reader-thread.ts"),
    v8: here("../../engine/v8/v8.ts"),
    quickjs: here("../../engine/quickjs/quickjs.ts"),
  },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22",
  external: ["isolated-vm"],
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
});
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`worker: ${bytes} bytes`);
