/**
 * A program before it runs: what it may do, and whether its types are right. Its text is read on a thread, and its types are
 * checked in a process; what is done here is bounded by caps on what both report. All of it is loaded when a program is to be
 * read: the compiler is a third of the code.
 */
import { CompileError, compileFailure } from "../compile/compile-error.ts";
import { CodecellError, type Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { untilAborted } from "../core/until-aborted.ts";
import type { WrapperTree } from "../discovery/types/tree.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Inspection } from "./inspect.ts";
import type { CheckedFor, ProgramReader } from "./reader.ts";
import type { TypeChecker } from "./type-checker.ts";

/** For whom types are checked. */
export interface TypesAsked extends CheckedFor {
  readonly signal: AbortSignal;
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
  readonly #checker: TypeChecker | undefined;
  #reader: Promise<ProgramReader> | undefined;

  private constructor(catalogue: Catalogue, checker: TypeChecker | undefined) {
    this.#catalogue = catalogue;
    this.#checker = checker;
  }

  /**
   * @param typeCheck check types too
   * @throws CodecellError `config_error` when types cannot be checked here
   */
  static async open(
    catalogue: Catalogue,
    tree: WrapperTree,
    typeCheck: boolean,
  ): Promise<Preflight> {
    return new Preflight(catalogue, typeCheck ? await startChecker(catalogue, tree) : undefined);
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
    const reader = await this.#read();
    const work = inspect(source, limits, this.#catalogue, {
      reader,
      checker: this.#checker,
      hasModel,
      signal,
    });
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
    if (this.#checker === undefined) return undefined;
    const { signal } = asked;
    try {
      return await untilAborted(this.#typeFailure(source, limits, asked, this.#checker), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  async #typeFailure(
    source: string,
    limits: Limits,
    { declared = [], hasModel, ...by }: TypesAsked,
    checker: TypeChecker,
  ): Promise<Failure | undefined> {
    const reader = await this.#read();
    let program;
    try {
      program = await reader.read(source, limits, this.#catalogue.names, by);
    } catch (error) {
      // What does not compile is reported where it is compiled; what could not be read is not run unchecked.
      return error instanceof CompileError ? undefined : compileFailure(error, limits.compileMs);
    }
    const uses = { ...program, declared, hasModel };
    const [first, ...others] = await checker.check(uses, by);
    if (first === undefined || others.length === 0) return first;
    const list = others
      .slice(0, 4)
      .map(({ message, line, column }) => `${line}:${column} ${message.split("\n", 1)[0]}`);
    const more = `${others.length} more: ${list.join("; ")}${others.length > 4 ? " …" : ""}`;
    return { ...first, hint: first.hint === undefined ? more : `${more}\n\n${first.hint}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checker?.[Symbol.asyncDispose]();
    await (await this.#reader)?.[Symbol.asyncDispose]();
  }
}

async function startChecker(catalogue: Catalogue, tree: WrapperTree): Promise<TypeChecker> {
  const { TypeChecker } = await import("./type-checker.ts");
  const checker = new TypeChecker(catalogue, tree);
  await checker.start();
  return checker;
}
