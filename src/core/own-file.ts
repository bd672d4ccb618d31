/** Files of codecell that are not imported but started by their path: threads, processes, what a sandbox shows. */
import { existsSync } from "node:fs";
import { CodecellError } from "./errors.ts";

/** Sources run without a build, too. */
const IN_SOURCES = /^file:.*\/core\/own-file\.ts$/;

/**
 * The URL of a file of codecell. `file` has the form `() => new URL("./file.js", import.meta.url)`, written out at the place
 * that needs the file: so tools that copy what an app needs, as \@vercel/nft, see it and take it along. webpack would copy that
 * one file without what it imports, hence the comment `webpackIgnore`.
 * @throws CodecellError `config_error` when it is not there, because a bundler has moved the code that asks for it
 */
export function ownFile(file: () => URL): URL {
  const url = locate(file);
  if (url !== undefined && existsSync(url)) return url;
  throw new CodecellError(
    "config_error",
    "a bundler has moved codecell's code away from the files that it starts as processes and threads",
    { hint: LEAVE_OUT },
  );
}

/** What keeps codecell out of a bundle, one line for each bundler; docs/bundlers.md says the same. */
export const LEAVE_OUT =
  'Leave codecell out of the bundle: serverExternalPackages: ["codecell"] in next.config (Next), ssr: { external: ["codecell"] } (Vite), ' +
  'external: ["codecell"] (esbuild, Rollup), externals: { codecell: "import codecell" } (webpack). It has to be installed where the app runs.';

function locate(file: () => URL): URL | undefined {
  try {
    const url = file();
    if (url.protocol !== "file:") return undefined;
    return IN_SOURCES.test(import.meta.url) ? new URL(url.href.replace(/\.js$/, ".ts")) : url;
  } catch {
    return undefined; // in a CommonJS bundle there is no `import.meta.url`
  }
}
