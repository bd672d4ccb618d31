/** The public surface: what can be imported, and what is in the package. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as codecell from "../../src/index.ts";
import { exportsOf } from "../support/declaration-files.ts";

test("the library exports these names and no others", () => {
  expect(Object.keys(codecell).toSorted()).toEqual([
    "CodecellError",
    "DEFAULT_LIMITS",
    "ERROR_CODES",
    "ToolError",
    "WorkspaceError",
    "createRuntime",
    "loadConfig",
    "tool",
  ]);
});

test("the library exports these types and no others", () => {
  const entry = new URL("../../dist/index.d.ts", import.meta.url);
  const types = [...exportsOf(entry.href).keys()].filter((name) => !(name in codecell));
  expect(types.toSorted()).toEqual([
    "AllowedHost",
    "Answer",
    "ArgumentsOf",
    "AskInputs",
    "CallRecord",
    "CategorySummary",
    "CommonServerConfig",
    "CommonServerEntry",
    "ConfigFile",
    "DynamicUse",
    "Engine",
    "EngineModule",
    "EngineName",
    "EngineRef",
    "EngineSession",
    "EngineUsage",
    "Environment",
    "ErrorCode",
    "ExecutionResult",
    "Failure",
    "FileAccess",
    "FileContent",
    "FileOperation",
    "FileStat",
    "ForeignKeys",
    "Host",
    "HostCall",
    "HostSpellings",
    "HowUsed",
    "HttpServerConfig",
    "HttpServerEntry",
    "ImportUse",
    "InputRequest",
    "Inspection",
    "JsonSchema",
    "JsonSchemaConverter",
    "JsonValue",
    "KeepOptions",
    "Limits",
    "ListOptions",
    "Literal",
    "LocalFunction",
    "LocalTools",
    "LogEntry",
    "LogLevel",
    "McpClient",
    "McpServerEntry",
    "ModelHandler",
    "ModelRequest",
    "NameTable",
    "NetworkRequest",
    "NetworkSettings",
    "OAuthConfig",
    "Outcome",
    "OutputOf",
    "OutputSchema",
    "PendingCall",
    "PlacementName",
    "Position",
    "Program",
    "ProgramUses",
    "RemoteService",
    "ResumeOptions",
    "RunContext",
    "RunIdentity",
    "RunOptions",
    "RunReport",
    "Runtime",
    "RuntimeDescription",
    "RuntimeEventName",
    "RuntimeEvents",
    "RuntimeListener",
    "RuntimeOptions",
    "SandboxSettings",
    "SavedCall",
    "SavedVm",
    "SearchOptions",
    "ServerConfig",
    "ServerNames",
    "ServerReport",
    "ServerRequest",
    "ServerRequestContext",
    "ServerRequestHandler",
    "Session",
    "SessionOptions",
    "SessionSettings",
    "SharingSettings",
    "StandardIssue",
    "StandardResult",
    "StandardSchema",
    "StartContextOptions",
    "StdioServerConfig",
    "StdioServerEntry",
    "SyscallProfile",
    "TokenUsage",
    "TokenizerChoice",
    "TokenizerName",
    "ToolDefinition",
    "ToolDetail",
    "ToolInfo",
    "ToolNames",
    "ToolOptions",
    "ToolRules",
    "ToolSpec",
    "ToolSummary",
    "ToolUse",
    "TypeCheck",
    "Usage",
    "ValueOf",
    "WorkerSettings",
    "Workspace",
    "WorkspaceLimits",
  ]);
});

test("the bench exports these names and no others", async () => {
  expect(Object.keys(await import("../../src/bench/index.ts")).toSorted()).toEqual([
    "Absent",
    "ProgramFailure",
    "benchLatency",
    "benchTokens",
    "compareResults",
    "configWorld",
    "describeMachine",
    "loadModel",
    "renderConsole",
    "renderMarkdown",
    "renderPage",
    "renderSvg",
    "reportOf",
    "sectionsOf",
    "tokenSections",
  ]);
});

test("the documents say what the stored results of the bench say", () => {
  const script = new URL("../../bench/readme.ts", import.meta.url).pathname;
  execFileSync(process.execPath, [script, "--check"], { stdio: "inherit" });
});

test("every error code is in the documents", () => {
  const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");
  for (const code of codecell.ERROR_CODES) expect(page).toContain(`\`${code}\``);
});

test("every limit and its default is in the documents", () => {
  const page = readFileSync(new URL("../../docs/reference/limits.md", import.meta.url), "utf8");
  for (const [name, value] of Object.entries(codecell.DEFAULT_LIMITS)) {
    expect(page).toMatch(new RegExp(`\\| \`${name}\` +\\| ${value.toLocaleString("en")} `));
  }
});

test("the package holds the built files and nothing else: no maps without their sources", () => {
  const folder = new URL("../..", import.meta.url);
  const [{ files, size }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: folder,
      encoding: "utf8",
    }),
  ) as [{ files: { path: string }[]; size: number }];
  expect(size).toBeLessThan(1_200_000); // packed
  const paths = files.map(({ path }) => path);
  expect(
    paths.filter(
      (path) =>
        !/^(dist\/.*\.(js|d\.ts)|dist\/worker\/\w+\.mjs|dist\/vendor\/([\w-]+\.(mjs|d\.mts)|LICENSES\.txt)|LICENSE|config\.schema\.json|(README|SECURITY)\.md|package\.json)$/.test(
          path,
        ),
    ),
  ).toEqual([]);
  for (const path of paths.filter((name) => name.startsWith("dist/")))
    expect(readFileSync(new URL(path, folder), "utf8"), path).not.toContain("sourceMappingURL=");
  expect(paths).toEqual(
    expect.arrayContaining([
      "dist/index.js",
      "dist/index.d.ts",
      "dist/cli/main.js",
      "dist/preflight/compiler-thread.js",
      "dist/tools/mcp/reaper-main.js",
      "dist/vendor/LICENSES.txt",
      "dist/vendor/json-schema-to-typescript.mjs",
      "dist/cli/start.js",
      "dist/engine/guest/source.js",
      "dist/worker/worker.mjs",
      "dist/worker/lifeline.mjs",
      "dist/worker/v8.mjs",
      "dist/worker/quickjs.mjs",
      "dist/worker/reader.mjs",
      "SECURITY.md",
      "config.schema.json",
    ]),
  );
});
