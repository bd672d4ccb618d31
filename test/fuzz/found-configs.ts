/** Whatever a config file holds that was only found, it is refused, or it weakens nothing, trusted or not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { foundConfig } from "../../src/cli/trust/found-config.ts";
import { CodecellError, DEFAULT_LIMITS, type Limits } from "../../src/index.ts";

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  placement: fc.constantFrom("auto", "sandbox", "process", "thread", "inline"),
  engine: fc.constantFrom("v8", "quickjs", "./engine.js"),
  network: fc.constantFrom({}, { allow: ["*"] }),
  sandbox: fc.constantFrom({}, { read: ["/"] }),
  workers: fc.constantFrom({}, { max: 1_000 }),
  learn: fc.oneof(fc.boolean(), fc.string()),
  limits: fc.dictionary(
    fc.constantFrom(...Object.keys(DEFAULT_LIMITS), "constructor"),
    fc.integer({ min: 0, max: 2 ** 33 }),
    { maxKeys: 2 },
  ),
  mcp: fc.dictionary(fc.constantFrom("maxResultChars", "names", "toString"), fc.nat(100_000)),
  serve: fc.constantFrom({}, { port: 1 }),
  sessions: fc.constantFrom({}, { store: "sqlite:x" }),
};

/** Few at a time: most are refused, and with them all that stands beside them. */
const settings = fc
  .array(
    fc
      .constantFrom(...Object.keys(VALUES))
      .chain((name) =>
        fc.tuple(
          fc.constant(name),
          fc.oneof({ weight: 3, arbitrary: VALUES[name]! }, fc.jsonValue()),
        ),
      ),
    { maxLength: 2 },
  )
  .map((entries) => Object.fromEntries(entries) as object);
const server = fc.dictionary(
  fc.constantFrom("command", "args", "env", "url", "headers", "oauth", "cwd", "roots"),
  fc.oneof(fc.string(), fc.jsonValue()),
);
const servers = fc.dictionary(fc.string({ unit: "binary" }), fc.oneof(server, fc.jsonValue()));
const text = fc.oneof(
  { weight: 4, arbitrary: settings.map((codecell) => JSON.stringify({ codecell })) },
  {
    weight: 4,
    arbitrary: fc
      .record(
        { mcpServers: servers, servers, codecell: fc.oneof(settings, fc.jsonValue()) },
        { requiredKeys: [] },
      )
      .map((config) => JSON.stringify(config)),
  },
  { weight: 1, arbitrary: fc.json({ stringUnit: "binary" }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

export const foundConfigs = fc.asyncProperty(text, async (content) => {
  const folder = mkdtempSync(join(tmpdir(), "codecell-fuzz-"));
  try {
    const file = join(folder, ".mcp.json");
    writeFileSync(file, content);
    const { settings: set = {} } = await foundConfig(file, { trust: true, mayAsk: false });
    if (weakens(set)) throw new Error(`it weakens something: ${JSON.stringify(set)}`);
  } catch (error) {
    if (!CodecellError.is(error) || error.code !== "config_error") throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function weakens(set: Readonly<Record<string, unknown>>): boolean {
  const { placement = "auto", engine = "v8", learn = false, limits = {} } = set;
  return (
    !["auto", "sandbox"].includes(placement as string) ||
    !["v8", "quickjs"].includes(engine as string) ||
    typeof learn !== "boolean" ||
    ["network", "sandbox", "workers", "serve", "sessions"].some((name) => name in set) ||
    Object.entries(limits as Limits).some(
      ([name, value]) => !(value <= DEFAULT_LIMITS[name as keyof Limits]),
    )
  );
}
