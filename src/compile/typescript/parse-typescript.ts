import {
  type Comment,
  parseGuarded,
  ParseError,
  parseProgram,
  parseWithObject,
  type Program,
} from "../acorn.ts";
import { Erasures } from "./erasures.ts";
import { firstDifference } from "./same-tree.ts";
import { TextReader } from "./text-reader.ts";
import { TypedStatements } from "./typed-statements.ts";

/** A TypeScript program as JavaScript: the text and its tree. */
export interface ErasedProgram {
  readonly code: string;
  readonly tree: Program;
  readonly comments: readonly Comment[];
  /** False where the text is JavaScript as it stands. */
  readonly isTyped: boolean;
  /** The offset in the TypeScript text for one in `code`. */
  origin(offset: number): number;
}

/**
 * Parses TypeScript and erases its types. What the JavaScript says is what the TypeScript said: where only types were
 * erased, both have the same tree, or the program is refused.
 * @param endsInObject whether a program that is wrong without may end in an object literal as a statement, `{ a: 1, b: 2 }`
 * @throws ParseError at an offset of `text`, or CompileError when the text is nested too deeply
 */
export function parseTypeScript(text: string, endsInObject = false): ErasedProgram {
  const comments: Comment[] = [];
  const erasures = new Erasures();
  let objectStart: number | undefined;
  const tree = parseGuarded(comments, (options) => {
    const parser = new TypedStatements(options, text, erasures, endsInObject);
    const parsed = parser.parse();
    ({ objectStart } = parser);
    return parsed;
  }) as Program;
  if (erasures.isEmpty)
    return { code: text, tree, comments, isTyped: false, origin: (offset) => offset };
  const { code, isLowered, origin } = erasures.apply(text);
  const rest: Comment[] = [];
  const at = objectStart === undefined ? undefined : code.length - (text.length - objectStart);
  const erased = parseErased(code, rest, origin, at);
  const difference = isLowered ? undefined : differenceOf(tree, erased, code);
  if (difference !== undefined)
    throw new ParseError(
      "the types here cannot be told from the code: add parentheses or semicolons",
      difference,
    );
  return { code, tree: erased, comments: rest, isTyped: true, origin };
}

function differenceOf(tree: Program, erased: Program, code: string): number | undefined {
  const reader = new TextReader(code);
  return parseGuarded([], () =>
    firstDifference(tree as never, erased as never, (at) => reader.space(at)),
  );
}

function parseErased(
  code: string,
  comments: Comment[],
  origin: (offset: number) => number,
  objectStart: number | undefined,
): Program {
  try {
    return objectStart === undefined
      ? parseProgram(code, comments)
      : parseWithObject(code, comments, objectStart);
  } catch (error) {
    if (error instanceof ParseError) throw new ParseError(error.message, origin(error.offset));
    throw error;
  }
}
