import { CodecellError, messageOf } from "../../core/errors.ts";
import { otherRuntime } from "../../core/node-version.ts";

const OTHERWISE = "or use engine 'quickjs', which needs nothing native";

/** Why isolated-vm cannot be loaded, and what installs the one for this Node. */
export function unavailable(error: unknown): CodecellError {
  const { version, range } = isolatedVmFor(process.versions.node);
  const reason = messageOf(error).split("\n", 1)[0]!;
  return new CodecellError(
    "engine_unavailable",
    `the v8 engine needs isolated-vm ${version} on Node ${process.versions.node}: ${reason}`,
    {
      hint: `Run \`npm install isolated-vm@${range}\` (prebuilt for Linux, macOS arm64 and Windows x64), ${OTHERWISE}.`,
      cause: error,
    },
  );
}

/** Its addon is made for V8 inside of Node: Bun has no V8, and that of Deno has no place for addons. @throws CodecellError `engine_unavailable` */
export function refuseOtherRuntimes(): void {
  const here = otherRuntime();
  if (here === undefined) return;
  throw new CodecellError(
    "engine_unavailable",
    `the v8 engine needs Node, and this is ${here}, which cannot load isolated-vm`,
    { hint: `Use engine 'quickjs' (engine: "quickjs", --engine quickjs), or run this with Node.` },
  );
}

/** Each version of isolated-vm has the addons of a few versions of Node. */
function isolatedVmFor(node: string): { readonly version: string; readonly range: string } {
  return Number.parseInt(node, 10) < 24
    ? { version: "6.2", range: "^6.2.0" }
    : { version: "7", range: "^7.0.1" };
}
