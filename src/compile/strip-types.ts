/** The only module that imports sucrase: strips types and keeps everything else on its line. */
import { transform } from "sucrase";
import { CompileError } from "./compile-error.ts";
import { LineIndex } from "./line-index.ts";
import { SourceColumns } from "./source-columns.ts";

/** JavaScript, and the mapping to the TypeScript text. */
export interface Stripped {
  readonly code: string;
  /** The offset in the TypeScript text for one in `code`. */
  origin(offset: number): number;
}

const OPTIONS = { transforms: ["typescript" as const], disableESTransforms: true };

export interface StripOptions {
  /**
   * Keep imports that the text does not use. They may be types, but a later program of the session may use them.
   * @default false
   */
  readonly keepUnusedImports?: boolean;
}

/**
 * Strips the types. Lines stay; `origin` maps columns back and computes the mapping on demand.
 * @throws CompileError with the position in `text`
 */
export function stripTypes(text: string, options: StripOptions = {}): Stripped {
  let code: string;
  try {
    ({ code } = transform(text, { ...OPTIONS, ...options }));
  } catch (error) {
    throw syntaxError(error);
  }
  refuseNamespaces(text, code);
  let columns: SourceColumns | undefined;
  return {
    code,
    origin: (offset) => {
      columns ??= new SourceColumns(text, code);
      return columns.origin(offset);
    },
  };
}

function syntaxError(error: unknown): CompileError {
  if (error instanceof RangeError) return tooDeep();
  const { loc, message } = error as { loc?: { line: number; column: number }; message?: string };
  if (loc === undefined || message === undefined) {
    // Internal errors of sucrase on broken programs have no position: "Invalid scope depth at end of file: 1".
    return new CompileError("the program cannot be parsed", {
      hint: "Look for a bracket that is not closed, or a class or function without a body.",
    });
  }
  return new CompileError(message.replace(/ \(\d+:\d+\)$/, ""), {
    line: loc.line,
    column: loc.column,
  });
}

export function tooDeep(): CompileError {
  return new CompileError("the program is nested too deeply", {
    hint: "Build deep structures in a loop instead.",
  });
}

const NAMESPACE = /(?<![\w$.])(declare\s+)?(?:namespace|module)\s+([\w$.]+)\s*\{/g;

/**
 * sucrase removes namespaces silently. Text in a string or a comment that looks like one remains in its output; a real
 * namespace does not.
 */
function refuseNamespaces(text: string, code: string): void {
  for (const match of text.matchAll(NAMESPACE)) {
    const words = match[0].slice(match[1]?.length ?? 0);
    if (match[1] !== undefined || count(code, words) >= count(text, words)) continue;
    const { line, column } = new LineIndex(text).position(match.index);
    const hint = "Use a plain object, or declare its members at the top level.";
    throw new CompileError(`namespaces are not supported (${match[2]})`, { line, column, hint });
  }
}

function count(text: string, part: string): number {
  return text.split(part).length;
}
