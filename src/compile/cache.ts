import type { Program } from "../core/program.ts";
import { compile } from "./compile.ts";

const MAX_PROGRAMS = 32;
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Programs that were compiled before, by their text; the least recently used goes first. */
export class ProgramCache {
  readonly #programs = new Map<string, Program>();
  #characters = 0;

  /** The program for `source`; a new one is compiled inside `guard`, which may end it. Throws CompileError. */
  get(
    source: string,
    limits: { readonly sourceBytes: number },
    guard: (work: () => Program) => Program,
  ): Program {
    const known = this.#programs.get(source);
    if (known === undefined || source.length > limits.sourceBytes)
      return this.#add(
        source,
        guard(() => compile(source, limits)),
      );
    this.#programs.delete(source);
    this.#programs.set(source, known);
    return known;
  }

  #add(source: string, program: Program): Program {
    this.#programs.set(source, program);
    this.#characters += source.length;
    for (const oldest of this.#programs.keys()) {
      if (this.#programs.size <= MAX_PROGRAMS && this.#characters <= MAX_CHARACTERS) break;
      this.#programs.delete(oldest);
      this.#characters -= oldest.length;
    }
    return program;
  }
}
