/** The only module that imports acorn: JavaScript as a syntax tree. */
import { type Comment, parse, parseExpressionAt, type AnyNode, type Program } from "acorn";
import { tooDeep } from "./strip-types.ts";

export type { AnyNode, Comment, Program };

const OPTIONS = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
} as const;

/** An error of the parser, at an offset of the parsed text. */
export class ParseError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** @throws ParseError, or CompileError when the text is nested too deeply */
export function parseProgram(code: string, comments: Comment[]): Program {
  try {
    return parse(code, { ...OPTIONS, onComment: comments });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    if (!(error instanceof SyntaxError)) throw error;
    const { pos = 0 } = error as { pos?: number };
    throw new ParseError(error.message.replace(/ \(\d+:\d+\)$/, ""), pos);
  }
}

/** True when the text from `start` to `end` is an object literal with something in it. */
export function isObjectLiteral(code: string, start: number, end: number): boolean {
  try {
    const node = parseExpressionAt(code.slice(0, end), start, OPTIONS) as AnyNode;
    return node.type === "ObjectExpression" && node.end === end && node.properties.length > 0;
  } catch {
    return false;
  }
}

/** Calls `visit` for every node, parents first, with the chain of its parents. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
): void {
  const parents: AnyNode[] = [];
  const step = (current: AnyNode): void => {
    visit(current, parents);
    parents.push(current);
    for (const value of Object.values(current)) {
      if (Array.isArray(value)) for (const item of value.filter(isNode)) step(item);
      else if (isNode(value)) step(value);
    }
    parents.pop();
  };
  try {
    step(node);
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { type?: unknown }).type === "string"
  );
}

type FunctionNode = Extract<AnyNode, { type: "ArrowFunctionExpression" | "FunctionExpression" }>;

export function isFunctionExpression(
  node: { readonly type: string } | null | undefined,
): node is FunctionNode {
  return node?.type === "ArrowFunctionExpression" || node?.type === "FunctionExpression";
}

/** The name that an identifier or a literal has as the name of a property or an export. */
export function nameOf(node: { readonly type: string }): string {
  const { type, name, value } = node as { type: string; name?: string; value?: unknown };
  return type === "Identifier" ? name! : String(value);
}

/** What an import reads from its module: the name of an export, `default`, or `*` for all. */
export function importedName(item: {
  readonly type: string;
  readonly imported?: { readonly type: string };
}): string {
  if (item.imported !== undefined) return nameOf(item.imported);
  return item.type === "ImportDefaultSpecifier" ? "default" : "*";
}

export function decoratorsHint(code: string, offset: number): string | undefined {
  return code[offset] === "@"
    ? "Decorators are not supported: call the function yourself."
    : undefined;
}
