/** Promises that a program used as if it had awaited them: each is a warning in the logs, with its line, and explains what fails of it. */
import type { Failure } from "../core/errors.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import { cutText } from "../core/utf8.ts";
import type { Host } from "./engine.ts";
import { locate } from "./guest-failure.ts";

/** Warnings of one run. */
const MAX_TOLD = 20;
const MAX_NAME = 200;
const MAX_KEY = 100;
const MAX_TEXT = 10_000;

/** How the guest names a symbol that was looked for, or a method that something else than the program calls. */
const HOW: Readonly<Record<string, string | undefined>> = {
  __proto__: null,
  "Symbol(Symbol.iterator)": "iterates over",
  "Symbol(Symbol.asyncIterator)": "iterates over",
  "Symbol(Symbol.dispose)": "disposes of",
  "Symbol(Symbol.asyncDispose)": "disposes of",
  "Symbol(Symbol.toPrimitive)": "makes a text or a number of",
  toString: "makes a text of",
  toJSON: "makes JSON of",
} as never;

/** Uses of promises in one run. All texts are the program's. */
export class UnawaitedUses {
  readonly #told = new Set<string>();
  #count = 0;
  #hint: string | undefined;

  /** @param text what was read of the promise, and after a line break the stack */
  noted(
    name: string,
    text: string,
    parts: { readonly program: Program; readonly names: NameTable; readonly host: Host },
  ): undefined {
    if (++this.#count > MAX_TOLD) return;
    const { program, names, host } = parts;
    const end = text.indexOf("\n");
    const key = text.slice(0, Math.max(0, end));
    const { line } = locate(text.slice(end + 1, MAX_TEXT), program);
    const where = line === undefined ? "the program" : `line ${line}`;
    const how = HOW[key] ?? `reads .${cutText(key, MAX_KEY)} of`;
    const { what, write } = described(name, names);
    const warning = `codecell: ${where} ${how} ${what}, which was not awaited: write \`${write}\` first`;
    this.#hint = `In ${where} a promise is used as if it were its value: write \`${write}\`, and use that.`;
    if (this.#told.has(warning)) return;
    this.#told.add(warning);
    host.log({ level: "warn", text: warning });
  }

  /** The failure of a program with what it is most likely a consequence of. */
  explain(error: Failure): Failure {
    if (this.#hint === undefined || error.code !== "program_error" || error.name !== "TypeError")
      return error;
    return { hint: this.#hint, ...error };
  }
}

/** What gave the promise, and the line that is right. */
function described(name: string, { servers }: NameTable): { what: string; write: string } {
  const [server = "", tool = ""] = name.split("\n", 2);
  if (tool === "") return { what: "a promise", write: "const value = await promise" };
  if (server === "") {
    const asked = cutText(tool, MAX_NAME);
    return { what: `the result of ${asked}`, write: `const value = await ${asked}()` };
  }
  const what = `the result of ${cutText(`${server}.${tool}`, MAX_NAME)}`;
  const found = servers.find((each) => each.name === server);
  const known = found?.tools.find((each) => each.name === tool);
  if (known === undefined) return { what, write: "const value = await promise" };
  return { what, write: `const value = await tools.${found!.alias}.${known.alias}({})` };
}
