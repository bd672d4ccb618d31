/** A text that is no program. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly code: "syntax_error" | "source_too_large";
  /** 1-based position in the caller's text. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** What to do. */
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
