import { breach } from "../core/breach.ts";
import type { Failure } from "../core/errors.ts";
import { DeadlineError } from "./deadline.ts";

/** The text is not a valid program. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly code: "syntax_error" | "source_too_large";
  /** 1-based position in the caller's text. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** What to do next. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    details: {
      code?: "source_too_large";
      line?: number;
      column?: number;
      hint?: string | undefined;
    } = {},
  ) {
    super(message);
    this.code = details.code ?? "syntax_error";
    this.line = details.line;
    this.column = details.column;
    this.hint = details.hint;
  }
}

export function tooDeep(): CompileError {
  return new CompileError("the program is nested too deeply", {
    hint: "Build deep structures in a loop instead.",
  });
}

/** The failure of a program that does not compile. Rethrows an error that the program did not cause. */
export function compileFailure(error: unknown, compileMs: number): Failure {
  if (error instanceof DeadlineError) {
    return breach(
      "cpu_limit",
      `the program took more than ${compileMs} ms to compile`,
      "compileMs",
    );
  }
  if (!(error instanceof CompileError)) throw error;
  const { code, message, line, column, hint } = error;
  const position = {
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
  return {
    code,
    name: "SyntaxError",
    message,
    ...position,
    ...(hint === undefined ? {} : { hint }),
  };
}
