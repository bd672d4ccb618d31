import { LineIndex } from "../compile/line-index.ts";
import type { InspectedProgram, ToolUse } from "../compile/program-uses.ts";
import { breach } from "../core/breach.ts";
import { type Failure, messageOf } from "../core/errors.ts";
import { FairSemaphore } from "../core/fair-semaphore.ts";
import type { NameTable, ServerNames, ToolNames } from "../core/names.ts";
import { cutUnits } from "../core/utf8.ts";
import type { WrapperTree } from "../discovery/types/tree.ts";
import { declaration } from "../discovery/types/wrappers.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { TypeDiagnostic, VirtualFiles } from "./compiler-thread.ts";
import { Compiler } from "./compiler.ts";
import { NO_MODEL } from "../tools/model.ts";
import { asModule } from "./module-text.ts";
import type { CheckedFor } from "./reader.ts";
import { Certainty } from "./certain-diagnostics.ts";
import { Concerns } from "./concerns.ts";
import { isOfValues, relevantOf } from "./relevant-diagnostics.ts";
import { type Arguments, environmentFiles } from "./type-environment.ts";

/** Which type errors are reported: all that are relevant, or those of what is sure to fail. */
export type Errors = "relevant" | "certain";

/** Longest time of one check, in ms. */
const CHECK_MS = 5_000;
const POLL_MS = 50;
const MIB = 1024 * 1024;
/** What a check may take (a large catalogue takes about 150 MiB), and what is kept between checks. */
const MAX_BYTES = 1_024 * MIB;
const MAX_IDLE_BYTES = 512 * MIB;
const MAX_DIAGNOSTICS = 20;
const MAX_MESSAGE = 500;

const OPTIONS = {
  noEmit: true,
  allowJs: true,
  checkJs: true,
  strict: false,
  target: "esnext",
  lib: ["esnext", "webworker"],
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: [],
};

const NO_PROGRAM: InspectedProgram = {
  text: "1",
  isTyped: false,
  tools: [],
  imports: [],
  dynamic: [],
  returns: [],
};

/**
 * Checks programs against the declarations of the tools they name. The compiler starts at the first check and stays; one
 * that takes too long is killed.
 */
export class TypeChecker implements AsyncDisposable {
  readonly #catalogue: Catalogue;
  readonly #tree: WrapperTree;
  #compiler: Promise<Compiler> | undefined;
  /** One check at a time; users take turns. */
  readonly #turns = new FairSemaphore(1);
  #isClosed = false;

  constructor(catalogue: Catalogue, tree: WrapperTree) {
    this.#catalogue = catalogue;
    this.#tree = tree;
  }

  /** Start the compiler now. @throws CodecellError `config_error` when TypeScript is not installed */
  async start(): Promise<void> {
    this.#compiler ??= Compiler.start();
    await this.#compiler;
    await this.check(NO_PROGRAM, "relevant");
  }

  /**
   * The type errors of a program that compiles, in the order of the text.
   * @param which all that are relevant, or only those of what is sure to fail
   * @param by who asks, and what ends the waiting for it
   * @throws the reason of the signal
   */
  async check(
    uses: InspectedProgram,
    which: Errors,
    { user, signal }: CheckedFor = {},
  ): Promise<Failure[]> {
    return await this.#turns.run(user, () => this.#check(uses, which), signal);
  }

  async #check(uses: InspectedProgram, which: Errors): Promise<Failure[]> {
    let found: readonly TypeDiagnostic[] | Failure;
    try {
      found = await this.#diagnose(uses);
    } catch {
      // The compiler died, of the program before as likely as of this one: once more, with a new one.
      found = await this.#diagnose(uses).catch(brokenCheck);
    }
    if ("code" in found) return which === "certain" ? [] : [found];
    const lines = new LineIndex(uses.text);
    const concerns = new Concerns(uses.tools, this.#catalogue);
    if (which === "relevant") {
      const imported = new Set(uses.imports.flatMap(({ names }) => names));
      const relevant = relevantOf(found, uses.text, imported, MAX_DIAGNOSTICS);
      return await Promise.all(
        relevant.map((each) => this.#failure(each, concerns.of(each), lines)),
      );
    }
    const certainty = new Certainty(uses, concerns, this.#catalogue);
    const certain = await this.#certain(found, uses, certainty);
    const failures = certain.map(async (each) => ({
      ...(await this.#failure(each, concerns.of(each), lines)),
      ...certainty.words(each),
    }));
    return await Promise.all(failures);
  }

  async #certain(
    found: readonly TypeDiagnostic[],
    uses: InspectedProgram,
    certainty: Certainty,
  ): Promise<TypeDiagnostic[]> {
    const ofValues = found.filter(({ code }) => isOfValues(code));
    // What is wrong whatever tools take is no argument of a tool, and JavaScript converts it.
    const anyway =
      ofValues.length === 0 ? [] : await this.#diagnose(uses, "any").catch(() => found);
    const elsewhere = new Set(("code" in anyway ? found : anyway).map(placeOf));
    return found
      .filter((each) =>
        isOfValues(each.code)
          ? !elsewhere.has(placeOf(each)) && certainty.isWrongCall(each)
          : certainty.fails(each),
      )
      .slice(0, MAX_DIAGNOSTICS);
  }

  async #diagnose(
    uses: InspectedProgram,
    takes: Arguments = "declared",
  ): Promise<readonly TypeDiagnostic[] | Failure> {
    // Plain JavaScript may add properties to objects; only a program with types is held to them.
    return await this.#diagnoseAs(uses.isTyped ? "ts" : "js", uses, takes, performance.now());
  }

  /** Throws when the compiler dies. */
  async #diagnoseAs(
    language: "js" | "ts",
    uses: InspectedProgram,
    takes: Arguments,
    started: number,
  ): Promise<readonly TypeDiagnostic[] | Failure> {
    const folder = `/${language}`;
    const file = `${folder}/program.${language}`;
    const config = `${folder}/tsconfig.json`;
    const compilerOptions = OPTIONS;
    const { text, origin } = asModule(uses, language);
    const files: VirtualFiles = new Map([
      ...(await environmentFiles(uses, this.#catalogue.names, this.#tree, folder, takes)),
      [file, text],
      [config, JSON.stringify({ compilerOptions, files: [file, "globals.d.ts", "modules.d.ts"] })],
    ]);
    if (this.#isClosed) throw new Error("it was closed");
    const compiler = await (this.#compiler ??= Compiler.start());
    const { promise: tooMuch, resolve } = Promise.withResolvers<Failure>();
    const timer = setInterval(() => {
      if (performance.now() - started > CHECK_MS)
        resolve(breach("cpu_limit", `the type check took more than ${CHECK_MS} ms`));
      else if (compiler.residentBytes() > MAX_BYTES)
        resolve(
          breach("memory", `the type check needed more than ${MAX_BYTES / MIB} MiB of memory`),
        );
    }, POLL_MS);
    const check = compiler.check({ files, config, file });
    check.catch(() => {});
    try {
      const found = await Promise.race([check, tooMuch]);
      if ("code" in found || compiler.residentBytes() > MAX_IDLE_BYTES) this.#kill(compiler);
      if ("code" in found) return found;
      const placed = ({ start, end, ...each }: TypeDiagnostic): TypeDiagnostic => ({
        ...each,
        start: origin(start),
        end: origin(end),
      });
      return found.map(placed);
    } catch (error) {
      this.#kill(compiler);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  #kill(compiler: Compiler): void {
    compiler.kill();
    this.#compiler = undefined;
  }

  async #failure(
    { start, message }: TypeDiagnostic,
    use: ToolUse | undefined,
    lines: LineIndex,
  ): Promise<Failure> {
    const text = message.replace(/ Do you need to (?:install|change)[\s\S]*$/, "");
    const hint = use === undefined ? hintFor(text) : await this.#declaration(use);
    return {
      code: "type_error",
      name: "TypeError",
      message: text.length > MAX_MESSAGE ? `${cutUnits(text, MAX_MESSAGE)}…` : text,
      ...lines.position(start),
      ...(hint === undefined ? {} : { hint }),
      ...(use === undefined ? {} : { tool: `${use.server}.${use.tool!}` }),
    };
  }

  async #declaration({ server, tool }: ToolUse): Promise<string | undefined> {
    const found = namesOf(this.#catalogue.names, server, tool!);
    if (found === undefined) return undefined;
    const text = declaration(await this.#tree.tool(found.server, found.names));
    return text.length > 3_000 ? `${cutUnits(text, 3_000)}…` : text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const compiler = await this.#compiler?.catch(() => undefined);
    compiler?.kill();
  }
}

/** A program is not run unchecked where its owner wants it checked. */
function brokenCheck(error: unknown): Failure {
  const message = `the type check failed: ${messageOf(error).split("\n", 1)[0]}`;
  return { code: "internal", name: "TypeCheckError", message };
}

function namesOf(
  { servers }: NameTable,
  server: string,
  tool: string,
): { readonly server: ServerNames; readonly names: ToolNames } | undefined {
  const found = servers.find(({ name }) => name === server);
  const names = found?.tools.find(({ name }) => name === tool);
  return found === undefined || names === undefined ? undefined : { server: found, names };
}

/** What to do about what no tool's declaration explains. */
function hintFor(message: string): string | undefined {
  if (!message.startsWith("Cannot find name 'ask'")) return undefined;
  return `This host gives programs no model. ${NO_MODEL}`;
}

function placeOf({ code, start }: TypeDiagnostic): string {
  return `${code} ${start}`;
}
