/** Names of users and sessions, wherever they come in: they are names, or are refused; nothing fails inside because of one. */
import { createServer, request as httpRequest, type Server } from "node:http";
import * as fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isUserName } from "../../src/core/caller.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { createMcpServer } from "../../src/serve/mcp/index.ts";
import { type RunningService, startService } from "../../src/serve/index.ts";
import { createRuntime } from "../support/patient.ts";

const NUMBER_OF_RUNS = { numRuns: 60 };

/** Texts that are no names. */
const NO_NAMES: readonly (readonly [what: string, name: string])[] = [
  ["empty", ""],
  ["too long", "x".repeat(201)],
  ["half a character", "ann\ud83d"],
  ["the other half first", "\udc00\ud800"],
  ["a line break", "ann\nadmin"],
  ["a null character", "ann\0"],
  ["an escape", "\u001b[2Jann"],
  ["reordered", "\u202enna"],
  ["an invisible mark", "ann\ufeff"],
];

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("\ud800", "\udfff", "a", "é", "😀", "/", "%", ":", "\n") }),
  fc.constantFrom(...NO_NAMES.map(([, name]) => name)),
);
/** Any JSON where a name is wanted. */
const anyValue = fc.oneof(anyName, fc.jsonValue({ maxDepth: 2 }));

/** Percent-encoded as whoever wants to write a half of a character in a URL does it. */
const inUrl = (name: string): string =>
  [...name]
    .map((character) => {
      const code = character.codePointAt(0)!;
      const isHalf = code >= 0xd800 && code <= 0xdfff;
      const bytes = isHalf
        ? [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
        : [...Buffer.from(character)];
      return bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    })
    .join("");

function start(): Promise<Runtime> {
  const tools = {
    demo: { whoami: tool({ run: (_args, { user }) => user ?? "nobody" }) },
  };
  return createRuntime({ engine: "quickjs", placement: "inline", tools });
}

async function run(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: { value?: unknown; error?: { message: string } } }> {
  const response = await fetch(`${url}/run`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ code: "await tools.demo.whoami()", ...body }),
  });
  return { status: response.status, body: await response.json() };
}

describe("a runtime", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime.close());

  test.each(NO_NAMES)("%s is no user", async (_what, user) => {
    const wanted = /user must be a text of 1 to 200 characters/;
    await expect(runtime.run("1", { user })).rejects.toThrow(wanted);
    await expect(runtime.session("s", { user })).rejects.toThrow(wanted);
    await expect(runtime.findSession("s", { user })).rejects.toThrow(wanted);
    expect(() => createMcpServer(runtime, { user })).toThrow(wanted);
  });

  test("every other text is one, and stays as it is", async () => {
    const property = fc.asyncProperty(anyName.filter(isUserName), async (user) => {
      expect(await runtime.run("await tools.demo.whoami()", { user })).toMatchObject({
        value: user,
      });
      await (await runtime.session("s", { user })).close();
    });
    await fc.assert(property, NUMBER_OF_RUNS);
  });
});

describe("the service without authentication", () => {
  let service: RunningService;
  const lines: unknown[] = [];
  beforeAll(async () => {
    service = await startService(await start(), { port: 0 }, (line) => lines.push(line));
  });
  afterAll(() => service.stop());

  test("users and sessions in bodies", async () => {
    const property = fc.asyncProperty(anyValue, async (name) => {
      const { status, body } = await run(service.url, { user: name });
      expect(status).toBe(isUserName(name) ? 200 : 400);
      if (status === 200) expect(body.value).toBe(name);
      expect([200, 400]).toContain((await run(service.url, { session: name })).status);
    });
    await fc.assert(property, NUMBER_OF_RUNS);
  });

  test("users and sessions in addresses", async () => {
    const property = fc.asyncProperty(anyName, async (name) => {
      const text = inUrl(name);
      for (const path of [
        `/sessions/s?user=${text}`,
        `/sessions/${text}`,
        `/sessions/s/files/${text}`,
        `/tools/${text}`,
        `/tools/demo/${text}`,
        `/${text}`,
      ])
        expect([200, 400, 404], path).toContain((await fetch(service.url + path)).status);
      expect([200]).toContain((await fetch(`${service.url}/tools?search=${text}`)).status);
    });
    await fc.assert(property, NUMBER_OF_RUNS);
  });

  test("programs with halves of characters run", async () => {
    expect(await run(service.url, { code: "'\ud800'.length" })).toMatchObject({ status: 200 });
  });

  test("nothing failed inside", () => {
    expect(lines.filter((line) => (line as { event: string }).event === "error")).toEqual([]);
  });
});

describe("the service with authentication", () => {
  let service: RunningService;
  let keys: Server;
  let sign: (claims: object) => Promise<string>;
  beforeAll(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256" };
    keys = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
    const issuer = `http://127.0.0.1:${(keys.address() as { port: number }).port}`;
    const exp = Math.round(Date.now() / 1_000) + 3_600;
    sign = async (claims) =>
      await new SignJWT({ iss: issuer, aud: "codecell", exp, scope: "run sessions", ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "k" })
        .sign(pair.privateKey);
    const jwt = { issuer, audience: "codecell", jwksUri: `${issuer}/keys` };
    const apiKeys = [{ key: "key-of-ann-0123456789", user: "ann" }];
    service = await startService(await start(), { port: 0, auth: { apiKeys, jwt } });
  });
  afterAll(async () => {
    await service.stop();
    keys.close();
  });
  const asToken = (token: string, body = {}) =>
    run(service.url, body, { authorization: `Bearer ${token}` });

  const NO_SUBS: readonly (readonly [what: string, sub: unknown])[] = [
    ...NO_NAMES,
    ["a number", 7],
    ["null", null],
    ["a list", ["ann"]],
    ["an object", { toString: "ann" }],
    ["true", true],
  ];
  test.each(NO_SUBS)(
    "a token whose sub is %s is refused, and the reason is said",
    async (_what, sub) => {
      const { status, body } = await asToken(await sign({ sub }));
      expect([status, body.error?.message]).toEqual([401, "the token's sub names no user"]);
    },
  );

  test("whatever a sub is, the program runs for that user or not at all", async () => {
    const property = fc.asyncProperty(anyValue, async (sub) => {
      const { status, body } = await asToken(await sign({ sub }), { session: "s" });
      expect(status).toBe(isUserName(sub) ? 200 : 401);
      if (status === 200) expect(body.value).toBe(sub);
    });
    await fc.assert(property, NUMBER_OF_RUNS);
  });

  test("other claims of any type are refused or have no effect", async () => {
    const claim = fc.constantFrom("scope", "scp", "aud", "iss", "exp", "nbf", "iat");
    const property = fc.asyncProperty(claim, anyValue, async (name, given) => {
      const signing = sign({ sub: "ann", [name]: given });
      const token = await signing.catch(() => undefined);
      if (token !== undefined) expect([200, 401, 403]).toContain((await asToken(token)).status);
    });
    await fc.assert(property, NUMBER_OF_RUNS);
  });

  test("any bytes as credentials", async () => {
    const bytes = fc.string({
      unit: fc
        .integer({ min: 32, max: 254 })
        .map((code) => String.fromCharCode(code < 127 ? code : code + 1)),
    });
    const property = fc.asyncProperty(
      bytes,
      fc.constantFrom("x-api-key", "authorization"),
      async (text, name) => {
        const given = name === "authorization" ? `Bearer ${text}` : text;
        const status = await new Promise((resolve, reject) => {
          const headers = { [name]: given };
          const request = httpRequest(
            `${service.url}/run`,
            { method: "POST", headers },
            (response) => resolve(response.resume().statusCode),
          );
          request.on("error", reject).end();
        });
        expect([400, 401]).toContain(status);
      },
    );
    await fc.assert(property, NUMBER_OF_RUNS);
  });

  test.each(NO_NAMES)("no key can be of a user whose name is %s", async (_what, user) => {
    const runtime = await start();
    const auth = { apiKeys: [{ key: "key-of-ann-0123456789", user }] };
    try {
      await expect(startService(runtime, { port: 0, auth })).rejects.toThrow(
        /apiKeys\.0\.user .*must be a text of 1 to 200 characters/,
      );
    } finally {
      await runtime.close();
    }
  });
});
