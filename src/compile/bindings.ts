/** The variables of a program, and where their values come from. */
import { type AnyNode, importedName, nameOf, walk } from "./acorn.ts";
import type { EntryParameter } from "./entry-parameter.ts";

/** A variable with more values than this is treated as unknown. */
export const MAX_BINDINGS = 50;

/** Where a variable gets its value from: an expression, a property of one, an export of a module, what an entry function gets. */
export type Binding =
  | { readonly entry: EntryParameter; readonly path: readonly string[] }
  | { readonly from: AnyNode; readonly property?: string }
  | { readonly module: string; readonly export: string };

/**
 * The variables of a program by name, wherever they are declared. Scopes are ignored: a name that could refer to a tool is
 * treated as one that does.
 */
export function bindingsOf(
  tree: AnyNode,
  entry: EntryParameter | undefined,
): ReadonlyMap<string, readonly Binding[]> {
  const bindings = new Map<string, Binding[]>();
  const add = (name: string, binding: Binding): void => {
    const known = bindings.get(name) ?? [];
    bindings.set(name, known);
    if (known.length < MAX_BINDINGS) known.push(binding);
  };
  if (entry !== undefined) addEntry(entry.pattern, entry, [], add);
  walk(tree, (node) => {
    if (node.type === "ImportDeclaration") {
      for (const item of node.specifiers) {
        add(item.local.name, { module: String(node.source.value), export: importedName(item) });
      }
    } else if (node.type === "VariableDeclarator" && node.init) {
      addPattern(node.id as AnyNode, awaited(node.init as AnyNode), add);
    } else if (node.type === "AssignmentExpression" && node.left.type === "Identifier") {
      add(node.left.name, { from: node.right as AnyNode });
    }
  });
  return bindings;
}

function addPattern(
  pattern: AnyNode,
  from: AnyNode,
  add: (name: string, binding: Binding) => void,
): void {
  if (pattern.type === "Identifier") return add(pattern.name, { from });
  if (pattern.type !== "ObjectPattern") return;
  for (const property of pattern.properties) {
    if (property.type !== "Property" || property.computed) continue;
    const target =
      property.value.type === "AssignmentPattern" ? property.value.left : property.value;
    if (target.type === "Identifier") add(target.name, { from, property: nameOf(property.key) });
  }
}

/** The variables in the parameter of an entry function: `{ tools: { github: { createIssue } }, db = 1 }`. */
function addEntry(
  pattern: AnyNode,
  entry: EntryParameter,
  path: readonly string[],
  add: (name: string, binding: Binding) => void,
): void {
  if (pattern.type === "Identifier") return add(pattern.name, { entry, path });
  if (pattern.type === "AssignmentPattern")
    return addEntry(pattern.left as AnyNode, entry, path, add);
  if (pattern.type !== "ObjectPattern") return;
  for (const property of pattern.properties) {
    if (property.type === "RestElement") addEntry(property.argument as AnyNode, entry, path, add); // the rest of an object has what it has
    else if (!property.computed)
      addEntry(property.value as AnyNode, entry, [...path, nameOf(property.key)], add);
  }
}

export function awaited(node: AnyNode): AnyNode {
  return node.type === "AwaitExpression" ? (node.argument as AnyNode) : node;
}
