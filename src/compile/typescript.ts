/** The door to sucrase: types off, everything else as it was, line by line. */
import { transform } from "sucrase";
import { CompileError } from "./compile-error.ts";
import { Lines } from "./lines.ts";

/** JavaScript and the way back. */
export interface Stripped {
  readonly code: string;
  /** The offset in the TypeScript text for one in `code`. */
  origin(offset: number): number;
}

const OPTIONS = { transforms: ["typescript" as const], disableESTransforms: true };

export interface StripOptions {
  /** Imports that the text does not use may be types, and go; unless a later program may want them. Default false. */
  readonly keepUnusedImports?: boolean;
}

/**
 * Take the types off. Lines stay; columns are found again by `origin`, which pays for it only when it is asked.
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
  let map: { origin(offset: number): number } | undefined;
  return {
    code,
    origin: (offset) => {
      map ??= columnMap(text, code, options);
      return map.origin(offset);
    },
  };
}

/** A text so deep that it could be stripped only just: asked again from elsewhere, its columns are the stripped ones. */
function columnMap(
  text: string,
  code: string,
  options: StripOptions,
): { origin(offset: number): number } {
  try {
    return new ColumnMap(text, code, options);
  } catch {
    return { origin: (offset) => offset };
  }
}

function syntaxError(error: unknown): CompileError {
  if (error instanceof RangeError) return tooDeep();
  const { loc, message } = error as { loc?: { line: number; column: number }; message?: string };
  if (loc === undefined || message === undefined) {
    // Its own checks and slips on broken programs have no position: "Invalid scope depth at end of file: 1".
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
 * sucrase drops namespaces without a word. Text that looks like one inside a string or a comment is still there
 * afterwards; a real one is gone.
 */
function refuseNamespaces(text: string, code: string): void {
  for (const match of text.matchAll(NAMESPACE)) {
    const words = match[0].slice(match[1]?.length ?? 0);
    if (match[1] !== undefined || count(code, words) >= count(text, words)) continue;
    const { line, column } = new Lines(text).position(match.index);
    const hint = "Use a plain object, or declare its members at the top level.";
    throw new CompileError(`namespaces are not supported (${match[2]})`, { line, column, hint });
  }
}

function count(text: string, part: string): number {
  return text.split(part).length;
}

/** sucrase's source map, decoded: for each line, the columns where a token starts, in both texts. */
class ColumnMap {
  readonly #text: Lines;
  readonly #code: Lines;
  readonly #columns: readonly (readonly (readonly [code: number, text: number])[])[];

  constructor(text: string, code: string, options: StripOptions) {
    this.#text = new Lines(text, "javascript");
    this.#code = new Lines(code, "javascript");
    const { sourceMap } = transform(text, {
      ...OPTIONS,
      ...options,
      filePath: "in",
      sourceMapOptions: { compiledFilename: "out" },
    });
    this.#columns = decodeMappings(sourceMap!.mappings);
  }

  origin(offset: number): number {
    const { line, column } = this.#code.position(offset);
    const tokens = this.#columns[line - 1] ?? [];
    const token = tokens.findLast(([codeColumn]) => codeColumn < column) ?? tokens[0] ?? [0, 0];
    const next = tokens.find(([codeColumn]) => codeColumn >= column);
    const within = column - 1 - token[0];
    // Text that sucrase put in belongs to the token before it.
    const limit = next === undefined ? Infinity : Math.max(0, next[1] - token[1]);
    return (
      this.#text.offset({ line, column: token[1] + 1 + Math.max(0, Math.min(within, limit)) }) ?? 0
    );
  }
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Source map v3 mappings (ECMA-426), of which only the columns matter: sucrase keeps lines. */
function decodeMappings(mappings: string): (readonly [number, number])[][] {
  let textColumn = 0;
  return mappings.split(";").map((line) => {
    let codeColumn = 0;
    return line
      .split(",")
      .filter(Boolean)
      .map((segment) => {
        const [code = 0, , , text = 0] = decodeVlq(segment);
        codeColumn += code;
        textColumn += text;
        return [codeColumn, textColumn] as const;
      });
  });
}

function decodeVlq(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
