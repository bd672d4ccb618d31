/** Rules for the sources: where a new site of a fault that once was there would stand. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** `file: line` for every line of the files that has `pattern`. */
function found(files: string, pattern: RegExp): string[] {
  return globSync(files, { cwd: SRC }).flatMap((file) =>
    readFileSync(join(SRC, file), "utf8")
      .split("\n")
      .filter((line) => pattern.test(line) && !/^\s*(?:\*|\/[/*])/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

test("the failure of a server, with its stderr, is read by what reports to its host only", () => {
  const readers = found("**/*.ts", /\bfailure\b/)
    .map((line) => line.split(":")[0]!)
    .filter((file) => /^(?:agent|serve|discovery|policy|run)\//.test(file));
  // Words of other things: results of calls, answers over HTTP.
  const others =
    /^(?:run\/(?:bridge|verdict|encode-result|recorded-calls|discovery-calls|parse-call|kept\/copy-value)|serve\/(?:mcp\/http-handler|http\/openapi))\.ts$/;
  expect(new Set(readers.filter((file) => !others.test(file)))).toEqual(new Set());
  expect(
    new Set(found("**/*.ts", /stderrTail|postMortem/).map((line) => line.split(":")[0])),
  ).toEqual(
    new Set([
      "tools/mcp/connection.ts",
      "tools/mcp/failure.ts",
      "tools/mcp/link.ts",
      "tools/mcp/stdio.ts",
    ]),
  );
});

test("what is printed, or written as TypeScript, goes through one function", () => {
  expect(found("cli/*.ts", /JSON\.stringify/)).toEqual([]);
  // Becomes the text of a comment.
  expect(found("discovery/types/*.ts", /JSON\.stringify/)).toHaveLength(1);
  expect(found("agent/search-answer.ts", /JSON\.stringify/)).toEqual([]);
});

test("no JSON of a server is parsed before it was measured", () => {
  const parsing = found("tools/mcp/*.ts", /JSON\.parse|parseExact\(|\.json\(\)/).map(
    (line) => line.split(":")[0],
  );
  expect(parsing.toSorted()).toEqual([
    "tools/mcp/content.ts", // after breachOfShape
    "tools/mcp/error-data.ts", // what was parsed before, and measured again
    "tools/mcp/exact-message.ts", // after JsonScan or scanJson
    "tools/mcp/exact-message.ts", // the same
    "tools/mcp/message.ts", // the id in 300 bytes
    "tools/mcp/sliced-lists.ts", // after JsonScan, without the lists
    "tools/mcp/sliced-lists.ts", // a piece of a list
  ]);
});

test("requests to servers have our signal and our limits, and their answers the one reader", () => {
  const files = (pattern: RegExp): string[] =>
    found("tools/mcp/*.ts", pattern).map((line) => line.split(":")[0]!);
  // A signal that outlives its request cancels it when it is answered.
  expect(new Set(files(/lient\.request\(/))).toEqual(
    new Set(["tools/mcp/client-upstream.ts", "tools/mcp/link.ts"]),
  );
  // The SDK's code for its time-outs: a server may send it too.
  expect(files(/RequestTimeout|-32_?001/)).toEqual([]);
  // `fetch` of Node has limits of its own.
  expect(files(/(?<![\w.])fetch\(/)).toEqual(["tools/mcp/patient-fetch.ts"]);
  expect(files(/makeTransport\(|new (?:Stdio|SSEClient|StreamableHTTPClient)Transport/)).toEqual([
    "tools/mcp/link.ts",
    "tools/mcp/transport.ts",
    "tools/mcp/transport.ts",
    "tools/mcp/transport.ts",
    "tools/mcp/transport.ts",
  ]);
});

test("what tools answer as JSON is parsed without a loss of digits, and no BigInt meets JSON.stringify", () => {
  expect(found("tools/mcp/{content,exact-answers}.ts", /JSON\.parse/)).toEqual([]);
  expect(found("engine/guest/fetch.ts", /JSON\.parse|parseJson/)).toEqual([]);
  expect(found("tools/mcp/content.ts", /JSON\.stringify/)).toEqual([
    expect.stringContaining('typeof part === "string" ? part : JSON.stringify(part)'), // a part that is no object
  ]);
});

test("what the dialects of JSON Schema say otherwise is read in one place, for the check and for the types", () => {
  const reads = /nullable"|[{.] ?\$schema|"\$schema"\]/; // a list of keywords names it too
  const readers = found("{tools,policy,discovery,discovery/types}/*.ts", reads);
  expect(new Set(readers.map((line) => line.split(":")[0]))).toEqual(new Set(["tools/dialect.ts"]));
  for (const file of [
    "tools/safe-schema.ts",
    "tools/type-text.ts",
    "discovery/types/schema-pass.ts",
  ])
    expect(found(file, /(?:=|\(|return) ?inOneDialect\(/)).not.toEqual([]);
});

test("lists of servers are not searched for each of their entries", () => {
  const searching = /(?<!this)\.(?:find|findIndex|includes|indexOf)\(/;
  expect(
    found(
      "tools/{live-catalogue,catalogue-entries,catalogue-entry,names,first-free,sanitize-tools}.ts",
      searching,
    ),
  ).toEqual([expect.stringContaining("names.find((name) => seen.size === seen.add(name).size)")]);
  expect(found("discovery/types/{type-names,schema-pass}.ts", searching).length).toBeLessThan(4);
});

test("what a client accepts is read in one place, and nothing it is refused with is plain text", () => {
  const accepting = found("serve/**/*.ts", /get\("accept"\)/i).map((line) => line.split(":")[0]);
  expect(new Set(accepting)).toEqual(
    new Set(["serve/http/event-stream.ts", "serve/mcp/response-form.ts"]), // both ask http/accept.ts
  );
  expect(found("serve/**/*.ts", /context\.text\(|status(?:Code)?: [45]\d\d/)).toEqual([]);
});

test("waits for what a program left behind end with its abort", () => {
  // Without a signal only the moment in which aborted work is to stop, and what objects get to close.
  expect(found("run/*.ts", /\bsetTimeout\(/)).toEqual([]);
  expect(found("run/*.ts", /waitFor\((?!.*signal)/)).toHaveLength(2);
});
