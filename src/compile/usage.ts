/** Finds out how an expression that refers to a tool is used. */
import { type AnyNode, isFunctionExpression, nameOf } from "./acorn.ts";
import { type Literal, literalOf, type PartialLiteral } from "./literal.ts";

/** Names that give access to globals, and so to all tools, by a text made at run time. */
const HIDING = new Set(["eval", "Function", "globalThis", "global"]);
const EACH = new Set(
  "map forEach filter flatMap reduce reduceRight some every find findIndex findLast findLastIndex sort toSorted from replace replaceAll".split(
    " ",
  ),
);
const LOOPS = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

/** How a tool is used at one place of a program. */
export interface HowUsed {
  /** The part of the argument that is known from the text. Absent where nothing is known. */
  readonly args?: Literal;
  /** Names of the argument's properties whose values are computed. */
  readonly computed?: readonly string[];
  /** In a loop, or in a function that an array method calls for each item. */
  readonly inLoop: boolean;
  /** The program does not wait for its result. */
  readonly unawaited: boolean;
}

/** {@link HowUsed} with the arguments as they stand in the text. */
export interface GivenArguments extends HowUsed {
  /** What is known of each argument. Absent for a tool that is passed on. */
  readonly given?: readonly (PartialLiteral | undefined)[];
  /** An argument is spread, so that there may be more of them. */
  readonly spreads?: boolean;
}

export type Call = Extract<AnyNode, { type: "CallExpression" }>;

/** The call whose function `node` is. */
export function callOf(node: AnyNode, parents: readonly AnyNode[]): Call | undefined {
  const parent = parents.at(-1)!;
  return parent.type === "CallExpression" && parent.callee === node ? parent : undefined;
}

/**
 * The arguments that a call gives to a tool; `undefined` where the text does not show them.
 * @param method the tool's own method that is called: `tool.call(self, …)`, `tool.apply(self, […])`, `tool.bind(self)`
 */
export function givenBy(
  { arguments: all }: Call,
  method: string | undefined,
): readonly AnyNode[] | undefined {
  const [self, list] = all;
  if (self?.type === "SpreadElement" && (method === "call" || method === "apply")) return undefined;
  switch (method) {
    case "call":
      return all.slice(1) as AnyNode[];
    case "apply":
      if (list === undefined) return [];
      return list.type === "ArrayExpression" && !list.elements.includes(null)
        ? (list.elements as AnyNode[])
        : undefined;
    case "bind":
      return undefined;
    default:
      return all as AnyNode[];
  }
}

/**
 * The arguments of a tool's call, whether it is repeated, and whether the program waits for it.
 * @param parents of the tool
 * @param values statements that the program comes to: it waits for them
 * @param nodes its arguments, where the text shows them
 */
export function howUsed(
  parents: readonly AnyNode[],
  values: ReadonlySet<AnyNode>,
  nodes: readonly AnyNode[] | undefined,
): GivenArguments {
  // A tool that is passed on may be called any number of times, with any arguments.
  if (nodes === undefined) return { inLoop: true, unawaited: false };
  const above = parents.slice(0, -1);
  const spreads = nodes.some(({ type }) => type === "SpreadElement");
  const given = nodes.map((argument) => literalOf(argument));
  const args = given.length === 0 ? { value: {}, computed: [] } : given[0];
  return {
    given,
    ...(spreads ? { spreads } : {}),
    ...(args === undefined ? {} : { args: args.value }),
    ...(args === undefined || args.computed.length === 0 ? {} : { computed: args.computed }),
    inLoop: isRepeated(above),
    unawaited: isUnawaited(above, values),
  };
}

/** True for a name where it is declared, not used. */
export function isDeclared(node: AnyNode, parents: readonly AnyNode[]): boolean {
  if (node.type !== "Identifier") return false;
  const parent = parents.at(-1)!;
  switch (parent.type) {
    case "VariableDeclarator":
      return parent.id === node;
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return (
        (parent.key === node && !parent.computed && parent.value !== node) ||
        parents.at(-2)?.type === "ObjectPattern"
      );
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "RestElement":
      return true;
    default:
      return false;
  }
}

/** A description of how an expression can hide which tools are called; `undefined` where it cannot. */
export function hidesTools(node: AnyNode, parents: readonly AnyNode[]): string | undefined {
  if (node.type === "MemberExpression" && !node.computed && nameOf(node.property) === "constructor")
    return "a constructor, which can make functions of texts";
  if (node.type !== "Identifier" || !HIDING.has(node.name) || isDeclared(node, parents))
    return undefined;
  const parent = parents.at(-1)!;
  const isGlobal = node.name === "globalThis" || node.name === "global";
  // Setting or reading a global by its name hides nothing.
  const named = parent.type === "MemberExpression" && parent.object === node && !parent.computed;
  if (
    isGlobal &&
    named &&
    nameOf(parent.property) !== "tools" &&
    !HIDING.has(nameOf(parent.property))
  )
    return undefined;
  return isGlobal ? `${node.name}, which has all tools` : `${node.name}, which runs texts`;
}

export function isFunction(node: AnyNode): boolean {
  return isFunctionExpression(node) || node.type === "FunctionDeclaration";
}

/** The parts of a node that a program need not come to where it comes to the node. */
export function branchesOf(
  node: AnyNode,
): readonly { readonly start: number; readonly end: number }[] {
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
      return node.alternate ? [node.consequent, node.alternate] : [node.consequent];
    case "LogicalExpression":
      return [node.right];
    case "SwitchCase":
    case "CatchClause":
      return [node];
    default:
      return [];
  }
}

function isRepeated(parents: readonly AnyNode[]): boolean {
  return parents.some((node, at) => {
    if (LOOPS.has(node.type)) return true;
    if (!isFunctionExpression(node)) return false;
    const outer = parents[at - 1];
    if (outer?.type !== "CallExpression" || outer.callee === node) return false;
    return outer.callee.type === "MemberExpression" && EACH.has(nameOf(outer.callee.property));
  });
}

/** True where the call is a statement of its own, or in an async callback of `forEach`. */
function isUnawaited(parents: readonly AnyNode[], values: ReadonlySet<AnyNode>): boolean {
  const statement = parents.at(-1)!;
  if (statement.type === "ExpressionStatement") return !values.has(statement);
  return parents.some((node, at) => {
    const outer = parents[at - 1];
    if (!isFunctionExpression(node) || !node.async) return false;
    return (
      outer?.type === "CallExpression" &&
      outer.callee.type === "MemberExpression" &&
      nameOf(outer.callee.property) === "forEach"
    );
  });
}
