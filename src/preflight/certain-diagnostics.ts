/**
 * Diagnostics of what fails whenever a program comes to it. Only these refuse a program whose owner did not ask for a type check: a
 * program that runs must not be refused for what JavaScript converts, for a text that is one of a list after all, or
 * for an error that it catches.
 */
import type { InspectedProgram, InspectedUse } from "../compile/program-uses.ts";
import { type Failure, messageOf } from "../core/errors.ts";
import { ASK } from "../core/names.ts";
import { placedTools, serversSpelled } from "../core/spelling.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { parametersOf } from "../tools/parameters.ts";
import type { ToolInfo } from "../tools/tool.ts";
import { arrangedUse } from "./arranged-uses.ts";
import { callForms, isCalledPlainly } from "./call-forms.ts";
import { isSureToFail } from "./certain-arguments.ts";
import type { TypeDiagnostic } from "./compiler-thread.ts";
import type { Concerns } from "./concerns.ts";
import { isName, setGlobally } from "./relevant-diagnostics.ts";

const CONSTANT = 2588;
/** It has `?.` where that is needed, or nothing is called. */
const NOT_CALLABLE: ReadonlySet<number> = new Set([2349, 2351]);
const NOT_ITERABLE: ReadonlySet<number> = new Set([2488, 2504, 2461, 2495]);
const NO_PROPERTY: ReadonlySet<number> = new Set([2339, 2551]);

/** Types whose methods a program cannot be wrong about: those of the language, not of what a server or a program says. */
const BUILT_IN = /^(?:Promise<.*>|.*\[\]|string|number|boolean|bigint|"(?:[^"\\]|\\.)*")$/s;
const NOT_A_LIST = /^(?:Promise<.*>|number|boolean|bigint)$/s;
/** What can give built-ins methods that no type knows. */
const EXTENDS = /\bprototype\b|\bdefineProperty\b|\bObject\s{0,20}\.\s{0,20}assign\b/;

/** Judges the diagnostics of one program. */
export class Certainty {
  readonly #text: string;
  readonly #program: InspectedProgram;
  readonly #concerns: Concerns;
  readonly #catalogue: Catalogue;
  /** By server and tool: whether it has several signatures in this program. */
  readonly #overloaded = new Map<string, boolean>();
  #globals: ReadonlySet<string> | undefined;

  constructor(program: InspectedProgram, concerns: Concerns, catalogue: Catalogue) {
    this.#program = program;
    this.#text = program.text;
    this.#concerns = concerns;
    this.#catalogue = catalogue;
  }

  /** Whether the program catches what is thrown there. */
  #isCaught({ start }: { readonly start: number }, end = start): boolean {
    if (/^\s*\.\s*catch\b/.test(this.#text.slice(end, end + 40))) return true;
    return (this.#program.caught ?? []).some(([from, to]) => from <= start && start < to);
  }

  /** Of an argument of a tool: whether the tool's schema is sure to refuse it. */
  isWrongCall(diagnostic: TypeDiagnostic): boolean {
    const use = this.#concerns.of(diagnostic);
    if (use?.tool === undefined || this.#isCaught(diagnostic, use.end)) return false;
    const found = this.#catalogue.find(use.server, use.tool);
    const schema = found?.info.inputSchema;
    if (found === undefined || schema === undefined) return false;
    const { args, computed } = arrangedUse(use, this.#catalogue);
    if (args !== undefined && computed === undefined)
      return !this.#catalogue.fits(found.server, found.info, args);
    // Of several signatures the compiler gives the reasons of one.
    if (this.#isOverloaded(use, found.info)) return false;
    const known = parametersOf(schema);
    const isClosed = schema["additionalProperties"] === false && known !== undefined;
    return isSureToFail(diagnostic, {
      text: this.#text,
      end: use.end,
      refusesKey: (key) => isClosed && !known.schemas.has(key),
    });
  }

  #isOverloaded({ server, tool }: InspectedUse, info: ToolInfo): boolean {
    const key = `${server}\n${tool}`;
    const known = this.#overloaded.get(key);
    if (known !== undefined) return known;
    const uses = this.#program.tools.filter((use) => use.server === server && use.tool === tool);
    const forms = callForms(uses, info, "any");
    const isPlain = isCalledPlainly(uses, forms);
    const isOverloaded = this.#program.dynamic.length > 0 || forms.length + (isPlain ? 1 : 0) > 1;
    this.#overloaded.set(key, isOverloaded);
    return isOverloaded;
  }

  /** Of anything else: whether it is sure to throw. */
  fails(diagnostic: TypeDiagnostic): boolean {
    const { code, message, reasons } = diagnostic;
    if (this.#isCaught(diagnostic)) return false;
    if (code === CONSTANT) return true;
    if (isName(code)) return this.#isMissing(diagnostic);
    if (NOT_CALLABLE.has(code))
      return !reasons.some((reason) => /\bunion\b|'(?:never|Object|\{\})'/.test(reason));
    if (NOT_ITERABLE.has(code))
      return NOT_A_LIST.test(/^Type '(.*?)' (?:must|is)/s.exec(message)?.[1] ?? "");
    if (!NO_PROPERTY.has(code)) return false;
    const use = this.#concerns.of(diagnostic);
    return this.#isUnknown(use, diagnostic) || this.#isMisused(diagnostic);
  }

  /** As the run would put it, where it does so better than TypeScript. */
  words(diagnostic: TypeDiagnostic): Partial<Failure> {
    const name = this.#text.slice(diagnostic.start, diagnostic.end);
    if (isName(diagnostic.code))
      return { name: "ReferenceError", message: `${name} is not defined` };
    const use = NO_PROPERTY.has(diagnostic.code) ? this.#concerns.of(diagnostic) : undefined;
    if (use?.tool === undefined || !this.#isUnknown(use, diagnostic)) return {};
    try {
      this.#catalogue.resolve(use.server, use.tool);
      return {};
    } catch (error) {
      return { code: "unknown_tool", name: "ToolError", message: messageOf(error) };
    }
  }

  /** A name of a value, not of a type, which nothing sets, no tool may have, and the program does not ask about. */
  #isMissing({ start, end }: TypeDiagnostic): boolean {
    const name = this.#text.slice(start, end);
    this.#globals ??= setGlobally(this.#text);
    if (this.#program.values?.includes(name) !== true || this.#globals.has(name)) return false;
    // `if (rows.length === 0) process.exit(1)`: a program that has rows runs.
    if (this.#isInBranch(start)) return false;
    if (name === ASK) return false; // what it says without a model is clear
    const { names } = this.#catalogue;
    const server = name.replace(/Tools$/, "");
    return placedTools(names, name).length === 0 && serversSpelled(names, server).length === 0;
  }

  #isInBranch(at: number): boolean {
    return this.#program.branches?.some(([from, to]) => from <= at && at <= to) === true;
  }

  /** A call of a tool that is not there under any spelling. */
  #isUnknown(use: InspectedUse | undefined, { start, end }: TypeDiagnostic): boolean {
    if (use?.tool === undefined || use.given === undefined || this.#isCaught(use, use.end))
      return false;
    const isNamed = this.#text.slice(start, end) === use.tool;
    return isNamed && this.#catalogue.find(use.server, use.tool) === undefined;
  }

  /** A call of a method that a built-in type does not have, or a property of a promise. */
  #isMisused({ start, end, message }: TypeDiagnostic): boolean {
    const type = /on type '(.*?)'\.(?: Did you mean .*)?$/s.exec(message)?.[1] ?? "";
    if (!BUILT_IN.test(type) || EXTENDS.test(this.#text)) return false;
    const name = this.#text.slice(start, end);
    if (/\?\.\s*$/.test(this.#text.slice(Math.max(0, start - 20), start))) return false;
    // `text.contains ? text.contains(word) : …` asks first.
    if (/^\s*\(/.test(this.#text.slice(end, end + 20))) return !this.#isInBranch(start);
    return type.startsWith("Promise<") && !this.#isSet(name);
  }

  #isSet(name: string): boolean {
    for (let at = this.#text.indexOf(name); at >= 0; at = this.#text.indexOf(name, at + 1)) {
      if (/^["'`\]\s]*=(?![=>])/.test(this.#text.slice(at + name.length, at + name.length + 20)))
        return true;
    }
    return false;
  }
}
