/** What a server inherits of the environment, and what its entry changes of that. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import {
  inheritedVariables,
  serverEnvironment,
} from "../../src/tools/config/inherited-variables.ts";
import type { McpServerEntry } from "../../src/index.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";

const BASIC = join(import.meta.dirname, "../../fixtures/servers/basic.ts");
const context = { signal: new AbortController().signal, caller: {} };
const USUAL = {
  PATH: "/bin",
  HOME: "/home/a",
  LANG: "de_DE.UTF-8",
  LC_TIME: "C",
  TZ: "Europe/Berlin",
  TMPDIR: "/tmp/a",
  https_proxy: "http://proxy:1",
  HTTP_PROXY: "http://proxy:1",
  ALL_PROXY: "http://proxy:1",
  no_proxy: "a.example",
  NODE_EXTRA_CA_CERTS: "/ca.pem",
  SSL_CERT_FILE: "/ca.pem",
  SSL_CERT_DIR: "/ca",
  REQUESTS_CA_BUNDLE: "/ca.pem",
  CURL_CA_BUNDLE: "/ca.pem",
  npm_config_registry: "https://npm.example",
  NPM_CONFIG_REGISTRY: "https://npm.example",
  "npm_config_@own:registry": "https://npm.example",
  UV_INDEX_URL: "https://pip.example",
  PIP_INDEX_URL: "https://pip.example",
};
const OTHERS = {
  GITHUB_TOKEN: "t0ken",
  AWS_SECRET_ACCESS_KEY: "s3cret",
  NODE_OPTIONS: "--inspect",
  LD_PRELOAD: "/evil.so",
  npm_config__authtoken: "t0ken",
  Path: "not on this system",
  CODECELL_TOKEN: "t0ken",
  CODECELL_INPUT_X: "s3cret",
  LANG_FUNCTION: "() { :; }",
};
const all: Record<string, string> = { ...USUAL, ...OTHERS };

test("the usual ones, and nothing that may be a secret of other programs", () => {
  expect(inheritedVariables(all, undefined, "linux")).toEqual(USUAL);
});

test("more by name and by prefix; codecell's own only by name", () => {
  const { GITHUB_TOKEN, AWS_SECRET_ACCESS_KEY } = all;
  expect(inheritedVariables(all, ["GITHUB_TOKEN", "AWS_*", "CODECELL_*"], "linux")).toEqual({
    ...USUAL,
    GITHUB_TOKEN,
    AWS_SECRET_ACCESS_KEY,
  });
  expect(inheritedVariables(all, ["CODECELL_TOKEN"], "linux")).toMatchObject({
    CODECELL_TOKEN: "t0ken",
  });
});

test("all but codecell's own and functions of a shell, or what no program starts without", () => {
  const {
    CODECELL_TOKEN: _token,
    CODECELL_INPUT_X: _input,
    LANG_FUNCTION: _function,
    ...rest
  } = all;
  expect(inheritedVariables(all, true, "linux")).toEqual(rest);
  expect(inheritedVariables(all, false, "linux")).toEqual({ PATH: "/bin" });
});

test("on Windows, in any casing, what programs need there", () => {
  const windows = {
    Path: "C:\\bin",
    PathExt: ".EXE;.CMD",
    SystemRoot: "C:\\Windows",
    ComSpec: "C:\\Windows\\cmd.exe",
    APPDATA: "C:\\a",
    "ProgramFiles(x86)": "C:\\p",
    Temp: "C:\\t",
    Https_Proxy: "http://proxy:1",
  };
  const secret = { Github_Token: "x" };
  expect(inheritedVariables({ ...windows, ...secret }, undefined, "win32")).toEqual(windows);
  const { Path, PathExt, SystemRoot, ComSpec } = windows;
  expect(inheritedVariables(windows, false, "win32")).toEqual({
    Path,
    PathExt,
    SystemRoot,
    ComSpec,
  });
});

afterEach(() => {
  delete process.env["HTTPS_PROXY"];
  delete process.env["CODECELL_TEST_OTHER"];
});

test("what the entry gives wins, in any casing on Windows", () => {
  process.env["HTTPS_PROXY"] = "http://a:1";
  expect(serverEnvironment({ https_proxy: "http://b:1" }, undefined, "win32")).not.toHaveProperty(
    "HTTPS_PROXY",
  );
  expect(serverEnvironment({ HTTPS_PROXY: "http://b:1" }, undefined, "linux")["HTTPS_PROXY"]).toBe(
    "http://b:1",
  );
});

function sourceOf(entry: Partial<McpServerEntry>) {
  const { server } = checkServers(
    { server: { command: process.execPath, args: [BASIC], ...entry } },
    "mcpServers",
    process.env,
  );
  return configuredSource("server", server!);
}

async function environmentOf(entry: Partial<McpServerEntry>): Promise<Record<string, string>> {
  await using source = sourceOf(entry);
  return (await source.call("env", {}, context)) as Record<string, string>;
}

test("a server has them, and no message shows the password of a proxy", async () => {
  process.env["HTTPS_PROXY"] = "http://user:pa55w0rd@127.0.0.1:9";
  process.env["CODECELL_TEST_OTHER"] = "other";
  const usual = await environmentOf({});
  expect(usual["HTTPS_PROXY"]).toBe("http://user:pa55w0rd@127.0.0.1:9");
  const tells = "console.error(`by ${process.env.HTTPS_PROXY}`); process.exit(1)";
  await using failing = sourceOf({ args: ["-e", tells] });
  await expect(failing.list()).rejects.toThrow();
  expect(failing.failure).toContain("by http://user:[redacted]@127.0.0.1:9");
  expect(failing.failure).not.toContain("pa55w0rd");
  expect(usual).not.toHaveProperty("CODECELL_TEST_OTHER");
  expect(await environmentOf({ inheritEnv: ["CODECELL_TEST_*"] })).toMatchObject({
    CODECELL_TEST_OTHER: "other",
  });
  expect(await environmentOf({ inheritEnv: true })).toMatchObject({ CODECELL_TEST_OTHER: "other" });
  const least = await environmentOf({ inheritEnv: false, env: { OWN: "1" } });
  expect(
    Object.keys(least)
      .filter((name) => name !== "PWD")
      .toSorted(),
  ).toEqual(["OWN", "PATH"]);
});
