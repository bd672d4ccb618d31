import { CompileError } from "./compile-error.ts";

const OPENING = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+-]*)[^`\n]*$/;
const LANGUAGES: ReadonlySet<string> = new Set([
  "",
  "ts",
  "tsx",
  "mts",
  "typescript",
  "js",
  "jsx",
  "mjs",
  "javascript",
]);

/** `text` with everything but its line breaks replaced by spaces, so that positions stay. */
export function blank(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, " ");
}

/**
 * The program of a Markdown answer: the blocks fenced as TypeScript, JavaScript or nothing, with the rest blanked, so
 * that every line and column is still the caller's. Text without a fence is returned as it is.
 * @throws CompileError when all blocks are of other languages
 */
export function unfence(text: string): string {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const first = lines.findIndex((line) => OPENING.test(bare(line)));
  if (first < 0 || opensComment(lines.slice(0, first).join(""))) return text;
  let fence = "";
  let isProgram = false;
  let found = false;
  const kept = lines.map((line) => {
    const opening = fence === "" ? OPENING.exec(bare(line)) : null;
    if (opening !== null) {
      fence = opening[1]!;
      isProgram = LANGUAGES.has(opening[2]!.toLowerCase());
      found ||= isProgram;
      return blank(line);
    }
    if (fence !== "" && closes(bare(line), fence)) {
      fence = "";
      return blank(line);
    }
    return fence !== "" && isProgram ? line : blank(line);
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

function closes(line: string, fence: string): boolean {
  const trimmed = line.trim();
  return (
    trimmed.length >= fence.length &&
    trimmed === fence[0]!.repeat(trimmed.length) &&
    /^ {0,3}\S/.test(line)
  );
}

/** A fence inside a block comment is part of the program. */
function opensComment(before: string): boolean {
  return before.lastIndexOf("/*") > before.lastIndexOf("*/");
}
