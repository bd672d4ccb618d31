/** What waits for the browser of a person who logs in: whatever else comes, it answers 400 and goes on waiting. */
import { request } from "node:http";
import { connect } from "node:net";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LoopbackAuthorizer } from "../../src/tools/mcp/auth/loopback.ts";

const ISSUER = { issuer: "https://login.example", named: false };
let authorizer: LoopbackAuthorizer;
beforeEach(async () => {
  authorizer = await LoopbackAuthorizer.listen(() => {});
  await authorizer.show(new URL("https://login.example/authorize"));
});
afterEach(() => authorizer[Symbol.asyncDispose]());

/** The first line of what comes back for these bytes; nothing where the connection just ends. */
async function send(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(authorizer.redirectUrl).port), "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  socket.end(bytes, "latin1");
  await new Promise((resolve) => socket.on("close", resolve));
  return text.split("\r\n")[0]!;
}

function get(
  target: string,
  headers = `Host: ${new URL(authorizer.redirectUrl).host}\r\n`,
): string {
  return `GET ${target} HTTP/1.1\r\n${headers}\r\n`;
}

/** A login that ends well: the listener is still what it was. */
async function logIn(): Promise<void> {
  const code = authorizer.code(ISSUER);
  const answer = `/callback?code=right&state=${authorizer.state}`;
  expect(await send(get(answer))).toBe("HTTP/1.1 200 OK");
  expect(await code).toBe("right");
}

const MALFORMED: readonly (readonly [what: string, request: () => string])[] = [
  ["no path", () => get("//")],
  ["a path that is a host", () => get("//evil.example/callback")],
  ["a path that is no URL", () => get("//[")],
  ["a whole address", () => get(`${authorizer.redirectUrl}?code=x&state=${authorizer.state}`)],
  ["another scheme", () => get("file:///callback")],
  ["an asterisk", () => get("*")],
  [
    "another host",
    () => get(`/callback?code=x&state=${authorizer.state}`, "Host: evil.example\r\n"),
  ],
  ["a host without its port", () => get("/callback", "Host: 127.0.0.1\r\n")],
  ["no host", () => get("/callback", "")],
  ["two hosts", () => get("/callback", "Host: a\r\nHost: b\r\n")],
  ["huge headers", () => get("/callback", `Host: x\r\nX: ${"x".repeat(100_000)}\r\n`)],
  ["many headers", () => get("/callback", `Host: x\r\n${"X: y\r\n".repeat(10_000)}`)],
  ["a long path", () => get(`/${"x".repeat(100_000)}`)],
  [
    "another method",
    () => get(`/callback?code=x&state=${authorizer.state}`).replace("GET", "POST"),
  ],
  ["a tunnel", () => "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"],
  ["TLS", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"],
  ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["no HTTP", () => "hello\r\n\r\n"],
  ["no state", () => get("/callback?code=x")],
  ["another state", () => get("/callback?code=x&state=other")],
  ["a longer state", () => get(`/callback?code=x&state=${authorizer.state}x`)],
  ["two states", () => get(`/callback?code=x&state=${authorizer.state}&state=${authorizer.state}`)],
  ["two codes", () => get(`/callback?code=x&code=y&state=${authorizer.state}`)],
];

describe("a request that is not the browser's", () => {
  test.each(MALFORMED)("%s: 400, and the login goes on", async (_what, bytes) => {
    expect(await send(bytes())).toMatch(/^HTTP\/1\.1 400 /);
    await logIn();
  });

  test("whatever bytes come, the login goes on", async () => {
    const line = fc.string({ unit: "binary-ascii", maxLength: 60 });
    const target = fc.oneof(
      line,
      line.map((rest) => `/${rest}`),
      line.map((rest) => `//${rest}`),
      line.map((rest) => `/callback?${rest}`),
      fc.webUrl(),
    );
    const bytes = fc.oneof(
      line.map((text) => `${text}\r\n\r\n`),
      target.map((path) => get(path)),
      fc.tuple(target, line).map(([path, header]) => get(path, `${header}\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        expect(await send(`${given}\r\n\r\n`)).not.toMatch(/ 200 /);
      }),
      { numRuns: 200 },
    );
    await logIn();
  });
});

test("connections that send nothing, and more than a browser has, keep nobody from logging in", async () => {
  const port = Number(new URL(authorizer.redirectUrl).port);
  const idle = Array.from({ length: 40 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await logIn();
  for (const socket of idle) socket.destroy();
});

test("a state counts once", async () => {
  const { state } = authorizer;
  await logIn();
  expect(await send(get(`/callback?code=again&state=${state}`))).toMatch(/ 400 /);
  await authorizer.show(new URL("https://login.example/authorize"));
  expect(authorizer.state).not.toBe(state);
  expect(await send(get(`/callback?code=again&state=${state}`))).toMatch(/ 400 /);
  await logIn();
});

test("before an address is shown, nothing is a login", async () => {
  await using fresh = await LoopbackAuthorizer.listen(() => {});
  const response = await fetch(`${fresh.redirectUrl}?code=x&state=${fresh.state}`);
  expect(response.status).toBe(400);
});

test.each([
  ["another issuer", "&iss=https://evil.example", { ...ISSUER }],
  ["no issuer, from one that always names itself", "", { ...ISSUER, named: true }],
  ["an empty issuer", "&iss=", { ...ISSUER }],
])("an answer with %s is none", async (_what, extra, expected) => {
  const code = authorizer.code(expected).catch((error: Error) => error.message);
  expect(await send(get(`/callback?code=x&state=${authorizer.state}${extra}`))).toMatch(/ 200 /);
  expect(await code).toContain("not by https://login.example");
});

test("an answer with the right issuer is one", async () => {
  const code = authorizer.code({ ...ISSUER, named: true });
  await send(get(`/callback?code=x&state=${authorizer.state}&iss=https://login.example/`));
  expect(await code).toBe("x");
});

test("when it ends, the port is closed, and open requests are ended", async () => {
  const { redirectUrl } = authorizer;
  const hanging = request(redirectUrl, { method: "POST" });
  const ended = new Promise((resolve) => hanging.on("error", resolve).on("close", resolve));
  hanging.write("x");
  await authorizer[Symbol.asyncDispose]();
  await ended;
  await expect(fetch(redirectUrl)).rejects.toThrow();
  authorizer = await LoopbackAuthorizer.listen(() => {});
});
