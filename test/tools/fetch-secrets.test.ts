/** Headers of the host, and servers that echo them: no program sees one. All servers are on loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FetchSource } from "../../src/tools/fetch/fetch.ts";
import { resolveNetwork } from "../../src/tools/fetch/settings.ts";
import { ENCODINGS, secret } from "../support/echoes.ts";
import { createRuntime } from "../support/patient.ts";

const TOKEN = "t0ken-of-the-host";
const LOOPBACK = ["127.0.0.0/8"];

type Route = (sent: string, response: ServerResponse, request: IncomingMessage) => void;

/** What a server does with the header that it was sent. */
const ROUTES: Readonly<Record<string, Route>> = {
  "/body": (sent, response) => response.end(`you sent ${sent}`),
  "/bytes": (sent, response) => response.end(Buffer.from(`\u00ff${sent}\u00fe`, "latin1")),
  "/utf16": (sent, response) => response.end(Buffer.from(`\ufeff${sent}`, "utf16le")),
  "/base64": (sent, response) => response.end(Buffer.from(`all: ${sent}`).toString("base64")),
  "/packed": (sent, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(sent)),
  "/pieces": (sent, response) => {
    for (const char of sent) response.write(char);
    response.end();
  },
  "/range": (sent, response, request) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined) response.end(sent);
    else response.writeHead(206).end(sent.slice(Number(from), Number(to) + 1));
  },
  "/status": (sent, response) => response.writeHead(200, `hello ${sent}`).end(),
  "/name": (sent, response) => response.writeHead(200, { [`x-${tokenOf(sent)}`]: "1" }).end(),
  "/value": (sent, response) => response.writeHead(200, { "x-echo": [sent, `a=${sent}`] }).end(),
  "/url": (sent, response) =>
    response.writeHead(302, { location: `/body?q=${encodeURIComponent(sent)}` }).end(),
  "/path": (sent, response) =>
    response.writeHead(302, { location: `/${encodeURIComponent(tokenOf(sent))}/body` }).end(),
  "/host": (sent, response) =>
    response.writeHead(302, { location: `http://${tokenOf(sent)}.example/` }).end(),
  "/not-http": (sent, response) =>
    response.socket!.end(`HTTP/1.1 200 OK\r\n${tokenOf(sent)}\u0000: x\r\n\r\n`),
  "/elsewhere": (sent, response) =>
    response.writeHead(307, { location: `${otherOrigin}/kept?${encodeURIComponent(sent)}` }).end(),
  "/keep": (sent, response) => {
    kept = sent;
    response.end();
  },
  "/kept": (_sent, response) => response.end(kept),
  "/zstd": (sent, response) =>
    response.writeHead(200, { "content-encoding": "zstd" }).end(zstdCompressSync(sent)),
  "/shape": (_sent, response, request) => {
    const { range, "if-range": ifRange, "accept-charset": charset } = request.headers;
    response.end(JSON.stringify([range, ifRange, charset, request.headers["accept-encoding"]]));
  },
};

const tokenOf = (sent: string): string => sent.replace("Bearer ", "");

let kept = "";
let origin: string;
let otherOrigin: string;
let paths: string[] = [];
/** For the property: what the server answers with. */
let answer: Route = (_sent, response) => response.end();
const servers: Server[] = [];

async function listen(): Promise<string> {
  const made = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://x");
    paths.push(request.url!);
    const route = ROUTES[pathname] ?? (pathname.endsWith("/body") ? ROUTES["/body"]! : answer);
    route(String(request.headers.authorization ?? ""), response, request);
  });
  servers.push(made);
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(made.address() as { port: number }).port}`;
}

beforeAll(async () => {
  origin = await listen();
  otherOrigin = await listen();
});
beforeEach(() => {
  paths = [];
});
afterAll(() => {
  for (const each of servers) {
    each.closeAllConnections();
    each.close();
  }
});

/** All that a program can see of a response. */
const LOOK = `
  const look = async (url, init) => {
    const r = await fetch(url, init);
    const bytes = await r.clone().bytes();
    return [r.url, r.status, r.statusText, [...r.headers], await r.text(), String.fromCharCode(...bytes)];
  };
`;

describe.each(["v8", "quickjs"] as const)("a program in %s", (engine) => {
  const run = async (body: string): Promise<string> => {
    await using runtime = await createRuntime({
      engine,
      placement: "inline",
      network: {
        allow: [
          { host: origin, methods: ["GET"], headers: { Authorization: `Bearer ${TOKEN}` } },
          otherOrigin,
        ],
        allowPrivate: LOOPBACK,
      },
    });
    return JSON.stringify(await runtime.run(LOOK + body));
  };

  test.each(Object.keys(ROUTES))("%s: nothing that it can see holds the header", async (path) => {
    const seen = await run(`
      const all = [];
      for (const init of [{}, { redirect: "manual" }])
        all.push(await look("${origin}${path}", init).catch((e) => [e.message, e.hint, e.stack]));
      return all;
    `);
    expect(paths).not.toEqual([]);
    expect(seen.toLowerCase()).not.toContain(TOKEN);
    expect(seen.replaceAll("\\u0000", "")).not.toContain(TOKEN);
    expect(seen).not.toContain(Buffer.from(TOKEN).toString("base64").slice(3, -3));
  });

  test("nor five bytes at a time", async () => {
    const seen = await run(`
      let all = "";
      for (let at = 0; at < 40; at += 5)
        all += await (await fetch("${origin}/range", { headers: { Range: \`bytes=\${at}-\${at + 4}\` } })).text();
      return all;
    `);
    expect(seen).not.toContain("t0ken");
    expect(seen).toContain("[redacted]");
  });

  test("nor at another host that was told of it", async () => {
    const seen = await run(`
      await fetch("${origin}/keep");
      const all = [await (await fetch("${otherOrigin}/kept")).text()];
      for (let at = 0; at < 40; at += 5)
        all.push(await (await fetch("${otherOrigin}/kept", { headers: { range: \`bytes=\${at}-\${at + 4}\` } })).text());
      return all;
    `);
    expect(kept).toContain(TOKEN);
    expect(seen).not.toContain(TOKEN);
  });
});

function sourceFor(value: string): FetchSource {
  const network = {
    allow: [{ host: origin, headers: { authorization: value } }, otherOrigin],
    allowPrivate: LOOPBACK,
  };
  return new FetchSource(resolveNetwork(network, {}, "network")!);
}

async function call(source: FetchSource, url: string, more: object = {}): Promise<string> {
  const reports: unknown[] = [];
  const context = {
    signal: new AbortController().signal,
    caller: {},
    onRequest: (request: unknown) => void reports.push(request),
  };
  const shown = (value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  try {
    const { body, ...rest } = (await source.call(
      "fetch",
      { url, ...more },
      context,
    )) as unknown as {
      body: unknown;
    };
    return `${String(shown(body))}\n${Object.values(rest).flat(3).join("\n")}\n${JSON.stringify(reports)}`;
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return `${message}\n${hint}\n${JSON.stringify(reports)}`;
  }
}

test("a redirect takes no secret to another host", async () => {
  await using source = sourceFor(`Bearer ${TOKEN}`);
  expect(await call(source, `${origin}/elsewhere`)).toContain("with a secret of this host");
  expect(paths).toEqual(["/elsewhere"]);
});

test("an answer comes whole and plain where there are secrets, and as it is asked for where there are none", async () => {
  const headers = {
    range: "bytes=0-4",
    "if-range": "x",
    "accept-charset": "utf-7",
    "accept-encoding": "zstd",
  };
  await using source = sourceFor(`Bearer ${TOKEN}`);
  expect(await call(source, `${origin}/shape`, { headers })).toMatch(/^\[null,null,null,"gzip/);
  expect(await call(source, `${origin}/zstd`)).toContain("was not asked for");
  await using open = new FetchSource(
    resolveNetwork({ allow: [origin], allowPrivate: LOOPBACK }, {}, "network")!,
  );
  expect(await call(open, `${origin}/shape`, { headers })).toMatch(
    /^\["bytes=0-4","x","utf-7","zstd/,
  );
});

test("a secret is in no part of an answer, however it is encoded, placed and cut", async () => {
  // What stands beside it begins no escape: that would end in the secret's first character, and be another one.
  const text = fc.string({ maxLength: 12 }).map((around) => around.replace(/[%&\\]/g, "-"));
  const place = fc.constantFrom("body", "bytes", "header", "status", "location", "redirect");
  const cuts = fc.array(fc.nat(20), { maxLength: 5 });
  /** What HTTP can hold outside of a body. */
  const line = (given: string): string =>
    given.replaceAll("\n", " ").replace(/[^\u0020-\u007e]/g, "?");
  await fc.assert(
    fc.asyncProperty(
      secret,
      ENCODINGS,
      place,
      text,
      cuts,
      async (given, encode, where, around, sizes) => {
        let echoed = "";
        answer = (sent, response) => {
          echoed = encode(tokenOf(sent));
          // An entity without its end would be one of another character with a digit after it.
          const whole = `${around}${echoed}${/^[\da-f]/i.test(around) ? "!" : ""}${around}`;
          if (where === "header") response.writeHead(200, { "x-echo": line(whole) });
          if (where === "status") response.writeHead(200, line(whole));
          if (where === "location" || where === "redirect")
            response.writeHead(302, { location: `/body?${line(whole)}` });
          if (where !== "body" && where !== "bytes") return void response.end();
          let rest = Buffer.from(where === "bytes" ? `\u00ff${whole}` : whole, "latin1");
          for (const size of sizes) {
            response.write(rest.subarray(0, size + 1));
            rest = rest.subarray(size + 1);
          }
          response.end(rest);
        };
        await using source = sourceFor(`Bearer ${given}`);
        const redirect = where === "location" ? "manual" : "follow";
        const seen = await call(source, `${origin}/any`, { redirect });
        expect(echoed).not.toBe("");
        expect(seen).not.toContain(echoed);
        expect(seen).not.toContain(given);
        expect(seen).toContain("[redacted]");
      },
    ),
    { numRuns: 150 },
  );
});
