/** `inputs` of a config file on the command line: asked for on a terminal, named elsewhere. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLI, runCli, runOnTerminal, type Start } from "../support/cli.ts";
import { temporaryFolder } from "../support/folders.ts";

const root = temporaryFolder();
const BASIC = join(import.meta.dirname, "../../fixtures/servers/basic.ts");
const PROGRAM = `const { MODE_X, KEY_LENGTH } = await tools.s.env();
return "mode " + MODE_X + ", key of " + KEY_LENGTH;`;

const start: Start = { cwd: root, home: join(root, "home") };
mkdirSync(start.home);
const config = join(root, "inputs.json");
writeFileSync(join(root, "program.ts"), PROGRAM);
writeFileSync(
  config,
  JSON.stringify({
    inputs: [
      { id: "key", type: "promptString", description: "Key\u001b[2J", password: true },
      { id: "mode", type: "pickString", description: "Mode", options: ["fast", "slow"] },
    ],
    servers: {
      s: {
        command: "sh",
        // The server tells its environment, and what is secret in it is taken out: the length is none.
        args: ["-c", 'KEY_LENGTH="${#KEY}" exec "$0" "$1"', process.execPath, BASIC],
        env: { KEY: "${input:key}", MODE_X: "${input:mode}" },
      },
    },
  }),
);
const RUN = [
  "run",
  "program.ts",
  "--config",
  config,
  "--engine",
  "quickjs",
  "--placement",
  "inline",
];

test("on a terminal each is asked for, and a password is not shown", async () => {
  const { code, out } = await runOnTerminal(RUN, start, "Key", ["sw0rdf1shX\u007f\r2\n"]);
  expect(out).toContain("1) fast");
  expect(out).toContain("mode slow, key of 9");
  expect(out).not.toContain("sw0rdf1sh");
  expect(out).not.toContain("\u001b[2J");
  expect(code).toBe(0);
});

test("elsewhere the error names the input and its variable", async () => {
  const missing = await runCli(RUN, start);
  expect(missing.err).toContain('servers.s.env.KEY needs the input "key"');
  expect(missing.err).toContain("set the environment variable CODECELL_INPUT_KEY");
  expect(missing.code).toBe(1);
  const env = { CODECELL_INPUT_KEY: "123456789", CODECELL_INPUT_MODE: "fast" };
  const given = await runCli(RUN, { ...start, env });
  expect([given.code, given.out.trim()]).toEqual([0, "mode fast, key of 9"]);
});

test("nobody is asked on the terminal of another session", async () => {
  const [out, code] = await new Promise<[string, number | null]>((resolve) => {
    const words = ["setsid", "-w", process.execPath, CLI, ...RUN].map((word) => `'${word}'`);
    const child = spawn("script", ["-qec", words.join(" "), "/dev/null"], {
      cwd: root,
      env: { PATH: process.env["PATH"], HOME: start.home, SHELL: "/bin/sh" },
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.on("close", (status) => resolve([text, status]));
  });
  expect(out).toContain("set the environment variable CODECELL_INPUT_KEY");
  expect(out).not.toContain("ENXIO");
  expect(code).toBe(1);
});
