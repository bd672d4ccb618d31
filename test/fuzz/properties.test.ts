/** What holds for every input: properties that fast-check tries to break. */
import { duplexPair } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../src/core/decode.ts";
import { encode } from "../../src/core/encode.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { bwrapOptions } from "../../src/placement/sandbox/bwrap.ts";
import { accessOf, type PathRule } from "../../src/placement/sandbox/path-rules.ts";
import type { ResolvedSandbox } from "../../src/placement/sandbox/settings.ts";
import { addressCheck } from "../../src/tools/fetch/addresses.ts";
import {
  canonicalHost,
  destinationOf,
  matches,
  parseHostRule,
} from "../../src/tools/fetch/hosts.ts";
import { isForbiddenHeader } from "../../src/tools/fetch/request-headers.ts";
import { checkRequest } from "../../src/tools/fetch/request.ts";
import { resolveNetwork } from "../../src/tools/fetch/settings.ts";
import { buildNames } from "../../src/tools/names.ts";

const text = fc.string({ unit: "binary" });

describe("frames", () => {
  test("arrive as they were sent, however the bytes are cut", async () => {
    const wellFormed = fc.string({ unit: "grapheme" });
    const property = fc.asyncProperty(
      fc.array(wellFormed),
      fc.array(fc.nat(64)),
      async (messages, cuts) => {
        const [near, far] = duplexPair();
        const sent: Buffer[] = [];
        far.on("data", (chunk: Buffer) => sent.push(chunk));
        const sender = new FramedChannel(near, 1e6);
        for (const message of messages) await sender.send(message);
        await new Promise((resolve) => setImmediate(resolve));
        const bytes = Buffer.concat(sent);

        const [raw, end] = duplexPair();
        const received: string[] = [];
        new FramedChannel(end, 1e6).onMessage((message) => received.push(message));
        let at = 0;
        for (const cut of cuts) raw.write(bytes.subarray(at, (at += cut)));
        raw.write(bytes.subarray(at));
        await new Promise((resolve) => setImmediate(resolve));
        expect(received).toEqual(messages);
      },
    );
    await fc.assert(property);
  });
});

describe("values", () => {
  const special = fc.oneof(
    fc.constantFrom(undefined, NaN, Infinity, -Infinity, -0),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.double(),
    text,
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      special,
      fc.array(tie("value")),
      fc.dictionary(
        fc.oneof(text, fc.constantFrom("$type", "__proto__", "toJSON", "value")),
        tie("value"),
      ),
      fc.array(fc.tuple(text, tie("value"))).map((pairs) => new Map(pairs)),
      fc.array(tie("value")).map((items) => new Set(items)),
    ),
  }));

  test("arrive as they were sent", () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(decode(encode(sent))).toStrictEqual(withPlainObjects(sent));
      }),
      { numRuns: 500 },
    );
  });

  test("no text makes decoding do anything but answer or refuse", () => {
    const forged = fc.oneof(
      text,
      text.map((rest) => `~${rest}`),
      fc.json().map((json) => `~${json}`),
      fc
        .record({
          $type: fc.oneof(
            text,
            fc.constantFrom("Map", "Date", "RegExp", "Error", "BigInt", "Uint8Array", "object"),
          ),
          value: fc.jsonValue(),
        })
        .map((tagged) => `~${JSON.stringify(tagged)}`),
    );
    fc.assert(
      fc.property(forged, (given) => {
        try {
          decode(given);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).name).toMatch(/^(WireError|SyntaxError)$/);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Dictionaries of fast-check may have no prototype; what arrives has the ordinary one. */
function withPlainObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainObjects);
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [key, withPlainObjects(item)]));
  if (value instanceof Set) return new Set([...value].map(withPlainObjects));
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    Object.defineProperty(copy, key, {
      value: withPlainObjects(item),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return copy;
}

describe("names", () => {
  const name = fc.oneof(
    text,
    fc.constantFrom("get-user", "get_user", "getUser", "then", "__proto__", "class", "a.b", ""),
  );
  const servers = fc.uniqueArray(
    fc.record({ name, tools: fc.uniqueArray(name, { maxLength: 8 }) }),
    { selector: (server) => server.name, maxLength: 5 },
  );
  const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

  test("every alias is an identifier, every spelling is one tool's, whatever the order", () => {
    fc.assert(
      fc.property(servers, (given) => {
        const table = buildNames(given);
        const unique = (all: readonly string[]): void => expect(new Set(all).size).toBe(all.length);
        const flats = table.servers.flatMap(({ tools }) => tools.map(({ flat }) => flat));
        unique(table.servers.map(({ alias }) => alias));
        unique(flats);
        for (const flat of flats) expect(flat).toMatch(IDENTIFIER);
        for (const { alias, tools } of table.servers) {
          expect(alias).toMatch(IDENTIFIER);
          unique(tools.map((tool) => tool.alias));
          for (const tool of tools) {
            expect(tool.alias).toMatch(IDENTIFIER);
            // An alias never hides another tool's own name.
            const owner = tools.find((candidate) => candidate.name === tool.alias);
            expect(owner === undefined || owner === tool).toBe(true);
          }
        }
        const reversed = buildNames(
          given.map((server) => ({ ...server, tools: server.tools.toReversed() })),
        );
        for (const server of table.servers)
          for (const tool of server.tools)
            expect(
              reversed.servers.find((other) => other.name === server.name)!.tools,
            ).toContainEqual(tool);
      }),
      { numRuns: 300 },
    );
  });
});

describe("hosts", () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const domain = fc
    .array(label, { minLength: 2, maxLength: 4 })
    .map((labels) => `${labels.join(".")}.test`);
  const at = (host: string): ReturnType<typeof destinationOf> =>
    destinationOf(new URL(`https://${host}/`));

  /** Whether the rule lets a request to the host through; what is no URL goes nowhere. */
  const reaches = (rule: ReturnType<typeof parseHostRule>, host: string): boolean => {
    const destination = URL.canParse(`https://${host}/`) ? at(host) : undefined;
    return destination !== undefined && matches(rule, destination);
  };

  test("an exact rule matches its host in any spelling, and no other host", () => {
    fc.assert(
      fc.property(domain, domain, label, (host, other, extra) => {
        const rule = parseHostRule(host, "x", "narrow");
        for (const spelling of [host, host.toUpperCase(), `${host}.`])
          expect(matches(rule, at(spelling)!)).toBe(true);
        if (other !== host) expect(matches(rule, at(other)!)).toBe(false);
        for (const lookalike of [
          `${extra}.${host}`,
          `${extra}${host}`,
          `${host}.${extra}`,
          `${host}-${extra}.test`,
        ])
          expect(reaches(rule, lookalike)).toBe(false);
        expect(matches(rule, { ...at(host)!, port: 8443 })).toBe(false);
        expect(matches(rule, { ...at(host)!, protocol: "http:" })).toBe(false);
      }),
    );
  });

  test("a wildcard matches what is below its name and nothing else", () => {
    fc.assert(
      fc.property(domain, label, (host, extra) => {
        const rule = parseHostRule(`*.${host}`, "x", "narrow");
        expect(matches(rule, at(`${extra}.${host}`)!)).toBe(true);
        expect(matches(rule, at(`a.${extra}.${host}`)!)).toBe(true);
        for (const no of [host, `${extra}${host}`, `${host}.${extra}.test`])
          expect(reaches(rule, no)).toBe(false);
      }),
    );
  });

  test("no URL, however it is written, leads to a host that the rule does not name", () => {
    const url = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc
        .tuple(
          fc.constantFrom("http:", "https:", "HTTPS:", "ftp:", "file:"),
          fc.constantFrom("//", "/\\", "\\\\", "///", ""),
          text,
          domain,
          text,
        )
        .map((parts) => parts.join("")),
      fc
        .tuple(
          domain,
          fc.constantFrom("@", "\0", "%00", "#", "?", "/", ":", "\\", "%2f", "。"),
          domain,
        )
        .map(([a, by, b]) => `https://${a}${by}${b}/`),
    );
    fc.assert(
      fc.property(url, domain, (given, allowed) => {
        if (!URL.canParse(given)) return;
        const parsed = new URL(given);
        const destination = destinationOf(parsed);
        if (destination === undefined) return;
        expect(destination.host).toMatch(/^[a-z0-9_.-]+$|:/);
        const said = matches(parseHostRule(`https://${allowed}:*`, "x", "narrow"), destination);
        expect(said).toBe(
          parsed.protocol === "https:" && parsed.hostname.replace(/\.$/, "") === allowed,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("a host has one spelling", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          domain,
          text,
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        (given) => {
          const once = canonicalHost(given);
          if (once === undefined) return;
          expect(canonicalHost(once.includes(":") ? `[${once}]` : once)).toBe(once);
        },
      ),
    );
  });

  test("an address with an IPv4 one inside is judged like it, or refused", () => {
    const isAllowed = addressCheck([], "x");
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        for (const mapped of [`::ffff:${address}`, `64:ff9b::${address}`, `::${address}`])
          if (!isAllowed(address)) expect(isAllowed(mapped)).toBe(false);
      }),
    );
  });

  test("no settings, however wrong, do anything but answer or name what is wrong", () => {
    fc.assert(
      fc.property(fc.object(), fc.array(fc.anything()), (rest, allow) => {
        try {
          resolveNetwork({ ...rest, allow }, {}, "network");
        } catch (error) {
          expect(error).toMatchObject({
            code: "config_error",
            message: expect.stringContaining("network"),
          });
        }
      }),
    );
  });
});

describe("path rules", () => {
  const segment = fc.constantFrom("a", "b", "ab", "a b", "..a", "é");
  const path = fc
    .array(segment, { minLength: 1, maxLength: 4 })
    .map((segments) => `/${segments.join("/")}`);
  const rules = fc.uniqueArray(
    fc.record({
      path,
      access: fc.constantFrom("read", "write", "none"),
      folder: fc.constant(true),
    }),
    { selector: (rule) => rule.path },
  ) as fc.Arbitrary<PathRule[]>;

  test("the nearest rule at or above a path decides, and without one nothing is allowed", () => {
    fc.assert(
      fc.property(rules, path, (given, asked) => {
        let expected = "none";
        for (let at = asked; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
          const rule = given.find((candidate) => candidate.path === at);
          if (rule === undefined) continue;
          expected = rule.access;
          break;
        }
        expect(accessOf(asked, given)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("what is mounted in the given order ends as the rules say", () => {
    fc.assert(
      fc.property(rules, path, (given, asked) => {
        const sorted = given.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        const settings = { paths: sorted, env: {}, tmpMb: 0 } as unknown as ResolvedSandbox;
        const layout = { mounts: [], libraryPath: "/lib" } as never;
        const options = bwrapOptions(layout, settings, { seccomp: 5, info: 6 });
        // The last mount at or above the path is what is seen there.
        let seen = "none";
        const covers = (target: string): boolean =>
          target === asked || asked.startsWith(`${target}/`);
        for (const [at, option] of options.entries()) {
          if (option === "--ro-bind" && covers(options[at + 2]!)) seen = "read";
          if (option === "--bind" && covers(options[at + 2]!)) seen = "write";
          if (option === "--tmpfs" && covers(options[at + 1]!)) seen = "none";
        }
        expect(seen).toBe(accessOf(asked, given));
      }),
      { numRuns: 500 },
    );
  });
});

describe("headers of a program's request", () => {
  /** Of proxies, frameworks and servers: each tells of another method, URL, host or sender. */
  const ABOUT_THE_REQUEST = [
    ..."X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Method X-HttpMethod X-HTTPMethodOverride".split(
      " ",
    ),
    ..."X-Original-Method X-Forwarded-Method X-Original-URL X-Original-URI X-Original-Host".split(
      " ",
    ),
    ..."X-Rewrite-URL X-Rewrite-URI X-Request-URI X-URL X-Override-URL X-Host X-HTTP-Host-Override".split(
      " ",
    ),
    ..."X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Server X-Forwarded Forwarded".split(
      " ",
    ),
    ..."Forwarded-For X-Real-IP X-Client-IP Client-IP True-Client-IP CF-Connecting-IP Fastly-Client-IP".split(
      " ",
    ),
    ..."X-Cluster-Client-IP X-Originating-IP X-Remote-IP X-Remote-Addr X-ProxyUser-IP X-Scheme".split(
      " ",
    ),
    ..."X-URL-Scheme Front-End-Https Remote-User X-Remote-User SSL-Client-Verify X-SSL-Client-DN".split(
      " ",
    ),
    ..."X-Middleware-Subrequest Proxy-Authorization Proxy-Connection Proxy".split(" "),
    ..."X-HTTP-Verb X-Orig-URL X-Forward-For X-Envoy-External-Address X-Azure-SocketIP".split(" "),
    ..."X-Matched-Path X-Invoke-Path X-Script-Name Path-Info X-Accel-Mapping X-Sendfile-Type".split(
      " ",
    ),
    ..."Client-Cert X-ARR-ClientCert X-Client-Verify X-MS-Client-Principal-Name".split(" "),
    ..."X-Goog-Authenticated-User-Email X-WebAuth-User X-Auth-Request-Email X-Amzn-Oidc-Data".split(
      " ",
    ),
  ];
  const OF_THE_CONNECTION = [
    ..."Host Connection Keep-Alive Transfer-Encoding Content-Length TE Trailer Upgrade Expect Via".split(
      " ",
    ),
    ..."Date Origin Referer HTTP2-Settings Alt-Used Max-Forwards CDN-Loop Early-Data".split(" "),
    ..."Sec-Fetch-Site Sec-WebSocket-Key Access-Control-Request-Method".split(" "),
  ];
  const HARMLESS = [
    ..."Accept Accept-Encoding Accept-Language Authorization Cache-Control Content-Type Cookie".split(
      " ",
    ),
    ..."Content-Encoding DPoP ETag Idempotency-Key If-Match If-None-Match MCP-Protocol-Version".split(
      " ",
    ),
    ..."MCP-Session-Id Prefer Range Traceparent User-Agent X-API-Key X-Amz-Date X-CSRF-Token".split(
      " ",
    ),
    ..."X-GitHub-Api-Version X-Goog-Api-Key X-Ms-Version X-Request-Id X-Requested-With".split(" "),
    ..."X-Shopify-Access-Token X-Client-Version Stripe-Account Notion-Version Depth".split(" "),
    ..."X-Auth-Token X-Auth-User Dropbox-API-Path-Root Destination X-Goog-User-Project".split(" "),
  ];
  const request = (name: string): unknown =>
    checkRequest({ url: "https://example.com/", headers: { [name]: "DELETE" } }, 0);
  const refusal = (name: string): unknown => {
    try {
      request(name);
      return undefined;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };

  test("no header that tells of another request can be set, however it is spelled", () => {
    const separators = fc.array(fc.constantFrom("-", "_", "--", "-_", ".", "~"), {
      minLength: 5,
      maxLength: 5,
    });
    const property = fc.property(
      fc.constantFrom(...ABOUT_THE_REQUEST, ...OF_THE_CONNECTION),
      separators,
      fc.infiniteStream(fc.boolean()),
      fc.constantFrom("", "_", "-"),
      (name, between, upper, around) => {
        let at = 0;
        const spelled = [...name.replaceAll("-", () => between[at++ % between.length]!)]
          .map((letter) => (upper.next().value ? letter.toUpperCase() : letter.toLowerCase()))
          .join("");
        expect(refusal(around + spelled + around), spelled).toBe("denied");
      },
    );
    fc.assert(property);
    for (const name of [...ABOUT_THE_REQUEST, ...OF_THE_CONNECTION])
      expect(refusal(name), name).toBe("denied");
  });

  test("what clients of APIs set can be set", () => {
    for (const name of HARMLESS) expect(refusal(name), name).toBeUndefined();
    expect(HARMLESS.filter((name) => isForbiddenHeader(name.toLowerCase()))).toEqual([]);
  });
});
