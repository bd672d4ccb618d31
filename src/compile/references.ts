/** The variables that a program uses. */
import { type AnyNode, walk } from "./acorn.ts";

type Identifier = Extract<AnyNode, { type: "Identifier" }>;

/** A use of a variable, outside the declaration of the function or variable of that name. */
export function isReference(node: Identifier, parents: readonly AnyNode[]): boolean {
  const parent = parents.at(-1)!;
  switch (parent.type) {
    case "MemberExpression":
      if (parent.property === node && !parent.computed) return false;
      break;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      if (parent.key === node && parent.value !== node && !parent.computed) return false;
      break;
    case "VariableDeclarator":
      if (parent.id === node) return false;
      break;
    case "ExportSpecifier":
    case "ExportDefaultDeclaration":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return false;
  }
  return !parents.some(
    (ancestor) => ancestor.type === "FunctionDeclaration" && ancestor.id?.name === node.name,
  );
}

/** The names that a program refers to outside their declaration. */
export function usedNames(tree: AnyNode): ReadonlySet<string> {
  const used = new Set<string>();
  walk(tree, (node, parents) => {
    if (node.type === "Identifier" && isReference(node, parents)) used.add(node.name);
  });
  return used;
}
