/** What an entry function gets: the tools, by whatever name and pattern its first parameter has. */
import type { EntryKeys } from "../core/program.ts";
import { type AnyNode, nameOf, walk } from "./acorn.ts";

export type FunctionNode = Extract<
  AnyNode,
  { type: "ArrowFunctionExpression" | "FunctionExpression" | "FunctionDeclaration" }
>;

/** The first parameter of an entry function that gets the tools. */
export interface EntryParameter {
  /** A name or an object pattern. */
  readonly pattern: AnyNode;
  readonly keys: EntryKeys;
  /** The parameter is `tools` itself: a server `tools` is its property. */
  readonly isTools: boolean;
}

/** Names that mean tools, whether or not the function can do without. */
const MEANS_TOOLS = /tools$|^mcp|client$/i;

/**
 * The parameter that gets the tools; `undefined` where the function has none, or does what it did without: it has a default value, or
 * asks whether there is an argument.
 */
export function entryParameter(entry: FunctionNode): EntryParameter | undefined {
  const [first] = entry.params as readonly AnyNode[];
  switch (first?.type) {
    case "Identifier": {
      const isTools = MEANS_TOOLS.test(first.name);
      if (!isTools && asksForAbsence(entry, first.name)) return undefined;
      return { pattern: first, keys: isTools ? "all" : "known", isTools: first.name === "tools" };
    }
    case "ObjectPattern":
      return { pattern: first, keys: isOptional(first) ? "known" : "all", isTools: false };
    case "AssignmentPattern": {
      const isEmpty =
        first.right.type === "ObjectExpression" && first.right.properties.length === 0;
      return first.left.type === "ObjectPattern" && isEmpty
        ? { pattern: first.left, keys: "known", isTools: false }
        : undefined;
    }
    default:
      return undefined;
  }
}

function isOptional({ properties }: Extract<AnyNode, { type: "ObjectPattern" }>): boolean {
  return properties.some(
    (property) => property.type === "RestElement" || property.value.type === "AssignmentPattern",
  );
}

/** Whether a function handles that its parameter is undefined, and does not read `tools` of it. */
function asksForAbsence(entry: FunctionNode, name: string): boolean {
  let asks = false;
  let readsTools = false;
  walk(entry, (node, parents) => {
    if (node.type !== "Identifier" || node.name !== name) return;
    const parent = parents.at(-1)!;
    asks ||= asksIn(parent, node);
    readsTools ||=
      parent.type === "MemberExpression" &&
      parent.object === node &&
      nameOf(parent.property) === "tools";
  });
  return asks && !readsTools;
}

function asksIn(parent: AnyNode, node: AnyNode): boolean {
  switch (parent.type) {
    case "UnaryExpression":
      return parent.operator === "!" || parent.operator === "typeof";
    case "LogicalExpression":
      return parent.left === node;
    case "BinaryExpression":
    case "AssignmentExpression":
      return true;
    case "IfStatement":
    case "ConditionalExpression":
      return parent.test === node;
    case "MemberExpression":
      return parent.object === node && parent.optional === true;
    default:
      return false;
  }
}
