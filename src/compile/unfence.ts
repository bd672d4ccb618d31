import { ParseError } from "./acorn.ts";
import { CompileError } from "./compile-error.ts";
import { blank } from "./text-edits.ts";
import { parseTypeScript } from "./typescript/parse-typescript.ts";

/** At any indentation: a block may stand in a list. No part can end sooner than it has to, which would be tried for each. */
const OPENING = /^([ \t]*)(`{3,}|~{3,}(?!~))[ \t]*(?![ \t])([\w+-]*)(?![\w+-])[^`\n]*$/;
const LANGUAGES: ReadonlySet<string> = new Set([
  "",
  "ts",
  "tsx",
  "mts",
  "cts",
  "typescript",
  "js",
  "jsx",
  "mjs",
  "cjs",
  "javascript",
]);

/**
 * The program of a Markdown answer: the blocks fenced as TypeScript, JavaScript or nothing, with the rest blanked, so
 * that every line and column is still the caller's. Text without a fence is returned as it is, and so is a program that
 * holds one in a template or a comment: what a program quotes is not run.
 * @throws CompileError when all blocks are of other languages
 */
export function unfence(text: string): string {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const first = lines.findIndex((line) => OPENING.test(bare(line)));
  if (first < 0 || isQuoted(lines, first)) return text;
  if (isClosingOnly(lines, first))
    return lines.map((line, at) => (at < first ? line : blank(line))).join("");
  let open: Fence | undefined;
  let found = false;
  const kept = lines.map((line) => {
    if (open === undefined) {
      open = opened(line);
      found ||= open?.isProgram === true;
      return blank(line);
    }
    if (!closes(line, open)) return open.isProgram ? line : blank(line);
    open = undefined;
    return blank(line);
  });
  if (found) return kept.join("");
  const hint = "Put the program in a ```ts block.";
  throw new CompileError("the text has code blocks, but none of TypeScript or JavaScript", {
    line: first + 1,
    column: 1,
    hint,
  });
}

function bare(line: string): string {
  return line.replace(/[\r\n]+$/, "");
}

interface Fence {
  readonly indent: number;
  readonly marks: string;
  readonly isProgram: boolean;
}

function opened(line: string): Fence | undefined {
  const [, space, marks, language] = OPENING.exec(bare(line)) ?? [];
  if (marks === undefined) return undefined;
  const isProgram = LANGUAGES.has(language!.toLowerCase());
  return { indent: space!.length, marks, isProgram };
}

function closes(line: string, { indent, marks }: Fence): boolean {
  const trimmed = line.trim();
  return (
    trimmed.length >= marks.length &&
    trimmed === marks[0]!.repeat(trimmed.length) &&
    line.search(/\S/) <= indent + 3
  );
}

/** Whether the only fence ends a program that no other begins: it is before it, and behind it is none. */
function isClosingOnly(lines: readonly string[], at: number): boolean {
  const isOnly = !lines.some((line, index) => index > at && OPENING.test(bare(line)));
  const isBare = /^\s*(?:`+|~+)\s*$/.test(bare(lines[at]!));
  if (!isOnly || !isBare) return false;
  const [before, behind] = [lines.slice(0, at), lines.slice(at + 1)];
  if (behind.every((line) => line.trim() === "")) return before.some((line) => line.trim() !== "");
  return parsesAsProgram(before) && !parsesAsProgram(behind);
}

/** Whether lines are a program; words that stand by themselves parse as one too. */
function parsesAsProgram(lines: readonly string[]): boolean {
  try {
    const { body } = parseTypeScript(lines.join("")).tree;
    return body.some(
      (node) =>
        node.type !== "EmptyStatement" &&
        (node.type !== "ExpressionStatement" || node.expression.type !== "Identifier"),
    );
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

/** Whether the text before the fence is the start of a program that quotes it: its template or comment is still open. */
function isQuoted(lines: readonly string[], at: number): boolean {
  try {
    parseTypeScript(lines.slice(0, at).join(""));
    return false;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (error.message === "Unterminated template") return true;
    return error.message === "Unterminated comment" && endsBehind(lines, at);
  }
}

/** Whether a comment that is open at the fence goes on behind its block: `src/*` in a sentence opens none. */
function endsBehind(lines: readonly string[], at: number): boolean {
  const fence = opened(lines[at]!)!;
  const end = lines.findIndex((line, index) => index > at && closes(line, fence));
  const isOpen = (part: readonly string[]): boolean => !part.join("").includes("*/");
  return end < 0
    ? !isOpen(lines.slice(at))
    : isOpen(lines.slice(at, end)) && !isOpen(lines.slice(end));
}
