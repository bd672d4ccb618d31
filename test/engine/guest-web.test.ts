/** The guest's web globals: the same bundle in a bare V8 isolate and in bare QuickJS, against Node where it is the reference. */
import { inspect as nodeInspect } from "node:util";
import * as variant from "@jitl/quickjs-wasmfile-release-sync";
import { buildSync } from "esbuild";
import ivm from "isolated-vm";
import { newQuickJSWASMModuleFromVariant } from "quickjs-emscripten-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerUrl, digest, Randomness } from "../../src/engine/vm-services.ts";
import { until } from "../support/processes.ts";

const FILES = [
  "host-port",
  "calls",
  "inspect",
  "console",
  "events",
  "search-params",
  "url",
  "encoding",
  "clone",
  "crypto",
  "disposables",
];
const GUEST_FOLDER = new URL("../../src/engine/guest/", import.meta.url).pathname;

/** What the bundle needs of main.ts, and a way to get any expression's value as text. */
const HARNESS = `
guest.installHostPort(send);
const timers = [];
guest.setTimerHook((ms, callback) => void timers.push([ms, callback]));
Math.random = guest.createRandom();
guest.installDisposal();
for (const name of ["AbortController", "AbortSignal", "CustomEvent", "DOMException", "Event", "EventTarget", "URL",
  "URLSearchParams", "TextEncoder", "TextDecoder", "atob", "btoa"]) globalThis[name] = guest[name];
globalThis.structuredClone = guest.clone;
globalThis.crypto = guest.createCrypto((name, base64) => guest.request("digest", name, base64, (text) => text));
globalThis.console = guest.createConsole();
guest.limitConsole(1_000_000);
globalThis.inspect = guest.inspect;
const stringify = JSON.stringify;
let outcome;
function text(value) {
  if (typeof value === "string") return value;
  return stringify(value) ?? String(value);
}
function evaluate(code) {
  outcome = undefined;
  (0, eval)("(async () => (" + code + "))()").then(
    (value) => { outcome = text(value); },
    (error) => { outcome = "throws " + error.name + ": " + error.message; },
  );
}
`;

interface Sent {
  readonly kind: string;
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

interface Vm {
  readonly sent: Sent[];
  /** The value of an expression (awaited) as text: JSON, or `throws …`. */
  value(expression: string): Promise<string>;
  dispose(): void;
}

type Evaluate = (code: string) => unknown;

/** The host's end of the door, over any way to evaluate code. */
function hostOf(sent: Sent[], run: () => Evaluate) {
  const send = (kind: string, id: number, name: string, text: string): string | undefined => {
    if (kind === "url") return answerUrl(name, text);
    if (kind === "random") return new Randomness(undefined).base64(id);
    sent.push({ kind, id, name, text });
    if (kind === "digest") {
      const answer = (call: string) => run()(`guest.settle(${id}, ${call})`);
      void digest(name, text).then((made) => answer(`guest.answerText(${JSON.stringify(made)})`));
    }
    return undefined;
  };
  const value = async (expression: string): Promise<string> => {
    run()(`evaluate(${JSON.stringify(expression)})`);
    let outcome: unknown;
    const isSettled = (): boolean => (outcome = run()("outcome")) !== undefined;
    return (await until(isSettled)) ? (outcome as string) : "pending";
  };
  return { send, value };
}

function bundle(): string {
  const contents = [
    ...FILES.map((file) => `export * from "./${file}.ts";`),
    // How the host marks an answer that is a value is the wire's affair.
    `import * as wire from "../../core/wire-format.ts";`,
    `export const answerText = (text) => wire.answerValue === undefined ? text : wire.answerValue(text);`,
  ].join("\n");
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: GUEST_FOLDER, loader: "ts" },
    bundle: true,
    format: "iife",
    globalName: "guest",
    target: "es2023",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

async function openV8(script: string): Promise<Vm> {
  const isolate = new ivm.Isolate({ memoryLimit: 256 });
  const context = isolate.createContextSync();
  const sent: Sent[] = [];
  const evaluate: Evaluate = (code) => context.evalSync(code);
  const { send, value } = hostOf(sent, () => evaluate);
  context.global.setSync("send", new ivm.Callback(send, { sync: true }));
  context.evalSync(`${script}\n${HARNESS}`);
  return { sent, value, dispose: () => isolate.dispose() };
}

async function openQuickJs(script: string): Promise<Vm> {
  const module = await newQuickJSWASMModuleFromVariant(variant as never);
  const runtime = module.newRuntime();
  runtime.setMaxStackSize(256 * 1024);
  const context = runtime.newContext();
  const sent: Sent[] = [];
  const evaluate: Evaluate = (code) => {
    using result = context.unwrapResult(context.evalCode(code));
    runtime.executePendingJobs();
    return context.dump(result);
  };
  const { send, value } = hostOf(sent, () => evaluate);
  using door = context.newFunction("send", (kind, id, name, text) => {
    const answer = send(
      context.getString(kind),
      context.getNumber(id),
      context.getString(name),
      context.getString(text),
    );
    return answer === undefined ? context.undefined : context.newString(answer);
  });
  context.setProp(context.global, "send", door);
  context.unwrapResult(context.evalCode(`${script}\n${HARNESS}`)).dispose();
  const dispose = (): void => {
    context.dispose();
    runtime.dispose();
  };
  return { sent, value, dispose };
}

/** Expressions whose value Node's own globals must give too. */
const LIKE_NODE = [
  // URL
  `new URL("https://user:pa%20ss@EXAMPLE.com:8080/a/../b?q=1#h")`,
  `(({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash }) =>
    [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash])(
    new URL("../x y?ü=ö#z", "https://u:p@münchen.example:444/a/b/c"))`,
  `(() => { const url = new URL("http://a/b"); url.port = "99"; url.pathname = "x y"; url.protocol = "https";
    url.hash = "h"; url.search = "k=v"; url.host = "c:1"; url.username = "ü"; return [url.href, url.searchParams.get("k")]; })()`,
  `(() => { const url = new URL("http://a/?x=1"); const params = url.searchParams; params.append("y", "a b&c");
    params.delete("x"); const one = url.href; url.search = "?z=9"; return [one, [...params], params === url.searchParams]; })()`,
  `(() => { const url = new URL("http://a/?x=1"); url.searchParams.delete("x"); return url.href; })()`,
  `[URL.canParse("nope"), URL.canParse("x", "http://a"), URL.parse("nope"), String(URL.parse("/p", "http://a"))]`,
  `JSON.stringify({ url: new URL("http://a/%zz") })`,
  // URLSearchParams
  `new URLSearchParams("?a=1&b=%F0%9F%98%80&c=x+y&&d&=e&f=%zz%4").toString()`,
  `[...new URLSearchParams("a=%FF%C3&%ef%bb%bfb=2")]`,
  `new URLSearchParams({ "ä ö": "~!*()'-._", lone: "\\ud800x" }).toString()`,
  `new URLSearchParams([["b", 1], ["a", null], ["b", undefined]]).toString()`,
  `(() => { const p = new URLSearchParams("z=1&a=2&z=3&b"); p.sort(); p.set("z", "9"); const all = [...p.keys(), ...p.values()];
    const each = []; p.forEach((value, name) => each.push(name + value)); return [String(p), all, each, p.size, p.has("a", "3"), p.getAll("z"), p.get("q")]; })()`,
  `new URLSearchParams(new URLSearchParams("a=1&a=2")).toString()`,
  `new URLSearchParams(new Map([["m", "1"]])).toString()`,
  // encoding
  `[...new TextEncoder().encode("aé€😀\\ud800z")]`,
  `
    (() => {
      const bytes = new Uint8Array(6);
      const told = new TextEncoder().encodeInto("a€😀", bytes);
      return [told, [...bytes]];
    })()
  `,
  `
    new TextDecoder().decode(
      new Uint8Array([
        0xef, 0xbb, 0xbf, 97, 0xf0, 0x9f, 0x98, 0x80, 0xc3, 0x28,
        0xe2, 0x82, 0xed, 0xa0, 0x80, 0xf5, 98, 0xf0, 0x9f,
      ]),
    )
  `,
  `new TextDecoder("utf8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length`,
  `
    (() => {
      const decoder = new TextDecoder();
      const decode = (byte) => decoder.decode(new Uint8Array([byte]), { stream: true });
      return [0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82].map(decode).concat(decoder.decode());
    })()
  `,
  `new TextDecoder(" UTF-16LE ").decode(new Uint8Array([0xff, 0xfe, 0x3d, 0xd8, 0, 0xde, 97, 0]))`,
  `[new TextDecoder("latin1").encoding, new TextDecoder("ascii").decode(new Uint8Array([0x80, 0xe9, 0x9f]))]`,
  `new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1))`,
  `[btoa("\\x00\\xffabc"), btoa(""), atob(" YW J j\\n"), atob("YQ"), atob("")]`,
  ...["a", "YQ=", "Y===", "é", "=", "YQ==="].map(
    (text) =>
      `(() => { try { return atob("${text}"); } catch (error) { return [error.name, error.code]; } })()`,
  ),
  `
    (() => {
      try {
        btoa("€");
      } catch (error) {
        return [error.name, error.code, error instanceof DOMException, error instanceof Error];
      }
    })()
  `,
  // structuredClone
  `structuredClone({ a: [1, , 3], n: null, u: undefined, d: new Date(5), b: new Boolean(false), s: new String("x") })`,
  `(() => { const a = { list: [] }; a.self = a; a.list.push(a.list, a); const b = structuredClone(a);
    return [b !== a, b.self === b, b.list[0] === b.list, b.list[1] === b]; })()`,
  `
    (() => {
      const [[k, v]] = structuredClone(new Map([[{ k: 1 }, new Set([1, "x"])]]));
      return [k, [...v]];
    })()
  `,
  `(() => { const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer; const [x, y, z] = structuredClone([new Uint16Array(buffer, 2, 2),
    new Uint8Array(buffer), new DataView(buffer, 1)]); return [[...x], [...y], x.buffer === y.buffer, z.byteOffset, z.byteLength, x.buffer !== buffer]; })()`,
  `(() => { const e = structuredClone(Object.assign(new RangeError("bad", { cause: { c: 1 } }), { extra: 1 }));
    return [e instanceof RangeError, e.name, e.message, e.cause, e.extra, Object.keys(e)]; })()`,
  `(() => { const r = structuredClone(/a(b)/gi); return [r.source, r.flags, r.lastIndex]; })()`,
  `
    (() => {
      class Foo { x = 1; #y = 2; get z() { return 3; } }
      const c = structuredClone(new Foo());
      return [c, c instanceof Foo];
    })()
  `,
  `Object.keys(structuredClone(JSON.parse('{"__proto__": {"x": 1}, "y": 2}')))`,
  ...["() => 1", "Symbol('x')", "new WeakMap()", "Promise.resolve()", "{ a: [() => 1] }"].map(
    (value) =>
      `(() => { try { structuredClone(${value}); } catch (error) { return [error.name, error.code]; } })()`,
  ),
  `(() => { const list = [1, 2]; list.extra = "e"; const copy = structuredClone(list); return [copy.length, copy.extra]; })()`,
  // events
  `(() => { const seen = []; const t = new EventTarget(); const f = (e) => seen.push(e.type + (e.target === t)); t.addEventListener("a", f);
    t.addEventListener("a", f); t.addEventListener("a", { handleEvent: () => seen.push("object") }, { once: true });
    t.dispatchEvent(new Event("a")); t.dispatchEvent(new Event("a")); t.removeEventListener("a", f); t.dispatchEvent(new Event("a")); return seen; })()`,
  `(() => { const t = new EventTarget(); t.addEventListener("x", (e) => e.preventDefault());
    return [t.dispatchEvent(new Event("x", { cancelable: true })), t.dispatchEvent(new Event("x"))]; })()`,
  `(() => { const seen = []; const t = new EventTarget(); t.addEventListener("x", (e) => { seen.push(1); e.stopImmediatePropagation(); });
    t.addEventListener("x", () => seen.push(2)); t.dispatchEvent(new CustomEvent("x", { detail: 7 })); return [seen, new CustomEvent("x", { detail: 7 }).detail]; })()`,
  `(() => { const c = new AbortController(); const t = new EventTarget(); const seen = []; t.addEventListener("x", () => seen.push(1), { signal: c.signal });
    t.dispatchEvent(new Event("x")); c.abort(); t.dispatchEvent(new Event("x")); return seen; })()`,
  `(() => { const c = new AbortController(); const seen = []; c.signal.onabort = () => seen.push("on"); c.signal.addEventListener("abort", () => seen.push("heard"));
    c.abort(); c.abort("again"); return [seen, c.signal.aborted, c.signal.reason.name, c.signal.reason.code]; })()`,
  `(() => { try { AbortSignal.abort("why").throwIfAborted(); } catch (error) { return error; } })()`,
  `(() => { try { new AbortSignal(); } catch (error) { return error.name; } })()`,
  `
    [
      new DOMException("m", "AbortError").code,
      new DOMException("m").name,
      new DOMException("m", "TimeoutError").code,
      new DOMException("m", "DataCloneError").code,
    ]
  `,
  // crypto
  `[...new Uint8Array(await crypto.subtle.digest("sha-256", new TextEncoder().encode("abc")))]`,
  `(await crypto.subtle.digest({ name: "SHA-512" }, new Uint8Array(1000).buffer)).byteLength`,
  `[...new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array([9, 97, 98, 9]).subarray(1, 3)))].slice(0, 4)`,
  `crypto.subtle.digest("MD5", new Uint8Array(1)).catch((error) => error.name)`,
  `[crypto.randomUUID().replace(/[0-9a-f]/g, "x").replace(/(.{14})x/, "$14"), crypto.randomUUID() === crypto.randomUUID()].length`,
  `(() => { try { crypto.getRandomValues(new Uint8Array(65537)); } catch (error) { return error.name; } })()`,
  `
    (() => {
      const array = new Uint32Array(4);
      return [crypto.getRandomValues(array) === array, array.some((word) => word > 0xffff)];
    })()
  `,
];

/** Values whose `inspect` must read as Node's does, put on one line. */
const INSPECTED = [
  "{ a: 1, 'b-c': [ 'x', 2, null, undefined, true ], d: {}, e: [] }",
  "new Map([['a', 1], [{ k: 1 }, [2]]])",
  "new Set([1, 'two'])",
  "(class Foo { x = 1 }, new (class Foo { x = 1 })())",
  "function name() {}",
  "() => {}",
  "class X {}",
  "[10n, -0, NaN, Symbol('s'), /a\\/b/gi, new Date(0), new Date(NaN)]",
  "new Uint8Array([1, 2, 3])",
  "{ get a() { throw 1; }, set b(value) {}, get c() { return 1; }, set c(value) {} }",
  "Object.create(null)",
];

/** What has no counterpart in Node, or differs from it on purpose. */
const OWN: readonly (readonly [expression: string, expected: string | RegExp])[] = [
  // Not among those compared with Node: Node 24 gives "a", although "b" was aborted first.
  [
    `(() => {
      const a = new AbortController();
      const b = new AbortController();
      const any = AbortSignal.any([a.signal, b.signal]);
      b.abort("b");
      a.abort("a");
      return [any.aborted, any.reason, AbortSignal.any([AbortSignal.abort(3)]).reason];
    })()`,
    '[true,"b",3]',
  ],
  [
    `(() => { const a = { name: "a" }; a.self = [a]; return inspect(a); })()`,
    "{ name: 'a', self: [ [Circular] ] }",
  ],
  [
    `inspect({ a: { b: { c: { d: { e: { f: 1 } } } } } })`,
    "{ a: { b: { c: { d: { e: [Object] } } } } }",
  ],
  [`inspect({ f: { g: [[1]] } }, 1)`, "{ f: { g: [Array] } }"],
  [`inspect("x".repeat(50), 4, 20)`, /^'x{19}… \(\d+ more characters\)$/],
  [
    `inspect(Array.from({ length: 103 }, (_, at) => at))`,
    /^\[ 0, 1, .*, 98, 99, \.\.\. 3 more items \]$/,
  ],
  [`inspect(Promise.resolve(1))`, "Promise {}"],
  [
    `inspect({ toJSON() { throw 1; }, toString() { throw 2; }, [Symbol.toPrimitive]() { throw 3; } })`,
    /toJSON: \[Function: toJSON\]/,
  ],
  [
    `inspect(new Proxy({}, { ownKeys() { throw new Error("trap"); }, getPrototypeOf() { throw 1; }, get() { throw 2; } }))`,
    /^\[.*\]$/,
  ],
  [
    `(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return inspect([proxy, 1]); })()`,
    /^\[ \[.*\], 1 \]$/,
  ],
  [`inspect(new TypeError("bad"))`, /^TypeError: bad/],
  [
    `(() => {
      const start = Date.now();
      const big = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => [{}, {}]));
      const made = Date.now();
      const text = inspect(big);
      const isQuick = Date.now() - made < 10 * (made - start);
      return text.length < 20000 && isQuick;
    })()`,
    "true",
  ],
  [
    `(() => { const wide = {}; for (let at = 0; at < 150; at++) wide["k" + at] = 1; return inspect(wide); })()`,
    /k99: 1, \.\.\. 50 more/,
  ],
  [`inspect("x".repeat(10_000_000)).length < 11_000`, "true"],
  [
    `
      (() => {
        const text = "é€😀a".repeat(100_000);
        return new TextDecoder().decode(new TextEncoder().encode(text)) === text;
      })()
    `,
    "true",
  ],
  [
    `
      (() => {
        const text = "ascii ".repeat(300_000);
        return new TextDecoder().decode(new TextEncoder().encode(text)) === text;
      })()
    `,
    "true",
  ],
  [`new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))`, /^throws TypeError/],
  [`new TextDecoder("big5")`, /^throws RangeError/],
  [`new URL("no url here")`, /^throws TypeError: Invalid URL.*no url here/],
  [`new URL("http://a/" + "x".repeat(70_000))`, /^throws TypeError: Invalid URL/],
  [
    `/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())`,
    "true",
  ],
  [`crypto.getRandomValues(new Float64Array(1))`, /^throws Type/],
  [
    `(() => { const list = Array.from({ length: 10_000 }, Math.random); return [list.every((x) => x >= 0 && x < 1), new Set(list).size,
    Math.abs(list.reduce((a, b) => a + b) / 10_000 - 0.5) < 0.05]; })()`,
    "[true,10000,true]",
  ],
  [
    `
      (() => {
        const signal = AbortSignal.timeout(50);
        const [ms, fire] = timers.pop();
        fire();
        return [ms, signal.aborted, signal.reason.name];
      })()
    `,
    '[50,true,"TimeoutError"]',
  ],
  // explicit resource management
  [
    `
      (() => {
        const log = [];
        const d = guest.disposables();
        d.use(null);
        for (const n of [1, 2, 3]) d.use({ [Symbol.dispose]() { log.push(n); } });
        d.dispose();
        return log;
      })()
    `,
    "[3,2,1]",
  ],
  [
    `(() => { const d = guest.disposables(); for (const n of [1, 2]) d.use({ [Symbol.dispose]() { throw n; } }); d.fail(0);
    try { d.dispose(); } catch (error) { return [error.name, error.error, error.suppressed.error, error.suppressed.suppressed, error instanceof SuppressedError]; } })()`,
    '["SuppressedError",1,2,0,true]',
  ],
  [`guest.disposables().use({})`, /^throws TypeError/],
  [`guest.disposables().use(5)`, /^throws TypeError/],
  [
    `(async () => { const log = []; const d = guest.disposables(); d.use({ [Symbol.dispose]() { log.push("sync"); } });
    d.useAsync({ async [Symbol.asyncDispose]() { await null; log.push("async"); } }); d.useAsync({ [Symbol.dispose]() { log.push("fallback"); } });
    d.useAsync(undefined); await d.disposeAsync(); return log; })()`,
    '["fallback","async","sync"]',
  ],
];

/** What a program's `console` calls make: level and text. */
const LOGGED: readonly (readonly [call: string, level: string, text: string])[] = [
  [`log("a", 1, { b: [2] }, "c")`, "log", "a 1 { b: [ 2 ] } c"],
  [
    `error("%s is %d years and %i, %f%% %j %c!", "Bob", 42, "7.9", 1.5, "x", "css")`,
    "error",
    "Bob is 42 years and 7, 1.5% 'x' !",
  ],
  [`warn("100%", 5)`, "warn", "100% 5"],
  [`info("%s")`, "info", "%s"],
  [`debug("only %s %s", 1)`, "debug", "only 1 %s"],
  [
    `log("a\\nb\\r\\x1b[31m\\x00\\x7f\\x9b\\u2028\\u202e\\u2066\\u200f\\u061c")`,
    "log",
    "a\\nb\\r\\x1b[31m\\x00\\x7f\\x9b\\u2028\\u202e\\u2066\\u200f\\u061c",
  ],
  [`log({ text: "x\\ny" })`, "log", "{ text: 'x\\ny' }"],
  [`assert(1 === 2, "math")`, "error", "Assertion failed: math"],
  [`count("n")`, "log", "n: 1"],
];

const bundled = bundle();

for (const [engine, open] of [
  ["V8", openV8],
  ["QuickJS", openQuickJs],
] as const) {
  describe(`guest globals in ${engine}`, () => {
    let vm: Vm;
    beforeAll(async () => {
      vm = await open(bundled);
    });
    afterAll(() => vm.dispose());

    it.each(LIKE_NODE)("as Node: %s", async (expression) => {
      const evaluate = new Function(
        `return (async () => (${expression}))()`,
      ) as () => Promise<unknown>;
      const expected = await evaluate();
      expect(await vm.value(expression)).toBe(
        typeof expected === "string" ? expected : JSON.stringify(expected),
      );
    });

    it.each(INSPECTED)("inspects as Node: %s", async (expression) => {
      const value: unknown = new Function(`return (${expression})`)();
      const expected = nodeInspect(value, { breakLength: Infinity, compact: Infinity, depth: 4 });
      expect(await vm.value(`inspect(${expression})`)).toBe(expected);
    });

    it.each(OWN)("%s", async (expression, expected) => {
      const value = await vm.value(expression);
      if (typeof expected === "string") expect(value).toBe(expected);
      else expect(value).toMatch(expected);
    });

    it.each(LOGGED)("console.%s", async (call, level, text) => {
      vm.sent.length = 0;
      await vm.value(`console.${call}`);
      expect(vm.sent).toEqual([{ kind: "log", id: 0, name: level, text }]);
    });

    it("indents groups", async () => {
      vm.sent.length = 0;
      await vm.value(
        `(console.group("g"), console.log("in"), console.groupEnd(), console.log("out"))`,
      );
      expect(vm.sent.map(({ text }) => text)).toEqual(["g", "  in", "out"]);
    });

    it("bounds a flood of logs and tells how much was dropped", async () => {
      vm.sent.length = 0;
      await vm.value(
        `
          (() => {
            guest.limitConsole(1000);
            const c = guest.createConsole();
            for (let at = 0; at < 20_000; at++) c.log("x".repeat(50));
            guest.reportDropped();
          })()
        `,
      );
      const entries = vm.sent.filter(({ name }) => name === "log");
      const dropped = vm.sent.filter(({ name }) => name === "dropped");
      expect(entries.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1_000);
      expect(entries.length).toBeLessThan(25);
      expect(dropped.length).toBeLessThan(20);
      expect(dropped.at(-1)!.id).toBeGreaterThan(990_000);
    });

    it("bounds a flood of empty entries", async () => {
      vm.sent.length = 0;
      await vm.value(
        `
          (() => {
            guest.limitConsole(1000);
            const c = guest.createConsole();
            for (let at = 0; at < 20_000; at++) c.log("");
          })()
        `,
      );
      expect(vm.sent.length).toBeLessThan(1_100);
    });

    it("goes on logging when a program has patched the prototypes", async () => {
      const broken = await open(bundled);
      await broken.value(`(() => {
        for (const prototype of [Array.prototype, Map.prototype, Set.prototype, Object.prototype, Date.prototype, Number.prototype]) {
          for (const key of Object.getOwnPropertyNames(prototype)) {
            if (typeof Object.getOwnPropertyDescriptor(prototype, key).value !== "function" || key === "constructor") continue;
            try { prototype[key] = () => { throw new Error("patched"); }; } catch {}
          }
        }
      })()`);
      broken.sent.length = 0;
      await broken.value(
        `console.log("still %s", "here", { a: [1, "x"], m: new Map([]), d: new Date(0) })`,
      );
      broken.dispose();
      expect(broken.sent.map(({ text }) => text)).toEqual([
        "still here { a: [ 1, 'x' ], m: Map(0) {}, d: 1970-01-01T00:00:00.000Z }",
      ]);
    });
  });
}

describe("services", () => {
  it("answers nothing to what is no URL request", () => {
    const bad = [
      "",
      "null",
      "{}",
      "[]",
      "[1]",
      '["http://a","port"]',
      '["http://a","constructor","x"]',
      "[".repeat(50_000),
    ];
    for (const text of bad)
      for (const name of ["parse", "set", "x"]) expect(() => answerUrl(name, text)).not.toThrow();
    expect(answerUrl("parse", JSON.stringify([`http://a/${"x".repeat(70_000)}`]))).toBe("");
    expect(answerUrl("parse", '["nope"]')).toBe("");
  });

  it("bounds randomness", () => {
    expect(new Randomness(undefined).base64(3)).toHaveLength(4);
    for (const count of [-1, NaN, 0, -Infinity])
      expect(new Randomness(undefined).base64(count)).toBe("");
    expect(new Randomness(undefined).base64(1e12).length).toBeLessThanOrEqual(87_384);
  });

  it("rejects digests that it does not know", async () => {
    await expect(digest("MD5", "")).rejects.toThrow();
    await expect(digest("SHA-1", "*")).rejects.toThrow();
    expect(await digest("SHA-1", "")).toBe("2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  });
});
