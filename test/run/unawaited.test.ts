/** The result of a call that nobody awaited, used as if it were there: a warning, however fast the tool answers, on both engines. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const CALL = "const list = tools.x.list();";

/** How a program uses the promise, and what the warning says of it. */
const USES: readonly (readonly [code: string, warning: string])[] = [
  [`${CALL}\nreturn list.length`, "line 2 reads .length of the result of x.list"],
  [`${CALL}\nlist.title = list.title ?? 1`, "line 2 reads .title of"],
  [`${CALL}\nreturn list?.[0]`, "line 2 reads .0 of"],
  [`${CALL}\nconst { title } = list;\nreturn title`, "reads .title of the result of x.list"],
  [`${CALL}\nreturn JSON.stringify({ list })`, "line 2 makes JSON of"],
  [`${CALL}\nreturn \`\${list}\``, "line 2 makes a text or a number of"],
  [`${CALL}\nreturn "a" + list`, "line 2 makes a text or a number of"],
  [`${CALL}\nreturn Number(list)`, "line 2 makes a text or a number of"],
  [`${CALL}\nreturn list.toString()`, "line 2 makes a text of"],
  [`${CALL}\nawait list;\nreturn list.length`, "line 3 reads .length of"],
  ["return tools.x.list().length", "line 1 reads .length of the result of x.list"],
  ["return x_list().length", "line 1 reads .length of the result of x.list"],
  ["return listTools('x').length", "line 1 reads .length of the result of listTools"],
  ["return ask('a').length", "line 1 reads .length of the result of ask"],
  ["const all = [tools.x.list()];\nreturn all.map((each) => each.length)", "line 2 reads .length"],
  ["const load = async () => await tools.x.list();\nreturn load().length", "of a promise"],
];

/** The same where the program fails of it. */
const FAILING: readonly (readonly [code: string, warning: string])[] = [
  [`${CALL}\nreturn list.map((each) => each)`, "line 2 reads .map of"],
  [`${CALL}\nfor (const each of list) console.log(each)`, "line 2 iterates over"],
  [`${CALL}\nfor await (const each of list) console.log(each)`, "line 2 iterates over"],
  [`${CALL}\nreturn [...list]`, "line 2 iterates over"],
  ["using list = tools.x.list();", "disposes of the result of x.list"],
  ["await using list = tools.x.list();", "disposes of the result of x.list"],
  [`${CALL}\nreturn Math.max(...list)`, "line 2 iterates over"],
  [`${CALL}\nconst [first] = list;`, "iterates over the result of x.list"],
  [`${CALL}\nreturn new Map(list)`, "line 2 iterates over"],
  [`${CALL}\nreturn list.owner.name`, "line 2 reads .owner of"],
  [`${CALL}\nconst { owner: { name } } = list;`, "reads .owner of the result of x.list"],
];

/** Programs that use a promise as one. */
const RIGHT: readonly string[] = [
  "const [a, b] = await Promise.all([tools.x.list(), tools.x.list()]);\nreturn a.length + b.length",
  `${CALL}\nreturn await list.then((all) => all.length).catch(() => 0).finally(() => {})`,
  `${CALL}\nreturn (await list).length`,
  `${CALL}\nconst count = async (given) => (await given).length;\nreturn await count(list)`,
  `${CALL}\nreturn list`,
  `${CALL}\nreturn { list, all: [list] }`,
  `${CALL}\nlist`,
  `${CALL}\nconst all = [];\nall.push(list);\nreturn (await Promise.all(all.concat(list))).length`,
  `${CALL}\nreturn (await Promise.race([list, tools.x.list()])).length`,
  `${CALL}\nreturn (await Promise.allSettled([list])).map(({ status }) => status)`,
  `${CALL}\nreturn (await Promise.any([list])).length`,
  `${CALL}\nconsole.log(list, [list], { list });\nreturn (await list).length`,
  `${CALL}\nconst isPromise = list instanceof Promise && list instanceof Object && typeof list.then === "function";\nawait list;\nreturn isPromise && Object.prototype.isPrototypeOf.call(Object.prototype, list)`,
  `${CALL}\nif (list && !Array.isArray(list) && list !== null && list.constructor === Promise) await list;`,
  `${CALL}\nlist.label = "first";\nawait list;\nreturn list.label`,
  "for await (const list of [tools.x.list(), tools.x.list()]) console.log(list.length);",
  "const all = await Array.fromAsync([1, 2], () => tools.x.list());\nreturn all.length",
  "return await Promise.all([1, 2].map(async () => (await tools.x.list()).length))",
  "class Job extends Promise {}\nconst job = Job.resolve(tools.x.list());\nreturn [Job.prototype.anything, Promise.prototype.anything, (await job).length].length",
  "class Job extends Promise { get isDone() { return this.done === true } }\nconst job = new Job((done) => done(1));\nreturn [job.isDone, await job]",
  `${CALL}\nconst held = new Map([[list, 1]]);\nawait list;\nreturn held.has(list) && new Set([list]).has(list)`,
  `${CALL}\nreturn await Promise.resolve(list).then((all) => all.length)`,
  `${CALL}\nreturn await new Promise((resolve) => resolve(list))`,
  `${CALL}\nconst wait = (given) => new Promise((done) => setTimeout(() => done(given), 1));\nreturn await wait(list)`,
  `${CALL}\ntry { structuredClone(list) } catch {}\ntry { await tools.x.take(list) } catch {}\nawait list;`,
];

const told = ({ logs }: ExecutionResult): string[] =>
  logs
    .filter(({ level, text }) => level === "warn" && text.includes("which was not awaited"))
    .map(({ text }) => text);

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine,
      placement: "inline",
      onModel: () => "a",
      tools: { x: { list: () => [{ title: "a" }], take: () => 1 } },
    });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(USES)("%s", async (code, warning) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: true });
    expect(told(result)).toEqual([expect.stringContaining(warning)]);
  });

  test.each(FAILING)("%s, and the failure says so", async (code, warning) => {
    const result = await runtime.run(code);
    expect(told(result)).toEqual([expect.stringContaining(warning)]);
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "program_error",
        hint: expect.stringContaining("a promise is used as if it were its value"),
      },
    });
  });

  test.each(RIGHT)("no warning: %s", async (code) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: true });
    expect(told(result)).toEqual([]);
  });

  test("it says what to write", async () => {
    const { logs } = await runtime.run("return tools.x.list().length");
    expect(logs[0]!.text).toContain("write `const value = await tools.x.list({})` first");
  });

  test("once for a promise, and once for a line; the rest of many is not told", async () => {
    const same = await runtime.run(
      "const list = tools.x.list();\nfor (let at = 0; at < 9; at++) list.length;\nawait list;",
    );
    expect(told(same)).toHaveLength(1);
    const loop = await runtime.run("for (let at = 0; at < 99; at++) tools.x.list().length;");
    expect(told(loop)).toHaveLength(1);
    const lines = Array.from({ length: 99 }, (_, at) => `tools.x.list().field${at};`);
    expect(told(await runtime.run(lines.join("\n")))).toHaveLength(20);
  });

  test("reading stays what it is where hooks and traps of the program throw", async () => {
    const code =
      "Error.prepareStackTrace = () => { throw 1 };\nconst trapped = new Proxy(tools.x.list(), { getPrototypeOf: () => { throw 2 }, getOwnPropertyDescriptor: () => { throw 3 } });\nreturn [typeof tools.x.list().length, typeof trapped.length]";
    expect(await runtime.run(code)).toMatchObject({ ok: true, value: ["undefined", "undefined"] });
  });

  test("in each run of a session, and after it was saved", async () => {
    const session = await runtime.session("uses");
    for (let run = 0; run < 3; run++)
      expect(told(await session.run("tools.x.list().length"))).toHaveLength(1);
    const restored = await runtime.restore(await session.snapshot(), { id: "saved" });
    expect(told(await restored.run("tools.x.list().length"))).toHaveLength(1);
    await session.close();
    await restored.close();
  });

  test.each([
    "const proxy = Object.getPrototypeOf(Promise.prototype);\nproxy.own = 1;\nreturn [Reflect.get(proxy, 'a', 1), Reflect.get(proxy, 'a', null), proxy.b, Promise.resolve().own]",
    "Error.stackTraceLimit = 0;\nError.prepareStackTrace = () => { throw 1 };\nreturn String(tools.x.list().length)",
    "tools.x.list()['x'.repeat(1e6)];\ntools.x.list()[Symbol('a')];\ntools.x.list()['a\\nb\\u202e'];",
    "Object.prototype.length = 3;\nreturn tools.x.list().length",
    "Reflect.get = () => 9;\nString = () => 9;\nreturn `${tools.x.list()}`",
  ])("a hostile program gets no further: %s", async (code) => {
    await runtime.run(code);
    expect(await runtime.run("return (await tools.x.list()).length")).toMatchObject({
      ok: true,
      value: 1,
      logs: [],
    });
  });
});
