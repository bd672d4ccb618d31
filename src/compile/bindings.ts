/** The variables of a program, and where their values come from. */
import { type AnyNode, importedName, nameOf, walk } from "./acorn.ts";
import type { EntryParameter } from "./entry-parameter.ts";
import { literalOf } from "./literal.ts";

/** A variable with more values than this is treated as unknown. */
export const MAX_BINDINGS = 50;

/** Where a variable gets its value from: an expression or what is in it, an export of a module, what an entry function gets. */
export type Binding =
  | { readonly entry: EntryParameter; readonly path: readonly string[] }
  | { readonly from: AnyNode; readonly path: readonly string[] }
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
  if (entry !== undefined)
    addPattern(entry.pattern, [], (name, path) => add(name, { entry, path }));
  walk(tree, (node) => {
    if (node.type === "ImportDeclaration") {
      for (const item of node.specifiers) {
        add(item.local.name, { module: String(node.source.value), export: importedName(item) });
      }
    } else if (node.type === "VariableDeclarator" && node.init) {
      const from = awaited(node.init as AnyNode);
      addPattern(node.id as AnyNode, [], (name, path) => add(name, { from, path }));
    } else if (node.type === "AssignmentExpression" && node.left.type === "Identifier") {
      add(node.left.name, { from: node.right as AnyNode, path: [] });
    }
  });
  return bindings;
}

/** The variables in a pattern, and where in the value each one is: `{ tools: { github: { createIssue } }, db = 1, ...others }`. */
function addPattern(
  pattern: AnyNode,
  path: readonly string[],
  add: (name: string, path: readonly string[]) => void,
): void {
  if (pattern.type === "Identifier") return add(pattern.name, path);
  if (pattern.type === "AssignmentPattern") return addPattern(pattern.left as AnyNode, path, add);
  if (pattern.type !== "ObjectPattern") return;
  for (const property of pattern.properties) {
    if (property.type === "RestElement") {
      addPattern(property.argument as AnyNode, path, add); // the rest of an object has what it has
      continue;
    }
    const key = keyIn(property);
    if (key !== undefined) addPattern(property.value as AnyNode, [...path, key], add);
  }
}

/** Whether all variables of a pattern are followed. */
export function isFollowed(pattern: AnyNode): boolean {
  if (pattern.type === "AssignmentPattern") return isFollowed(pattern.left as AnyNode);
  if (pattern.type !== "ObjectPattern") return pattern.type === "Identifier";
  return pattern.properties.every((property) =>
    property.type === "RestElement"
      ? isFollowed(property.argument as AnyNode)
      : keyIn(property) !== undefined && isFollowed(property.value as AnyNode),
  );
}

type Property = Exclude<
  Extract<AnyNode, { type: "ObjectPattern" }>["properties"][number],
  { type: "RestElement" }
>;

/** `undefined` for a computed key. */
function keyIn({ key, computed }: Property): string | undefined {
  const value = computed ? literalOf(key as AnyNode)?.value : nameOf(key);
  return typeof value === "string" ? value : undefined;
}

export function awaited(node: AnyNode): AnyNode {
  return node.type === "AwaitExpression" ? (node.argument as AnyNode) : node;
}
