/** The installed package as a user without privileges: what the tests do as root, done by nobody. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync } from "node:fs";
import { relative } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/folders.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let folder: string;
/** Everything an installation has, where everybody may read it: the clone itself may be root's alone. */
beforeAll(() => {
  folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const packages = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: root,
    encoding: "utf8",
  });
  const paths = packages
    .trim()
    .split("\n")
    .slice(1)
    .map((path) => relative(root, path));
  // Listed for development too, and therefore not among the others.
  const engine = ["node_modules/isolated-vm", "node_modules/node-gyp-build"];
  for (const path of ["dist", "package.json", ...engine, ...paths])
    cpSync(root + path, `${folder}/${path}`, { recursive: true, dereference: true });
  cpSync(process.execPath, `${folder}/node`);
});

async function codecell(
  args: readonly string[],
  input = "",
): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(`${folder}/node`, [`${folder}/dist/cli/main.js`, ...args], {
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  child.stdin.end(input);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.on("exit", resolve);
  });
  return { code, out, errors };
}

describe.each(["v8", "quickjs"])("nobody runs %s", (engine) => {
  test.each(["process", "sandbox"])("in placement %s", async (placement) => {
    const args = ["run", "-", "--engine", engine, "--placement", placement, "--json"];
    const { code, out } = await codecell(args, "const n: number = 6; return n * 7");
    expect(JSON.parse(out)).toMatchObject({ ok: true, value: 42, usage: { engine, placement } });
    expect(code).toBe(0);
  });

  test("auto is the sandbox, without a notice", async () => {
    const { out, errors } = await codecell(["run", "-", "--engine", engine, "--json"], "return 1");
    expect(JSON.parse(out)).toMatchObject({ ok: true, usage: { placement: "sandbox" } });
    expect(errors).toBe("");
  });

  test("and a hostile program ends as it does for root", async () => {
    const args = ["run", "-", "--engine", engine, "--timeout", "60s", "--json"];
    const bomb = "const all = []; for (;;) all.push(new Array(1e5).fill({}))";
    const { code, out } = await codecell(args, bomb);
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: "memory" } });
    expect(code).toBe(1);
  });
});

test("doctor says that the sandbox works", async () => {
  const { code, out } = await codecell(["doctor", "--json"]);
  const { checks } = JSON.parse(out) as { checks: { name: string; ok: boolean }[] };
  expect(checks).toContainEqual(expect.objectContaining({ name: "sandbox", ok: true }));
  expect(code).toBe(0);
});
