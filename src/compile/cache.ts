import type { Program } from "../core/program.ts";
import { exceedsUtf8 } from "../core/utf8.ts";
import { compile, type CompileOptions } from "./compile.ts";

const MAX_PROGRAMS = 32;
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Compiled programs by their text; the least recently used is removed first. */
export class ProgramCache {
  readonly #programs = new Map<string, Program>();
  #characters = 0;

  /**
   * The program for `source`. A new one is compiled inside `guard`, which may terminate it.
   * @throws CompileError
   */
  get(source: string, options: CompileOptions, guard: (work: () => Program) => Program): Program {
    const key = (options.keep === true ? "keep:" : "drop:") + source;
    const known = this.#programs.get(key);
    if (known === undefined || exceedsUtf8(source, options.sourceBytes))
      return this.#add(
        key,
        guard(() => compile(source, options)),
      );
    this.#programs.delete(key);
    this.#programs.set(key, known);
    return known;
  }

  #add(key: string, program: Program): Program {
    this.#programs.set(key, program);
    this.#characters += key.length;
    for (const oldest of this.#programs.keys()) {
      if (this.#programs.size <= MAX_PROGRAMS && this.#characters <= MAX_CHARACTERS) break;
      this.#programs.delete(oldest);
      this.#characters -= oldest.length;
    }
    return program;
  }
}
