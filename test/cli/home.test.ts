/** Codecell's home: what is in it, and for whom. */
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  codecellHome,
  isInHome,
  makePrivateFolder,
  preparePrivate,
  readPrivate,
  writePrivate,
} from "../../src/core/private-files.ts";
import { LearnedFile } from "../../src/discovery/learned-file.ts";
import { openStore } from "../../src/session/stores/open.ts";
import { TokenStore } from "../../src/tools/mcp/auth/token-store.ts";
import { runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folders.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Everything below a folder, and the folder, with its rights. */
function rightsOf(folder: string): Record<string, string> {
  const below = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...below.map((entry) => join(entry.parentPath, entry.name))];
  return Object.fromEntries(
    paths.map((path) => [relative(folder, path), modeOf(path).toString(8)]),
  );
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(["022", "000"])("with umask %s", (umask) => {
  test.each([false, true])(
    "everything in the home is for its owner only; there before, with wider rights: %s",
    async (isOld) => {
      const cwd = temporaryFolder();
      const home = temporaryFolder();
      const own = join(home, ".codecell");
      if (isOld) makeWide(own);
      const config = join(cwd, "named.json");
      const learn = join(own, "learned", "shapes.json");
      writeFileSync(config, JSON.stringify({ mcpServers: {}, codecell: { learn } }));
      writeFileSync(join(cwd, ".mcp.json"), "{}");
      const start = { cwd, home, umask, input: "globalThis.n = 1" };
      for (const args of [
        ["trust", ".mcp.json"],
        ["run", "-", "--placement", "process", "--session", "s"],
        ["tools", "--config", config],
      ])
        expect((await runCli(args, start)).code).toBe(0);
      const rights = rightsOf(own);
      expect(rights).toMatchObject({ "": "700", "trusted.json": "600", "sessions.db": "600" });
      for (const [path, mode] of Object.entries(rights))
        expect([path, mode]).toEqual([
          path,
          statSync(join(own, path)).isDirectory() ? "700" : "600",
        ]);
    },
  );
});

/** As an older version, or a person, could have left it. */
function makeWide(home: string): void {
  mkdirSync(home);
  const store = { version: 1, files: {} };
  const files = { "sessions.db": "", "sessions.db-wal": "", "sessions.db-shm": "" };
  for (const [name, text] of Object.entries({ ...files, "trusted.json": JSON.stringify(store) })) {
    writeFileSync(join(home, name), text);
    chmodSync(join(home, name), 0o644);
  }
  chmodSync(home, 0o755);
}

describe("what is kept there", () => {
  const wide = (): string => {
    const home = join(temporaryFolder(), "home");
    mkdirSync(home);
    chmodSync(home, 0o777);
    vi.stubEnv("CODECELL_HOME", home);
    return home;
  };

  test("credentials, when they are read too", async () => {
    const home = wide();
    const url = "https://mcp.example.com/mcp";
    const tokens = { access_token: "a", token_type: "bearer" };
    await new TokenStore().locked(url, async (kept) => await kept.save({ tokens }));
    const [file] = readdirSync(join(home, "credentials"));
    const path = join(home, "credentials", file!);
    expect(rightsOf(home)).toEqual({
      "": "700",
      credentials: "700",
      [join("credentials", file!)]: "600",
    });
    chmodSync(path, 0o644);
    expect(await new TokenStore().read(url)).toMatchObject({ tokens: { access_token: "a" } });
    expect(modeOf(path)).toBe(0o600);
  });

  test("sessions, with what SQLite keeps beside them", async () => {
    const home = wide();
    const store = await openStore(`sqlite:${join(home, "sessions.db")}`);
    expect(Object.keys(rightsOf(home)).toSorted()).toEqual([
      "",
      "sessions.db",
      "sessions.db-shm",
      "sessions.db-wal",
    ]);
    expect(new Set(Object.values(rightsOf(home)))).toEqual(new Set(["700", "600"]));
    await store[Symbol.asyncDispose]();
  });

  test("learned shapes", async () => {
    const home = wide();
    const path = join(home, "learned.json");
    writeFileSync(path, JSON.stringify({ tools: [] }));
    chmodSync(path, 0o666);
    const learned = await LearnedFile.open(path);
    expect(modeOf(path)).toBe(0o600);
    learned.shapes.observe("box", "tool", { a: 1 });
    await learned[Symbol.asyncDispose]();
    expect(rightsOf(home)).toEqual({ "": "700", "learned.json": "600" });
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ tools: [{ server: "box" }] });
  });

  test("whatever the rights before: files 600, folders 700", async () => {
    const right = fc.constantFrom(0o600, 0o644, 0o640, 0o666, 0o755, 0o777);
    const folder = fc.constantFrom(0o700, 0o750, 0o755, 0o777);
    const writers = fc.constantFrom(
      (file: string) => writePrivate(file, "new"),
      (file: string) => preparePrivate(file),
      (file: string) => readPrivate(file),
    );
    const property = fc.asyncProperty(
      right,
      folder,
      folder,
      writers,
      async (file, up, low, use) => {
        const home = wide();
        const path = join(home, "sub", "file");
        mkdirSync(join(home, "sub"));
        writeFileSync(path, "old");
        chmodSync(path, file);
        chmodSync(join(home, "sub"), low);
        chmodSync(home, up);
        await makePrivateFolder(join(home, "sub"));
        await use(path);
        expect(rightsOf(home)).toEqual({ "": "700", sub: "700", [join("sub", "file")]: "600" });
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("outside of it", () => {
  test("a new database is for its owner only; one that is there keeps its rights", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const [made, shared] = [join(folder, "made.db"), join(folder, "shared.db")];
    writeFileSync(shared, "");
    chmodSync(shared, 0o664);
    const [spaced, local] = [join(folder, "a b.db"), join(folder, "c.db")];
    const addresses = [`file://${folder}/a%20b.db`, `file:${local}?mode=rwc#x`];
    for (const file of [made, shared, ...addresses])
      await (await openStore(`sqlite:${file}`))[Symbol.asyncDispose]();
    expect([modeOf(spaced), modeOf(local)]).toEqual([0o600, 0o600]);
    expect([modeOf(made), modeOf(shared), modeOf(folder)]).toEqual([0o600, 0o664, 0o755]);
  });

  test("a database in memory makes no file", async () => {
    for (const file of [":memory:", "file::memory:", "file:none.db?mode=memory"])
      await (await openStore(`sqlite:${file}`))[Symbol.asyncDispose]();
    expect([":memory:", "none.db"].filter(existsSync)).toEqual([]);
  });

  test("folders that are not codecell's alone stay as they are", async () => {
    const shared = join(temporaryFolder(), "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    vi.stubEnv("CODECELL_HOME", shared);
    await writePrivate(join(shared, "file"), "");
    expect([statSync(shared).mode & 0o7777, modeOf(join(shared, "file"))]).toEqual([0o1777, 0o600]);
  });

  test("a home must be the absolute path of a folder", () => {
    for (const home of ["home", "./home", "~/.codecell", "/"]) {
      vi.stubEnv("CODECELL_HOME", home);
      expect(codecellHome).toThrow("CODECELL_HOME must be the absolute path of a folder");
      expect(isInHome("/anything")).toBe(false);
    }
    vi.stubEnv("CODECELL_HOME", "/srv/home/");
    expect(codecellHome()).toBe("/srv/home");
    expect([isInHome("/srv/home"), isInHome("/srv/home/a"), isInHome("/srv/homely")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("in the sources", () => {
  const sources = globSync("**/*.ts", { cwd: src }).filter((file) => !file.includes("guest/"));
  const holding = (pattern: RegExp): string[] =>
    sources.filter((file) => pattern.test(readFileSync(join(src, file), "utf8"))).toSorted();

  test("one module knows where the home is", () => {
    expect(holding(/env\["CODECELL_HOME"\]|"\.codecell"/)).toEqual(["core/private-files.ts"]);
  });

  test("whoever writes files is known, and what is for the user alone goes through one module", () => {
    const WRITERS = {
      "bench/latency/start-time.ts": "a folder of temporary files",
      "cli/bench/results-file.ts": "files that the user named",
      "cli/install/host-file.ts": "the config file of a host that the user named",
      "cli/type-folder.ts": "the folder that the user named",
      "core/build.ts": "a script of the build",
      "core/private-files.ts": "the home",
      "discovery/learned-file.ts": "the path that the user named, outside of the home",
      "discovery/types/build.ts": "a script of the build",
      "placement/sandbox/cgroup.ts": "cgroups",
      "core/file-lock.ts": "locks in the home, for their owner only",
    };
    const writes =
      /\b(?:writeFile|appendFile|mkdir|mkdtemp|createWriteStream)(?:Sync)?\b[^"]*from "node:fs/;
    expect(holding(writes)).toEqual(Object.keys(WRITERS).toSorted());
  });
});
