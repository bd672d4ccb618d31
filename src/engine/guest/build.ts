/** Bundles the prelude into one script and writes it as the string module `source.ts`. Run by `npm run bundle`. */
import { writeFileSync } from "node:fs";
import { buildSync } from "esbuild";

const folder = new URL(".", import.meta.url);
const { outputFiles } = buildSync({
  entryPoints: [new URL("main.ts", folder).pathname],
  bundle: true,
  format: "iife",
  globalName: "guest",
  target: "es2023",
  minifyWhitespace: true,
  minifySyntax: true,
  charset: "ascii",
  write: false,
});
// An expression: a function that takes the host port, boots the VM and returns its two entry points.
const script = `(function(send){"use strict";${outputFiles[0]!.text.trim()}return guest.boot(send)})`;
writeFileSync(
  new URL("source.ts", folder),
  `/** The guest prelude as one script; made by build.ts. */\nexport const GUEST_SOURCE: string = ${JSON.stringify(script)};\n`,
);
console.log(`guest prelude: ${script.length} bytes`);
