/** Files of codecell that are not imported but started by their path: threads, processes, what a sandbox shows. */
import { existsSync } from "node:fs";
import { CodecellError } from "./errors.ts";
import { LEAVE_OUT } from "./leave-out.ts";

/** Sources run without a build, too. */
const IN_SOURCES = /^file:.*\/core\/own-file\.ts$/;

/**
 * The URL of a file of codecell. `file` has the form `function file() { return new URL("./file.js", import.meta.url); }`, with
 * its braces, written out at the place that needs the file: so tools that copy what an app needs, as @vercel/nft, see it and take
 * it along. webpack would copy that one file without what it imports, hence the comment `webpackIgnore`; Turbopack does so
 * under another name.
 * @param name name of the file
 * @throws CodecellError `config_error` when it is not there, because a bundler has moved the code that asks for it
 */
export function ownFile(name: string, file: () => URL): URL {
  const url = locate(name, file);
  if (url !== undefined && existsSync(url)) return url;
  throw new CodecellError(
    "config_error",
    "a bundler has moved codecell's code away from the files that it starts as processes and threads",
    { hint: LEAVE_OUT },
  );
}

function locate(name: string, file: () => URL): URL | undefined {
  try {
    const url = file();
    if (url.protocol !== "file:" || !url.pathname.endsWith(`/${name}`)) return undefined;
    return IN_SOURCES.test(import.meta.url) ? new URL(url.href.replace(/\.js$/, ".ts")) : url;
  } catch {
    return undefined; // in a CommonJS bundle there is no `import.meta.url`
  }
}
