/** What the last statement of a program comes to, as `eval` has it: the expression that the branch taken ends in. */
import { type AnyNode, walk } from "./acorn.ts";
import { ENUM_NAME } from "./typescript/enum-lowering.ts";
import { isFunction } from "./usage.ts";

export type ExpressionStatement = Extract<AnyNode, { type: "ExpressionStatement" }>;

/** Functions are hoisted, so an expression before them still counts as the last statement. */
export function isHoisted(node: AnyNode): boolean {
  if (node.type === "ExportNamedDeclaration") {
    return node.declaration?.type === "FunctionDeclaration" || node.declaration === null;
  }
  return (
    node.type === "FunctionDeclaration" || node.type === "ExportDefaultDeclaration" || isEnum(node)
  );
}

export function isEnum(node: AnyNode): boolean {
  if (node.type !== "ExpressionStatement" || node.expression.type !== "CallExpression")
    return false;
  const { callee } = node.expression;
  const [first] = callee.type === "ArrowFunctionExpression" ? callee.params : [];
  return first?.type === "Identifier" && first.name.startsWith(ENUM_NAME);
}

/**
 * The statements of expressions that the branches of a program's last statement end in. Loops, labelled statements and
 * branches that end in a declaration have none; nor has a statement with a `return`: it says itself what it comes to.
 */
export function branchEndings(statement: AnyNode): readonly ExpressionStatement[] {
  return hasReturn(statement) ? [] : [...endingsOf(statement, false)];
}

/** @param breaks whether a `break` at the end leaves nothing but the last statement of the program */
function* endingsOf(node: AnyNode, breaks: boolean): Generator<ExpressionStatement> {
  switch (node.type) {
    case "ExpressionStatement":
      yield node;
      break;
    case "BlockStatement":
      yield* endingsOfList(node.body as AnyNode[], breaks);
      break;
    case "IfStatement":
      yield* endingsOf(node.consequent as AnyNode, breaks);
      if (node.alternate) yield* endingsOf(node.alternate as AnyNode, breaks);
      break;
    case "TryStatement":
      yield* endingsOf(node.block, breaks);
      if (node.handler) yield* endingsOf(node.handler.body, breaks);
      break;
    case "SwitchStatement":
      for (const [at, { consequent }] of node.cases.entries()) {
        const isLast = at === node.cases.length - 1;
        if (isLast || isBreak(flat(consequent as AnyNode[]).at(-1)))
          yield* endingsOfList(consequent as AnyNode[], true);
      }
  }
}

function* endingsOfList(list: readonly AnyNode[], breaks: boolean): Generator<ExpressionStatement> {
  const statements = list.filter((node) => node.type !== "EmptyStatement" && !isHoisted(node));
  if (breaks && isBreak(statements.at(-1))) statements.pop();
  const last = statements.at(-1);
  if (last !== undefined) yield* endingsOf(last, breaks);
}

/** A case may have its statements in a block. */
function flat(list: readonly AnyNode[]): readonly AnyNode[] {
  const [only] = list;
  return list.length === 1 && only!.type === "BlockStatement" ? (only!.body as AnyNode[]) : list;
}

function isBreak(node: AnyNode | undefined): boolean {
  return node?.type === "BreakStatement" && !node.label;
}

function hasReturn(statement: AnyNode): boolean {
  let found = false;
  walk(statement, (node, parents) => {
    found ||= node.type === "ReturnStatement" && ![statement, ...parents].some(isFunction);
  });
  return found;
}
