/** The documents say what is there: generated pages are up to date, code compiles, paths and commands exist. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HELP } from "../../src/cli/help.ts";
import { createRuntime, type Runtime } from "../../src/index.ts";
import type { ServeSettings } from "../../src/serve/index.ts";
import { resolveServe } from "../../src/serve/service/settings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = globSync(["*.md", "docs/**/*.md"], { cwd: root }).toSorted();
const manifest = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  exports: Record<string, string | { types: string }>;
};

interface Block {
  /** `docs/tools.md:12`, for messages. */
  readonly at: string;
  readonly info: string;
  readonly code: string;
}

const blocks = pages.flatMap((page): Block[] =>
  [...read(page).matchAll(/^```(\w+)( \w+)?\n([^]*?)^```$/gm)].map((match) => {
    const line = read(page).slice(0, match.index).split("\n").length;
    return { at: `${page}:${line}`, info: `${match[1]}${match[2] ?? ""}`, code: match[3]! };
  }),
);
const named = (info: string): [string, string][] =>
  blocks.filter((block) => block.info === info).map(({ at, code }) => [at, code]);

test("the reference pages are those that the code gives", () => {
  execFileSync(process.execPath, [join(root, "docs/generate/main.ts"), "--check"], {
    stdio: "inherit",
  });
});

describe("blocks of TypeScript compile against the library", () => {
  /** What a block may use without declaring it. */
  const AMBIENT: Readonly<Record<string, string>> = {
    runtime: 'import("codecell").Runtime',
    session: 'import("codecell").Session',
    model: 'import("ai").LanguageModel',
    weather: 'import("codecell/ai-sdk").AiSdkToolLike',
    lookup: 'import("codecell/langchain").LangChainToolLike',
    deploy: 'import("codecell/mastra").MastraToolLike',
  };
  const folder = mkdtempSync(join(root, ".docs-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const complaints = new Map<string, string>();

  beforeAll(() => {
    const paths = Object.entries(manifest.exports).flatMap(([name, target]) =>
      typeof target === "string"
        ? []
        : [
            [
              name.replace(/^\./, "codecell"),
              [join(root, target.types.replace("/dist/", "/src/").replace(".d.ts", ".ts"))],
            ],
          ],
    );
    const compilerOptions = {
      paths: Object.fromEntries(paths),
      noUnusedLocals: false,
      rootDir: root,
      types: ["node"],
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../tsconfig.json",
        compilerOptions,
        include: ["*.ts"],
        exclude: [],
      }),
    );
    for (const [at, code] of named("ts")) {
      const declared = Object.entries(AMBIENT)
        .filter(([name]) => !new RegExp(`(?:const|let|using) ${name}\\b`).test(code))
        .map(([name, type]) => `declare const ${name}: ${type};`);
      writeFileSync(join(folder, fileOf(at)), `${declared.join(" ")}\n${code}\nexport {};\n`);
    }
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const file = line.split("(")[0]!;
      complaints.set(file, `${complaints.get(file) ?? ""}${line}\n`);
    }
  }, 120_000);

  const fileOf = (at: string): string => `${at.replaceAll(/\W/g, "-")}.ts`;

  test.each(named("ts"))("%s", (at) => {
    expect(complaints.get(fileOf(at)) ?? "").toBe("");
  });

  test("and the compiler had no other complaint", () => {
    const known = new Set(named("ts").map(([at]) => fileOf(at)));
    expect([...complaints].filter(([file]) => !known.has(file))).toEqual([]);
    expect(known.size).toBeGreaterThan(15);
  });
});

describe("programs compile", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(named("ts program"))("%s", async (_at, code) => {
    const { diagnostics } = await runtime.inspect(code); // the tools are not there, and are not the question
    expect(diagnostics.filter((each) => each.code === "syntax_error")).toEqual([]);
  });
});

test.each(named("json"))("the JSON of %s can be parsed", (_at, code) => {
  expect(JSON.parse(code)).toBeTypeOf("object");
});

test.each(pages.filter((page) => page !== "CHANGELOG.md"))(
  "the files and scripts that %s names exist",
  (page) => {
    const text = read(page);
    const paths = [...text.matchAll(/`((?:bench|docker|docs|fixtures|src|test)\/[\w./-]+)`/g)];
    for (const [, path] of paths) expect(existsSync(join(root, path!)), path).toBe(true);
    for (const [, script] of text.matchAll(/npm run ([\w:-]*\w)/g))
      expect(manifest.scripts, page).toHaveProperty([script!]);
  },
);

test("the README is short", () => {
  expect(read("README.md").split("\n").length).toBeLessThan(250);
});

test("docs/cli.md names every command and option of the help", () => {
  const page = read("docs/cli.md");
  const flags = new Set(Object.values(HELP).flatMap((text) => text.match(/--[a-z][a-z-]*/g) ?? []));
  for (const flag of flags) expect(page).toContain(flag);
  for (const command of Object.keys(HELP).filter((name) => name !== "main"))
    expect(page).toContain(`codecell ${command}`);
});

test("every documented setting of the service is accepted, and no other is left", () => {
  const settings: Required<ServeSettings> = {
    port: 0,
    host: "127.0.0.1",
    auth: {
      apiKeys: [{ key: "0123456789abcdef", user: "ann", scopes: ["run"] }],
      jwt: {
        issuer: "https://login.example.com",
        audience: "https://codecell.example.com",
        jwksUri: "https://login.example.com/keys",
        algorithms: ["ES256"],
      },
    },
    rateLimit: { runs: 1, perSeconds: 1 },
    parallelRuns: 1,
    limitStore: "redis://127.0.0.1",
    maxBodyBytes: 1,
    requestMs: 1,
    remoteConnections: 1,
    remoteIdleMs: 1,
    shutdownMs: 0,
    allowedHosts: [],
    allowedOrigins: [],
    metrics: false,
  };
  expect(resolveServe(settings)).toEqual(settings);
});
