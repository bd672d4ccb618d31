import type { Position } from "../core/program.ts";
import { exceedsUtf8 } from "../core/utf8.ts";
import type { Program } from "./acorn.ts";
import { CompileError } from "./compile-error.ts";
import { foreignHint } from "./foreign-text.ts";
import { LineIndex } from "./line-index.ts";
import { type Stripped, type StripOptions, stripTypes } from "./strip-types.ts";
import { blank } from "./text-edits.ts";
import { unfence } from "./unfence.ts";

/** A program without types, as a tree, with the mapping to the caller's text. */
export interface Parsed {
  /** The program's text: what is none of it is spaces. */
  readonly text: string;
  readonly stripped: Stripped;
}

/** @throws CompileError */
export function parseSource(
  source: string,
  sourceBytes: number,
  options: StripOptions = {},
): Parsed {
  const text = programText(source, sourceBytes);
  const stripped = advised(source, () => stripTypes(text, options));
  refuseEmpty(stripped.tree);
  return { text, stripped };
}

/** What `parse` returns. Where it fails without a hint, and the text is recognised as something else, it fails with one. */
function advised(source: string, parse: () => Stripped): Stripped {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CompileError) || error.hint !== undefined) throw error;
    const { message, line = 1, column = 1 } = error;
    const hint = foreignHint(source, new LineIndex(source).offset({ line, column }) ?? 0);
    throw hint === undefined ? error : new CompileError(message, { line, column, hint });
  }
}

/** The position in the caller's text of an offset in the stripped text. */
export function place(source: string, stripped: Stripped, offset: number): Position {
  return new LineIndex(source).position(stripped.origin(offset));
}

/** Checks the text before parsing, and replaces what is not program text by spaces, so that positions stay. */
function programText(source: string, sourceBytes: number): string {
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
  return unfence(source.replace(/^\ufeff/, " ")).replace(/^\s*#!.*/, blank);
}

function refuseEmpty(tree: Program): void {
  if (tree.body.some((node) => node.type !== "EmptyStatement")) return;
  throw new CompileError("the program is empty", { hint: "Write a program that returns a value." });
}
