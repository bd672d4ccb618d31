/** JavaScript as a syntax tree, by acorn. */
import {
  type AnyNode,
  type Comment,
  type Options,
  parse,
  parseExpressionAt,
  type Program,
} from "acorn";
import { tooDeep } from "./compile-error.ts";
import { blank } from "./text-edits.ts";

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
  /** What to do next. */
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** @throws ParseError, or CompileError when the text is nested too deeply */
export function parseProgram(code: string, comments: Comment[]): Program {
  return parseGuarded(comments, (options) => parse(code, options));
}

/**
 * A program whose last statement, at `start`, is an object literal without parentheses.
 * @throws ParseError, or CompileError when the text is nested too deeply
 */
export function parseWithObject(code: string, comments: Comment[], start: number): Program {
  const program = parseProgram(code.slice(0, start), comments);
  return parseGuarded(comments, (options) => {
    const expression = parseExpressionAt(code, start, options);
    const { end } = expression;
    const rest = parse(blank(code.slice(0, end)) + code.slice(end), options);
    program.body.push({ type: "ExpressionStatement", start, end, expression }, ...rest.body);
    return program;
  });
}

/**
 * What `work` returns, which parses with the options it gets and collects comments.
 * @throws ParseError, or CompileError when the text is nested too deeply
 */
export function parseGuarded<T>(comments: Comment[], work: (options: Options) => T): T {
  try {
    return work({ ...OPTIONS, onComment: comments });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    if (!(error instanceof SyntaxError)) throw error;
    if (error.message.startsWith("Not enough stack space")) throw tooDeep();
    const { pos = 0, hint } = error as { pos?: number; hint?: string };
    throw new ParseError(error.message.replace(/ \(\d+:\d+\)$/, ""), pos, hint);
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

/**
 * Calls `visit` for every node, parents first, with the chain of its parents.
 * @param leave is called behind all that is in a node
 */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
  leave?: (node: AnyNode) => void,
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
    leave?.(current);
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
  return code[offset] === "@" && !code.startsWith("@@", Math.max(0, offset - 1)) // not in a diff
    ? "Decorators are not supported: call the function yourself."
    : undefined;
}
