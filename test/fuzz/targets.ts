/** Fuzz targets: what a hostile worker can send, what a hostile program can be, and what a hostile server can list. */
import { readdirSync, readFileSync } from "node:fs";
import { duplexPair } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseExpressionAt } from "acorn";
import * as fc from "fast-check";
import { CompileError } from "../../src/compile/compile-error.ts";
import { compile } from "../../src/compile/compile.ts";
import { DeadlineError, withDeadline } from "../../src/compile/deadline.ts";
import { ProtocolError } from "../../src/placement/channel/fields.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { readToHost, readToWorker } from "../../src/placement/channel/read-message.ts";
import { writeToHost } from "../../src/placement/channel/write-message.ts";
import { CodecellError, DEFAULT_LIMITS } from "../../src/index.ts";
import {
  END,
  type FakeWorker,
  fakeWorker,
  FORGED,
  HEADS_TO_HOST,
  isSane,
  runIn,
} from "../support/fake-worker.ts";
import { oneLine, printable } from "../../src/core/one-line.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import { atOnce } from "../../src/core/turns.ts";
import { createCatalogue } from "../../src/tools/live-catalogue.ts";
import { sanitizeTools } from "../../src/tools/sanitize-tools.ts";
import type { ToolInfo } from "../../src/tools/tool.ts";

const CAP = 1_000;
const HOSTILE = fileURLToPath(new URL("../../fixtures/hostile/", import.meta.url));

function frame(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** The messages in `bytes`, as the format says: the plainest decoder that there can be. */
function reference(bytes: Buffer): { messages: string[]; refused: boolean } {
  const messages: string[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (length > CAP) return { messages, refused: true };
    if (at + 4 + length > bytes.length) break;
    messages.push(bytes.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { messages, refused: false };
}

const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((body) => Buffer.from(body)),
      fc.uint8Array({ maxLength: 1_100 }).map((body) => frame(Buffer.from(body))),
      fc.json().map((json) => frame(Buffer.from(`[${json}]\n${json}`))),
    ),
  )
  .map((parts) => Buffer.concat(parts));

function readEither(message: string): void {
  for (const read of [readToHost, readToWorker]) {
    try {
      read(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** Any bytes in any pieces: the decoder agrees with the reference, and reading messages throws nothing but ProtocolError. */
export const frameDecoder = fc.asyncProperty(bytes, fc.array(fc.nat(2_000)), async (sent, cuts) => {
  const [raw, end] = duplexPair();
  const channel = new FramedChannel(end, CAP);
  const received: string[] = [];
  channel.onMessage((message) => {
    received.push(message);
    readEither(message);
  });
  let at = 0;
  for (const cut of cuts) raw.write(sent.subarray(at, (at += cut)));
  raw.write(sent.subarray(at));
  await new Promise((resolve) => setImmediate(resolve));
  const expected = reference(sent);
  if (JSON.stringify(received) !== JSON.stringify(expected.messages))
    throw new Error(`received ${received.length} messages, not ${expected.messages.length}`);
  if (end.destroyed !== expected.refused)
    throw new Error(
      expected.refused ? "a frame over the cap was borne" : "a good stream was refused",
    );
  raw.destroy();
  end.destroy();
});

/** What the host asks of a worker before the worker sends what it likes. */
const QUESTIONS: Readonly<Record<string, (worker: FakeWorker) => Promise<unknown>>> = {
  nothing: async () => undefined,
  "a run": ({ client }) => runIn(client),
  "a VM": ({ client }) => client.open(DEFAULT_LIMITS, {}),
  "a VM, and a save": async (worker) => {
    await openVm(worker);
    return await worker.client.save();
  },
  "a VM, and its end": async (worker) => {
    await openVm(worker);
    worker.client.end();
  },
};

async function openVm({ client, send }: FakeWorker): Promise<void> {
  const opening = client.open(DEFAULT_LIMITS, {});
  send('["opened"]\n');
  await opening;
}

const forgedMessage = fc
  .tuple(
    fc.constantFrom(...HEADS_TO_HOST, "[]", ""),
    fc.oneof(fc.constantFrom(...FORGED), fc.json()),
    fc.constantFrom("", "1", '"body"', "~{", "\u0001".repeat(3_000)),
  )
  .map(([head, forged, body]) => `${head.replaceAll("_", forged)}\n${body}`);

/**
 * Messages with fields of wrong types, with own `toString` and `valueOf`, nests and floods, whatever the host has asked: the host goes on,
 * and all that it reports is sane.
 */
export const workerMessages = fc.asyncProperty(
  fc.constantFrom(...Object.keys(QUESTIONS)),
  fc.array(fc.tuple(forgedMessage, fc.constantFrom(1, 1, 2, 30)), { maxLength: 4 }),
  async (question, floods) => {
    const worker = await fakeWorker();
    const asked = Promise.allSettled([QUESTIONS[question]!(worker)]);
    await wait(0);
    for (const [message, times] of floods)
      worker.send(...Array.from({ length: times }, () => message));
    worker.send(END, writeToHost({ type: "refused", error: { code: "internal", message: "no" } }));
    await wait(0);
    worker.client.kill();
    const [answer] = await asked;
    if (answer.status === "rejected" && !CodecellError.is(answer.reason)) throw answer.reason;
    if (answer.status === "fulfilled" && !isSane(answer.value, -2))
      throw new Error("what the host reports is not sane");
  },
);

const corpus = readdirSync(HOSTILE, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.[jt]s$/.test(file))
  .map((file) => readFileSync(HOSTILE + file, "utf8"))
  .filter((source) => source.length < 4_000);
const fragments = [
  ..."(){}[]<>;,.:?!`'\"/\\\n=+-*&|^~@#$",
  ...[
    "=>",
    "...",
    "${",
    "*/",
    "/*",
    "//",
    "<!--",
    "-->",
    "```",
    "```ts\n",
    "\u2028",
    "\0",
    "\ud800",
  ],
  ...[
    "async ",
    "await ",
    "function ",
    "class ",
    "import ",
    "export default ",
    "return ",
    "using ",
    "enum ",
    "type ",
  ],
  ...[
    "as any",
    "satisfies T",
    "<T,>",
    "?.",
    "??",
    "#x",
    "static {",
    "yield ",
    "new.target",
    "import.meta",
  ],
];
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...fragments) },
  fc
    .constantFrom(...corpus)
    .chain((source) =>
      fc
        .tuple(fc.nat(source.length), fc.nat(200))
        .map(([at, length]) => source.slice(at, at + length)),
    ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
const source = fc
  .tuple(
    fc.constantFrom("", ...corpus),
    fc.array(fc.tuple(fc.nat(), fc.nat(30), piece), { maxLength: 6 }),
  )
  .map(([seed, edits]) => {
    let text = seed;
    for (const [position, removed, added] of edits) {
      const at = position % (text.length + 1);
      text = text.slice(0, at) + added + text.slice(at + removed);
    }
    return text;
  });

/**
 * Any text: it compiles, or it is refused with a CompileError, or its time is up. What it compiles to is one function
 * and nothing beside it: a program that could end its own wrapper would run before its limits hold.
 */
export const programCompiler = fc.property(source, (text) => {
  let code: string;
  try {
    ({ code } = withDeadline(1_000, () => compile(text, { sourceBytes: 100_000 })));
  } catch (error) {
    if (error instanceof CompileError || error instanceof DeadlineError) return;
    throw error;
  }
  const expression = parseExpressionAt(code, 0, {
    ecmaVersion: "latest",
    allowHashBang: false,
  });
  if (expression.type !== "ParenthesizedExpression" && expression.type !== "FunctionExpression")
    throw new Error(`compiled to a ${expression.type}`);
  if (code.slice(expression.end).replace(/^\)?;?\s*$/, "") !== "")
    throw new Error("something stands beside the program's function");
});

const word = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "A",
    "x",
    "$ref",
    "type",
    "__proto__",
    "then",
    "*/",
    "\u202e",
    "\n",
    "字",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const pointer = fc
  .array(fc.constantFrom("#", "$defs", "properties", "a", "b", "x", "..", "%"), { maxLength: 4 })
  .map((steps) => steps.join("/"));
const { schema } = fc.letrec<{ schema: unknown }>((tie) => {
  const schemas = fc.dictionary(word, tie("schema"), { maxKeys: 4 });
  const list = fc.array(tie("schema"), { maxLength: 4 });
  const types = fc.constantFrom("string", "object", "array", "null", "widget");
  const keywords = fc.record(
    {
      type: fc.oneof(types, fc.array(types, { maxLength: 4 })),
      description: word,
      properties: schemas,
      patternProperties: schemas,
      additionalProperties: tie("schema"),
      required: fc.array(word, { maxLength: 6 }),
      items: fc.oneof(tie("schema"), list),
      prefixItems: list,
      anyOf: list,
      allOf: list,
      oneOf: list,
      enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 }),
      const: fc.jsonValue({ maxDepth: 1 }),
      default: fc.jsonValue({ maxDepth: 1 }),
      $ref: pointer,
      $anchor: word,
      $defs: schemas,
      nullable: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  return {
    schema: fc.oneof({ maxDepth: 4 }, fc.boolean(), fc.jsonValue({ maxDepth: 2 }), keywords),
  };
});
const listing = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
    {
      weight: 6,
      arbitrary: fc.record(
        {
          name: fc.oneof(
            word,
            fc.tuple(word, word).map((words) => words.join("-")),
          ),
          title: word,
          description: fc.oneof(word, fc.jsonValue({ maxDepth: 1 })),
          inputSchema: schema,
          outputSchema: schema,
          annotations: fc.jsonValue({ maxDepth: 1 }),
        },
        { requiredKeys: ["name"] },
      ),
    },
  ),
  { maxLength: 8 },
);

/**
 * Any list: its tools have names and files of their own, each has a declaration, all of it is safe to print, and a second
 * list of the same changes nothing.
 */
export const serverListing = fc.asyncProperty(listing, word, async (list, query) => {
  const server = {
    name: "s",
    warnings: [],
    list: async () => structuredClone(list) as ToolInfo[],
    call: async () => undefined,
  };
  await using catalogue = await createCatalogue([server]);
  const discovery = new Discovery(catalogue);
  const tools = await discovery.listTools("s", { detail: "full" });
  const names = new Set(tools.map(({ name }) => name));
  if (names.size !== catalogue.servers[0]!.tools.length) throw new Error("two tools of one name");
  for (const { call, declaration = "" } of tools) {
    if (!declaration.includes("declare function ")) throw new Error("no declaration");
    if (declaration !== printable(declaration) || call !== oneLine(call))
      throw new Error(`not safe to print: ${JSON.stringify(declaration)}`);
  }
  await discovery.listTools("s", { detail: "parameters" });
  await discovery.searchTools(query);
  const files = new Set<string>();
  for await (const [path, text] of discovery.tree.files()) {
    if (files.has(path.toLowerCase())) throw new Error(`two files ${path}`);
    if (text !== printable(text)) throw new Error(`not safe to print: ${path}`);
    if (path.split("/").some((step) => Buffer.byteLength(step) > 255 || /^\.{0,2}$/.test(step)))
      throw new Error(`no name of a file: ${path}`);
    files.add(path.toLowerCase());
  }
  const before = new Map(catalogue.servers[0]!.tools.map((info) => [info.name, info]));
  if (atOnce(sanitizeTools("s", structuredClone(list), before)).hasChanged)
    throw new Error("the same list counts as another");
});
