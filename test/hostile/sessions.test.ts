/** Programs of one session that try to reach another's data, its host's, or more than their caps. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExecutionResult, type Runtime, type Session, tool } from "../../src/index.ts";
import { COMBINATIONS, startRuntime } from "../support/combinations.ts";

const SECRET = "the-other-session's-secret";

/** Each must come to something that does not hold the secret. */
const PROBES: readonly string[] = [
  `
    const read = (name) => { try { return String(globalThis[name]) } catch { return '' } };
    JSON.stringify(Object.getOwnPropertyNames(globalThis).map(read))
  `,
  "typeof secret + typeof globalThis.secret + ({}).polluted + [].polluted + (() => {}).polluted",
  `
    const paths = ['/f', '../f', '/../../f', '/tools/../../victim/f', 'victim/f', '/proc/self/environ', '/etc/passwd'];
    (await Promise.all(paths.map((p) => fs.readFile(p).catch((e) => e.message)))).join()
  `,
  "JSON.stringify(await fs.readdir('/')) + JSON.stringify(await fs.readdir('/../..'))",
  "await fs.readFile({ toString: () => '/f' }).catch((e) => e.message)",
  "await fs.readFile(['/f']).catch((e) => e.message)",
  "String(await tools.demo.whoami({ user: 'victim', session: 'victim' }))",
  "(await tools['']?.readFile?.(['/f'])?.catch?.((e) => e.message)) ?? 'none'",
  "await fs.readFile.call({ session: 'victim' }, '/f').catch((e) => e.message)",
  "await fs.readFile('/f', { session: 'victim', encoding: 'utf8' }).catch((e) => e.message)",
  "Function('return typeof process + typeof require + typeof $codecell')()",
  "(0, eval)('typeof $codecell')",
  "try { $codecell } catch (e) { e.message }",
];

/** Each must fail with one of these, and the session or another one must go on. */
const FLOODS: readonly (readonly [what: string, code: string, message: RegExp])[] = [
  ["bytes", "for (let i = 0; ; i++) await fs.writeFile(`/f${i}`, 'x'.repeat(1e6))", /ENOSPC/],
  ["files", "for (let i = 0; ; i++) await fs.writeFile(`/f${i}`, '')", /ENOSPC/],
  ["folders", "for (let i = 0; ; i++) await fs.mkdir(`/d${i}`)", /ENOSPC/],
  ["a long name", "await fs.writeFile('/' + 'x'.repeat(300), '')", /ENAMETOOLONG/],
  ["a long path", "await fs.mkdir('/' + 'x/'.repeat(5_000), { recursive: true })", /ENAMETOOLONG/],
  ["a name with NUL", "await fs.writeFile('/a\\0b', '')", /EINVAL/],
  ["a file as a folder", "await fs.writeFile('/a', ''); await fs.writeFile('/a/b', '')", /ENOTDIR/],
  ["a folder as a file", "await fs.mkdir('/a'); await fs.writeFile('/a', '')", /EISDIR/],
  ["the tools", "await fs.rm('/tools', { recursive: true, force: true })", /EROFS/],
  [
    "appending without end",
    "for (;;) await fs.writeFile('/f', 'x'.repeat(1e6), { flag: 'a' })",
    /ENOSPC/,
  ],
];

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  let runtime: Runtime;
  let victim: Session;
  let count = 0;
  beforeAll(async () => {
    runtime = await startRuntime(combination, {
      tools: {
        demo: {
          whoami: tool({ run: (_args, { user }) => user ?? "nobody" }),
        },
      },
      sessions: { workspaceBytes: 4_000_000, workspaceEntries: 50 },
    });
    victim = await runtime.session("victim", { user: "victim" });
    await victim.run(
      `
        const secret = ${JSON.stringify(SECRET)};
        globalThis.secret2 = secret;
        Object.prototype.polluted = secret;
        Array.prototype.polluted = secret;
        await fs.writeFile('/f', secret);
      `,
    );
  });
  afterAll(() => runtime.close());
  const attacker = (): Promise<Session> =>
    runtime.session(`attacker${++count}`, { user: "attacker" });
  const reachesNothing = (result: ExecutionResult): void => {
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(JSON.stringify(result)).not.toMatch(/root:x|node_modules|\/placement\/|\/engine\//);
  };

  test.each(PROBES)("%s", async (probe) => {
    const session = await attacker();
    reachesNothing(await session.run(probe));
    reachesNothing(await runtime.run(probe));
    await session.close();
  });

  test.each(FLOODS)("%s", async (_what, code, message) => {
    const session = await attacker();
    const result = await session.run(code);
    expect(result.ok ? "" : result.error.message).toMatch(message);
    expect(await session.run("'goes on'")).toMatchObject({ value: "goes on" });
    await session.close();
  });

  test("a patched realm harms nobody but its own session", async () => {
    const session = await attacker();
    await session.run(
      `
        for (const C of [Object, Array, Promise, Map, Function, String]) {
          const p = C.prototype;
          for (const k of Object.getOwnPropertyNames(p)) {
            try {
              const f = p[k];
              if (typeof f === 'function') p[k] = function () { throw new Error('patched') };
            } catch {}
          }
        }
        globalThis.JSON = null;
        globalThis.Object = null;
        globalThis.Proxy = null;
        1
      `,
    );
    reachesNothing(await session.run("1 + 1"));
    expect(await victim.run("secret.length")).toMatchObject({ value: SECRET.length });
    await session.reset();
    expect(await session.run("JSON.stringify([1])")).toMatchObject({ value: "[1]" });
    await session.close();
  });

  test("what one program leaves running does not run on, and cannot end another's run", async () => {
    const session = await attacker();
    await session.run(`
      globalThis.count = 0;
      const spin = async () => {
        for (;;) { count++; await new Promise((r) => setTimeout(r, 1)) }
      };
      spin();
      setTimeout(() => { throw new Error('late') }, 5);
      1
    `);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const next = await session.run("count");
    if (next.ok) expect(next.value).toBeLessThan(20);
    expect(await victim.run("'fine'")).toMatchObject({ value: "fine" });
    await session.close();
  });
});
