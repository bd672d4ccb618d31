/** Which values are secrets, and that these, and only these, are taken out of what comes from outside. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { AnswerRedactor } from "../../src/tools/fetch/redact-answer.ts";
import { redactor } from "../../src/tools/redact.ts";
import { secretsOf } from "../../src/tools/secrets.ts";
import { loopDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { ENCODINGS, secret } from "../support/echoes.ts";

function secretsIn(entry: object, environment: Record<string, string> = {}): readonly string[] {
  return checkServers({ box: entry }, "mcpServers", environment)["box"]!.secrets;
}

const env = (name: string, value: string): readonly string[] =>
  secretsIn({ command: "x", env: { [name]: value } });

describe("what is a secret", () => {
  const SECRETS: readonly (readonly [name: string, value: string])[] = [
    ["API_KEY", "hunter2hunter2"],
    ["apiKey", "abcdef"],
    ["GITHUB_TOKEN", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["githubtoken", "a-b-c-d"],
    ["DB_PASSWORD", "swordfish"],
    ["DB_PASSWORD", "correct horse battery staple"],
    ["MY_SECRET_2", "x1x1x1"],
    ["TOKEN_FOR_BOX", "box-box-1"],
    ["AUTH_URL", "https://login.example.com/x/a8f5f167f44f4964e6c998dee827110c"],
    ["AUTH_HEADER", "one-two-three-and-four"],
    ["ANYTHING", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["ANYTHING", "550e8400-e29b-41d4-a716-446655440000"],
  ];
  test.each(SECRETS)("%s=%s", (name, value) => expect(env(name, value)).toContain(value));

  const ORDINARY: readonly (readonly [name: string, value: string])[] = [
    ["LOG_LEVEL", "error"],
    ["LOG_LEVEL", "information"],
    ["NODE_ENV", "production"],
    ["AUTH_MODE", "password"],
    ["AUTH_MODE", "client_credentials"],
    ["AUTH_URL", "https://login.example.com/oauth2"],
    ["KEY_TYPE", "ed25"],
    ["API_KEY_HEADER", "X-Api-Key"],
    ["PASS_THROUGH", "application/json"],
    ["SSH_AUTH_SOCK", "/run/user/1000/ssh"],
    ["MAX_TOKENS", "128000"],
    ["TOKEN", "none"],
    ["PORT", "30000"],
    ["AWS_REGION", "eu-west-1"],
    ["BASE_URL", "https://api.example.com/v1/users"],
    ["MODEL", "claude-sonnet-4-20250514"],
    ["SINCE", "2026-01-02T03:04:05.678Z"],
    ["GREETING", "hello to everyone out there"],
    ["MONKEY", "bananas-2"],
    ["GIT_AUTHOR_NAME", "Jane Doe"],
  ];
  test.each(ORDINARY)("not %s=%s", (name, value) => expect(env(name, value)).toEqual([]));

  test("what comes from a variable, but for words, addresses and paths", () => {
    const entry = { command: "x", args: ["${A}", "${B}", "${C}", "${D}", "${E}", "${F_KEY}"] };
    const environment = {
      A: "error",
      B: "/home/jane/projects/app",
      C: "https://api.example.com:8080/v1",
      D: "eu-west-1",
      E: "not-a-single-known-name",
      F_KEY: "abcdef",
    };
    expect(secretsIn(entry, environment)).toEqual(["not-a-single-known-name", "abcdef"]);
  });

  test("parts of headers, addresses and arguments", () => {
    const basic = `Basic ${Buffer.from("me:p4ssw0rd").toString("base64")}`;
    const entry = {
      url: "https://u:pa%21sword1@h.example/s/a1B2c3D4e5F6g7H8/mcp?token=abc-123-def&page=2",
      headers: {
        Accept: "application/json",
        Authorization: basic,
        Cookie: "session=s3ss10n; theme=dark",
        "X-Tenant": "acme",
        "X-Format": "application/vnd.box+json",
        "X-RapidAPI-Host": "box.p.rapidapi.com",
      },
    };
    const found = secretsIn(entry);
    for (const part of ["pa!sword1", "a1B2c3D4e5F6g7H8", "abc-123-def", "p4ssw0rd", "s3ss10n"])
      expect(found).toContain(part);
    const words = ["application/json", "dark", "acme", "Basic", "2", "u"];
    for (const word of [...words, "application/vnd.box+json", "box.p.rapidapi.com"])
      expect(found).not.toContain(word);
    const args = ["--api-key", "k-e-y-1", "--token=t0ken-of", "--level", "warning", "-v"];
    expect(secretsIn({ command: "x", args })).toEqual(["k-e-y-1", "t0ken-of"]);
    expect(secretsIn({ command: "x", env: { DB: "postgres://me:sw0rdfish@db/x" } })).toEqual([
      "sw0rdfish",
    ]);
  });
});

const word = fc.stringMatching(/^[A-Z]?[a-z]{0,11}$/);

describe("in every text", () => {
  test("ordinary words are never redacted, whatever the configuration is called", () => {
    const name = fc.oneof(
      fc.constantFrom("LOG_LEVEL", "MODE", "AUTH_TYPE", "KEY_KIND", "TOKEN_TTL", "REGION"),
      fc.stringMatching(/^[A-Z]{1,8}(_(LEVEL|MODE|NAME|TYPE|ID|URL))?$/),
    );
    const value = fc.oneof(
      word,
      word.map((text) => text.toUpperCase()),
      fc.nat(999_999_999).map(String),
      fc.constantFrom("true", "false", "null", "none", "debug", "info", "warning", "error"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.lorem(), (variables, text) => {
        const pairs = variables.filter(
          ([key]) => !/(KEY|TOKEN|SECRET|PASS|PWD|PW|AUTH|PAT|SIG|JWT)$/.test(key),
        );
        const environment = Object.fromEntries(pairs);
        const args = Object.keys(environment).map((key) => `\${${key}}`);
        const secrets = secretsIn({ command: "x", args, env: environment }, environment);
        const all = `${text} ${Object.values(environment).join(" ")}`;
        expect(redactor(secrets)(all)).toBe(all);
      }),
      { numRuns: 500 },
    );
  });

  test("a secret is never left, however it is encoded and whatever is around it", () => {
    const around = fc.string({ unit: "binary", maxLength: 8 });
    fc.assert(
      fc.property(secret, ENCODINGS, around, around, (given, encode, before, after) => {
        const secrets = secretsOf([{ name: "TOKEN", value: given }]);
        const echoed = encode(given);
        const left = redactor(secrets)(before + echoed + after);
        expect(left).not.toContain(echoed);
        expect(left).toContain("[redacted]");
      }),
      { numRuns: 2_000 },
    );
  });

  test("nor in bytes, in slices or not", async () => {
    const filler = fc.integer({ min: 65_400, max: 65_700 });
    await fc.assert(
      fc.asyncProperty(
        secret,
        ENCODINGS,
        filler,
        fc.boolean(),
        async (given, encode, size, wide) => {
          const echoed = encode(given);
          const encoding = wide ? "utf16le" : "utf8";
          const text = `${"-".repeat(size)}${echoed}${"-".repeat(size)}${echoed}`;
          const left = await new AnswerRedactor([given]).bytes(Buffer.from(`ÿ${text}`, encoding));
          expect(Buffer.from(left).includes(Buffer.from(echoed, encoding))).toBe(false);
          expect(
            Buffer.from(left)
              .toString("latin1")
              .match(/\[redacted\]/g),
          ).toHaveLength(2);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test("nothing is taken out but the secret itself", () => {
  const redact = redactor(["hunter2hunter2"]);
  expect(redact("token hunter2hunter2\r\nfatal: out of cheese\n")).toBe(
    "token [redacted]\r\nfatal: out of cheese\n",
  );
  expect(redact("\\n%68unter2\nhunter2\\\\n\0&amp;")).toBe("\\n[redacted]\\\\n\0&amp;");
});

test("a piece of a secret is left: else a program could find it piece by piece, with guesses that a server echoes", () => {
  const redact = redactor(["abcdefgh12345678"]);
  expect(redact("abcdefgh1234567 bcdefgh12345678 ABCDEFGH12345678")).toBe(
    "abcdefgh1234567 bcdefgh12345678 [redacted]",
  );
});

test("texts without secrets are searched in slices", async () => {
  const answers = new AnswerRedactor(
    Array.from({ length: 20 }, (_, index) => `s3cret-number-${index}-of-this-host`),
  );
  for (const unit of ["x", "\\", "%7", "&amp;", "\r\n", "x ", "s3cret-number-"]) {
    const bytes = Buffer.from(unit.repeat(4_000_000 / unit.length));
    const { value, delayMs } = await loopDelay(() => answers.bytes(bytes));
    expect(value).toBe(bytes);
    expect(delayMs, unit).toBeLessThan(MAX_DELAY_MS);
  }
});
