/**
 * What to write in place of names that programs do not have. `CALL` stands for a call of a tool that the runtime has. The code in
 * backticks compiles.
 */

const NO_NETWORK =
  'Programs have no network here: look for a tool that fetches, `await searchTools("fetch a page")`.';
const NO_MODULE =
  "There are no Node modules and no packages: write plain JavaScript, and call tools as `CALL`.";
const NO_COMMONJS = "There are no CommonJS modules: end the program with its value, `return 42`.";
const NO_PYTHON = "Programs are TypeScript: write `null`, `true` or `false`.";
const NO_PLATFORM =
  "There is no such platform here: call tools as `CALL`; files are in the global `fs`.";
const NO_FOLDER =
  'Programs have no folder of their own: list the files with `await fs.readdir("/")`.';

/** Names of other platforms: what does the same here. */
const INSTEAD: Readonly<Record<string, string>> = {
  fetch: NO_NETWORK,
  XMLHttpRequest: NO_NETWORK,
  require: NO_MODULE,
  module: NO_COMMONJS,
  exports: NO_COMMONJS,
  process:
    "Programs have no process, no environment and no arguments: write the values into the program.",
  Buffer:
    'There is no Buffer: use `new TextEncoder().encode("text")`, `btoa("text")` and `new Uint8Array(8)`.',
  print: 'To print, write `console.log("text")`.',
  __dirname: NO_FOLDER,
  __filename: NO_FOLDER,
  window: "There is no browser: globals are in `globalThis`, and tools are called as `CALL`.",
  document: "There is no browser and no page: call a tool, `CALL`.",
  alert: 'To print, write `console.log("text")`.',
  localStorage: "Nothing is stored here but what programs of one session declare: `let kept = 1`.",
  None: NO_PYTHON,
  True: NO_PYTHON,
  False: NO_PYTHON,
  Deno: NO_PLATFORM,
  Bun: NO_PLATFORM,
  get_tool_details: 'In a program, write `(await getToolSpec("category", "tool")).declaration`.',
  sleep: "To wait, write `await new Promise((resolve) => setTimeout(resolve, 100))`.",
};

/** Names by which other products call tools. */
const CALLERS: ReadonlySet<string> = new Set(
  "codemode mcp client call_tool callMcpTool use_mcp_tool env context ctx agent tool server session".split(
    " ",
  ),
);
const CALL = "Tools are called as `CALL`.";

/** Node modules and packages that programs import. */
const MODULES: Readonly<Record<string, string>> = {
  fs: 'There is a global fs, without import: `await fs.readFile("/tools/globals.d.ts")`; it also has readdir, writeFile, mkdir, rm and stat.',
  path: 'There is no module path: join texts, `["folder", "file.txt"].join("/")`.',
  crypto:
    "There is a global crypto, without import: `crypto.randomUUID()`, getRandomValues and subtle.digest.",
  url: 'There is a global URL, without import: `new URL("https://example.com/a")`.',
  buffer: INSTEAD["Buffer"]!,
  timers: "There are global timers, without import: `setTimeout(() => {}, 100)`.",
  axios: NO_NETWORK,
  "node-fetch": NO_NETWORK,
  http: NO_NETWORK,
  https: NO_NETWORK,
  lodash:
    "There are no packages: use methods of arrays and objects, `Object.groupBy([1, 2], (n) => n % 2)`.",
};

/** Globals that a name may have been meant for. */
export const GLOBALS: readonly string[] =
  "tools fs resources prompts console crypto performance structuredClone setTimeout setInterval queueMicrotask listToolCategories listTools getToolSpec searchTools URL URLSearchParams TextEncoder TextDecoder ToolError AbortController".split(
    " ",
  );

/** What to write in place of a global that is not there. */
export function insteadOfGlobal(name: string): string | undefined {
  if (Object.hasOwn(INSTEAD, name)) return INSTEAD[name];
  return CALLERS.has(name) ? CALL : undefined;
}

/** What to write in place of an import. */
export function insteadOfModule(specifier: string): string {
  const name = specifier.replace(/^node:/, "").replace(/\/promises$/, "");
  return Object.hasOwn(MODULES, name) ? MODULES[name]! : NO_MODULE;
}

/** All hints of this file, for tests. @internal */
export function allHints(): string[] {
  return [...Object.values(INSTEAD), ...Object.values(MODULES), CALL, NO_MODULE];
}
