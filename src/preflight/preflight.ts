/**
 * A program before it runs: what it may do, and whether its types are right. Its text is read on a thread, and its types are
 * checked in a process; what is done here is bounded by caps on what both report. All of it is loaded when a program is to be
 * read: the compiler is a third of the code.
 */
import { CompileError, compileFailure } from "../compile/compile-error.ts";
import type { InspectedProgram } from "../compile/program-uses.ts";
import { CodecellError, type Failure, messageOf } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { untilAborted } from "../core/until-aborted.ts";
import type { WrapperTree } from "../discovery/types/tree.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Inspection } from "./inspect.ts";
import type { CheckedFor, ProgramReader } from "./reader.ts";
import type { Errors, TypeChecker } from "./type-checker.ts";
import { uncheckable, unlisted } from "./unlisted.ts";

/** Whether types are checked: all that is wrong refuses a program, nothing does, or only what is sure to fail, where TypeScript is there. */
export type TypeCheck = boolean | "auto";

/** For whom types are checked. */
export interface TypesAsked extends CheckedFor {
  readonly signal: AbortSignal;
  /**
   * Check types where the runtime has no setting of it.
   * @default none of them
   */
  readonly typeCheck?: "auto" | undefined;
  /**
   * Names that earlier programs of its session left.
   * @default none
   */
  readonly declared?: readonly string[] | undefined;
  /** There is a model that `ask` asks. */
  readonly hasModel: boolean;
}

/** Reads programs against the tools of a catalogue. */
export class Preflight implements AsyncDisposable {
  readonly #catalogue: Catalogue;
  readonly #setting: TypeCheck | undefined;
  readonly #start: () => Promise<TypeChecker>;
  /** Starts at the first program that is to be checked; nothing where it cannot. */
  #checker: Promise<TypeChecker | undefined> | undefined;
  #reader: Promise<ProgramReader> | undefined;
  #isClosed = false;

  private constructor(
    catalogue: Catalogue,
    setting: TypeCheck | undefined,
    start: () => Promise<TypeChecker>,
  ) {
    this.#catalogue = catalogue;
    this.#setting = setting;
    this.#start = start;
  }

  /**
   * @param typeCheck nothing leaves it to each program
   * @throws CodecellError `config_error` when types are to be checked and cannot be
   */
  static async open(
    catalogue: Catalogue,
    tree: WrapperTree,
    typeCheck: TypeCheck | undefined,
  ): Promise<Preflight> {
    const preflight = new Preflight(catalogue, typeCheck, () => startChecker(catalogue, tree));
    if (typeCheck === true) await (preflight.#checker = preflight.#start());
    return preflight;
  }

  /** What checks the types of a program, if they are to be. Programs that come while it starts wait: whether one is refused must not depend on when it came. */
  async #checkerFor(asked: TypeCheck | undefined): Promise<TypeChecker | undefined> {
    const typeCheck = this.#setting ?? asked ?? false;
    if (typeCheck === false || this.#isClosed) return undefined;
    return await (this.#checker ??= this.#start().catch(reportUnchecked));
  }

  /** Starts what checks types, if types of programs are checked that ask for it as `typeCheck` does. */
  warmUp(typeCheck: TypeCheck | undefined): void {
    this.#checkerFor(typeCheck).catch(() => {}); // told to the first program
  }

  get #errors(): Errors {
    return this.#setting === true ? "relevant" : "certain";
  }

  /**
   * What a program may do.
   * @param hasModel there is a model that `ask` asks
   * @param signal aborting it ends the wait. @throws CodecellError `aborted`
   */
  async inspect(
    source: string,
    limits: Limits,
    hasModel: boolean,
    signal: AbortSignal,
  ): Promise<Inspection> {
    const { inspect } = await import("./inspect.ts");
    const work = Promise.all([this.#read(), this.#checkerFor(undefined)]).then(
      ([reader, checker]) =>
        inspect(source, limits, this.#catalogue, {
          reader,
          checker,
          hasModel,
          errors: this.#errors,
          signal,
        }),
    );
    const refusal = (): Error => new CodecellError("aborted", "the runtime is closed");
    return await untilAborted(work, signal, refusal);
  }

  /** What reads programs; the same one for all. */
  #read(): Promise<ProgramReader> {
    this.#reader ??= import("./reader.ts").then((module) => new module.ProgramReader());
    return this.#reader;
  }

  /**
   * The first type error of a program, with the others in its hint; nothing where types are not checked, and for a program that is
   * aborted meanwhile: no place begins that.
   */
  async typeFailure(
    source: string,
    limits: Limits,
    asked: TypesAsked,
  ): Promise<Failure | undefined> {
    if ((this.#setting ?? asked.typeCheck ?? false) === false) return undefined;
    const { signal } = asked;
    try {
      return await untilAborted(this.#typeFailure(source, limits, asked), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  async #typeFailure(
    source: string,
    limits: Limits,
    { declared = [], hasModel, typeCheck, ...by }: TypesAsked,
  ): Promise<Failure | undefined> {
    const checker = await this.#checkerFor(typeCheck);
    if (checker === undefined) return undefined;
    const reader = await this.#read();
    const read = (): Promise<InspectedProgram> =>
      reader.read(source, limits, this.#catalogue.names, by);
    let program;
    try {
      program = await read();
      const unknown = unlisted(program.tools, this.#catalogue);
      if (unknown.length > 0) {
        // Nothing is sure of tools that are not known yet; who wants all of them checked waits for them.
        if (this.#errors === "certain") return undefined;
        await Promise.all(
          unknown.map(({ server }) => this.#catalogue.ready(server, limits.wallMs)),
        );
        program = await read();
      }
    } catch (error) {
      // What does not compile is reported where it is compiled; what could not be read is not run unchecked.
      const isLenient = error instanceof CompileError || this.#errors === "certain";
      return isLenient ? undefined : compileFailure(error, limits.compileMs);
    }
    const [absent] = unlisted(program.tools, this.#catalogue);
    if (absent !== undefined) return uncheckable(absent, this.#catalogue);
    const uses = { ...program, declared, hasModel };
    const [first, ...others] = await checker.check(uses, this.#errors, by);
    if (first === undefined || others.length === 0) return first;
    const list = others
      .slice(0, 4)
      .map(({ message, line, column }) => `${line}:${column} ${message.split("\n", 1)[0]}`);
    const more = `${others.length} more: ${list.join("; ")}${others.length > 4 ? " …" : ""}`;
    return { ...first, hint: first.hint === undefined ? more : `${more}\n\n${first.hint}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await (await this.#checker?.catch(() => undefined))?.[Symbol.asyncDispose]();
    await (await this.#reader)?.[Symbol.asyncDispose]();
  }
}

/** Once for a runtime: its programs run unchecked from then on. */
function reportUnchecked(error: unknown): undefined {
  const { hint } = CodecellError.is(error) ? error : {};
  const what = `programs run without a type check (${messageOf(error)})`;
  const advice = `To check them, ${hint ?? "set typeCheck: true and see why it does not start"}; typeCheck: false is without this warning.`;
  globalThis.process?.emitWarning(`${what}. ${advice}`, "CodecellWarning");
}

async function startChecker(catalogue: Catalogue, tree: WrapperTree): Promise<TypeChecker> {
  const { TypeChecker } = await import("./type-checker.ts");
  const checker = new TypeChecker(catalogue, tree);
  try {
    await checker.start();
  } catch (error) {
    await checker[Symbol.asyncDispose]();
    throw error;
  }
  return checker;
}
