/** The variables that a program uses and does not declare. */
import { type AnyNode, walk } from "./acorn.ts";
import { isReference } from "./references.ts";
import { assignedGlobal, targets } from "./session-declarations.ts";
import { isFunction } from "./usage.ts";

/**
 * The uses of variables that no declaration around them declares. A variable that the program makes by setting it, as a property of
 * `globalThis` or without a declaration, is declared too.
 */
export function freeVariables(tree: AnyNode): ReadonlySet<AnyNode> {
  const declared = declarations(tree);
  /** How many scopes around the current node declare a name. */
  const known = new Map<string, number>();
  const count = (node: AnyNode, by: number): void => {
    const names = declared.get(node);
    if (names === undefined) return;
    for (const name of names) known.set(name, (known.get(name) ?? 0) + by);
  };
  const free = new Set<AnyNode>();
  walk(
    tree,
    (node, parents) => {
      count(node, 1);
      if (node.type !== "Identifier" || known.get(node.name)) return;
      if (isReference(node, parents) && !isLabel(node, parents.at(-1)!)) free.add(node);
    },
    (node) => count(node, -1),
  );
  return free;
}

/** The names that each scope declares. */
function declarations(tree: AnyNode): ReadonlyMap<AnyNode, ReadonlySet<string>> {
  const declared = new Map<AnyNode, Set<string>>();
  const add = (scope: AnyNode, name: string): void => {
    const names = declared.get(scope) ?? new Set();
    declared.set(scope, names.add(name));
  };
  const addAll = (scope: AnyNode, pattern: AnyNode): void => {
    for (const { id } of targets(pattern)) add(scope, id.name);
  };
  walk(tree, (node, parents) => {
    const assigned = assignedGlobal(node);
    if (assigned !== undefined) add(tree, assigned);
    switch (node.type) {
      case "ImportDeclaration":
        for (const { local } of node.specifiers) add(tree, local.name);
        break;
      case "VariableDeclaration": {
        const scope = parents.findLast(node.kind === "var" ? isFunctionScope : isScope) ?? tree;
        for (const { id } of node.declarations) addAll(scope, id as AnyNode);
        break;
      }
      case "FunctionDeclaration":
      case "ClassDeclaration":
        if (node.id) add(parents.findLast(isScope) ?? tree, node.id.name);
        break;
      case "FunctionExpression":
      case "ClassExpression":
        if (node.id) add(node, node.id.name);
        break;
      case "CatchClause":
        if (node.param) addAll(node, node.param as AnyNode);
        break;
      case "AssignmentExpression":
        addAll(tree, node.left as AnyNode);
    }
    if (isFunction(node)) for (const each of paramsOf(node)) addAll(node, each);
  });
  return declared;
}

function paramsOf(node: AnyNode): readonly AnyNode[] {
  return "params" in node ? (node.params as AnyNode[]) : [];
}

const SCOPES: ReadonlySet<string> = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
]);

function isScope(node: AnyNode): boolean {
  return SCOPES.has(node.type) || isFunctionScope(node);
}

function isFunctionScope(node: AnyNode): boolean {
  return isFunction(node) || node.type === "StaticBlock" || node.type === "Program";
}

function isLabel(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type === "MetaProperty") return true;
  return (
    (parent.type === "LabeledStatement" ||
      parent.type === "BreakStatement" ||
      parent.type === "ContinueStatement") &&
    parent.label === node
  );
}
