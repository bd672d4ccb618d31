/** From the text of a program to JavaScript and its tree: types are erased, imports of types are removed. */
import {
  type AnyNode,
  type Comment,
  decoratorsHint,
  ParseError,
  parseProgram,
  walk,
} from "./acorn.ts";
import { CompileError } from "./compile-error.ts";
import { isToolMessage } from "./foreign-text.ts";
import { LineIndex } from "./line-index.ts";
import { blank } from "./text-edits.ts";
import { type ErasedProgram, parseTypeScript } from "./typescript/parse-typescript.ts";

/** JavaScript, and the mapping to the TypeScript text. */
export type Stripped = ErasedProgram;

export interface StripOptions {
  /**
   * Keep imports that the text does not use. They may be types, but a later program of the session may use them.
   * @default false
   */
  readonly keepUnusedImports?: boolean;
}

/**
 * Erases the types. Lines stay; `origin` maps columns back.
 * @throws CompileError with the position in `text`
 */
export function stripTypes(
  text: string,
  { keepUnusedImports = false }: StripOptions = {},
): Stripped {
  return removeImports(parse(text), keepUnusedImports);
}

/** Text that is no TypeScript can still be JavaScript, or end in an object literal that JavaScript takes for a block. */
function parse(text: string): Stripped {
  try {
    return parseTypeScript(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const other = error.hint === undefined ? (asJavaScript(text) ?? withObject(text)) : undefined;
    if (other !== undefined) return other;
    throw new CompileError(error.message, {
      ...new LineIndex(text).position(error.offset),
      hint: error.hint ?? decoratorsHint(text, error.offset),
    });
  }
}

function asJavaScript(text: string): Stripped | undefined {
  const comments: Comment[] = [];
  return attempt(() => {
    const tree = parseProgram(text, comments);
    return { code: text, tree, comments, isTyped: false, origin: (offset) => offset };
  });
}

/** A message that calls a tool, or holds a program, is not its own value. */
function withObject(text: string): Stripped | undefined {
  const found = attempt(() => parseTypeScript(text, true));
  return found === undefined || isToolMessage(found.tree) ? undefined : found;
}

/** What `work` returns; `undefined` where it fails: the error before it is the better one. */
function attempt(work: () => Stripped): Stripped | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Removes imports whose names are types only: those that the code does not mention. */
function removeImports(stripped: Stripped, keepUnused: boolean): Stripped {
  const { tree } = stripped;
  if (!tree.body.some(({ type }) => type === "ImportDeclaration")) return stripped;
  const used = keepUnused ? undefined : mentioned(tree as AnyNode);
  let { code } = stripped;
  const body = tree.body.filter((node) => {
    if (node.type !== "ImportDeclaration") return true;
    const specifiers = node.specifiers.filter(({ local }) => used?.has(local.name) ?? true);
    const isBare = !code.slice(node.start, node.source.start).includes("{");
    const isRemoved = specifiers.length === 0 && (node.specifiers.length > 0 || !isBare);
    node.specifiers = specifiers;
    if (isRemoved)
      code =
        code.slice(0, node.start) + blank(code.slice(node.start, node.end)) + code.slice(node.end);
    return !isRemoved;
  });
  tree.body = body;
  return { ...stripped, code };
}

/** All names outside of imports. */
function mentioned(tree: AnyNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(tree, (node, parents) => {
    if (node.type === "Identifier" && !parents.some(({ type }) => type === "ImportDeclaration"))
      names.add(node.name);
  });
  return names;
}
