import type { Position } from "../core/program.ts";
import { exceedsUtf8 } from "../core/utf8.ts";
import { type Comment, decoratorsHint, ParseError, parseProgram, type Program } from "./acorn.ts";
import { CompileError } from "./compile-error.ts";
import { LineIndex } from "./line-index.ts";
import { type Stripped, type StripOptions, stripTypes } from "./strip-types.ts";
import { blank, unfence } from "./unfence.ts";

/** A program without types, as a tree, with the mapping to the caller's text. */
export interface Parsed {
  readonly stripped: Stripped;
  readonly tree: Program;
  readonly comments: readonly Comment[];
}

/** @throws CompileError */
export function parseSource(
  source: string,
  sourceBytes: number,
  options: StripOptions = {},
): Parsed {
  const comments: Comment[] = [];
  return { ...parse(programText(source, sourceBytes), comments, options), comments };
}

/** The position in the caller's text of an offset in the stripped text. */
export function place(source: string, stripped: Stripped, offset: number): Position {
  return new LineIndex(source).position(stripped.origin(offset));
}

/** Checks the text before parsing, and replaces what is not program text by spaces, so that positions stay. */
export function programText(source: string, sourceBytes: number): string {
  if (exceedsUtf8(source, sourceBytes)) {
    throw new CompileError(`the program is larger than ${sourceBytes} bytes`, {
      code: "source_too_large",
    });
  }
  const binary = source.indexOf("\0");
  if (binary >= 0) {
    const hint = "A program is text: TypeScript or JavaScript.";
    throw new CompileError("the program holds NUL characters: it seems to be a binary file", {
      ...new LineIndex(source).position(binary),
      hint,
    });
  }
  return unfence(source)
    .replace(/^\ufeff/, " ")
    .replace(/^\s*#!.*/, blank);
}

/** Strips the types and parses. Text that only the TypeScript step rejects is parsed as JavaScript. */
function parse(
  text: string,
  comments: Comment[],
  options: StripOptions,
): { stripped: Stripped; tree: Program } {
  let stripped: Stripped;
  try {
    stripped = stripTypes(text, options);
  } catch (error) {
    if (!(error instanceof CompileError) || error.line === undefined || error.hint !== undefined)
      throw error;
    stripped = { code: text, origin: (offset) => offset };
    try {
      return { stripped, tree: refuseEmpty(parseProgram(text, comments)) };
    } catch {
      throw error;
    }
  }
  try {
    return { stripped, tree: refuseEmpty(parseProgram(stripped.code, comments)) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const hint = decoratorsHint(stripped.code, error.offset);
    throw new CompileError(error.message, { ...place(text, stripped, error.offset), hint });
  }
}

function refuseEmpty(tree: Program): Program {
  if (tree.body.some((node) => node.type !== "EmptyStatement")) return tree;
  throw new CompileError("the program is empty", { hint: "Write a program that returns a value." });
}
