/** Finds the expressions of a program that refer to tools. */
import { ENTRY_GLOBALS } from "../core/entry-globals.ts";
import { ASK, type NameTable, type ServerNames } from "../core/names.ts";
import { clear, placedTools, serversSpelled, toolsSpelled } from "../core/spelling.ts";
import { toolModule } from "../core/tool-modules.ts";
import { type AnyNode, importedName, isFunctionExpression, nameOf, walk } from "./acorn.ts";
import type { EntryParameter } from "./entry-parameter.ts";
import { literalOf } from "./literal.ts";

/** What an expression refers to: all tools, what an entry function gets, the tools of a server, or one tool. */
export type ToolReference =
  | { readonly kind: "all" }
  | { readonly kind: "entry"; readonly entry: EntryParameter }
  | { readonly kind: "server"; readonly server: ServerNames }
  | { readonly kind: "tool"; readonly server: ServerNames; readonly tool: string };

/** `ask`, a question to the host's model: a tool of no server. */
const QUESTION: ToolReference = {
  kind: "tool",
  server: { name: "", alias: "", className: "", tools: [] },
  tool: ASK,
};

type MemberExpression = Extract<AnyNode, { type: "MemberExpression" }>;

/** Where a variable gets its value from: an expression, a property of one, an export of a module, what an entry function gets. */
type Binding =
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
    } else if (declaresAsk(node)) add(ASK, { from: node });
  });
  return bindings;
}

/** A function, a class or a parameter of that name is no question. */
function declaresAsk(node: AnyNode): boolean {
  if (node.type === "ClassDeclaration") return node.id?.name === ASK;
  if (node.type !== "FunctionDeclaration" && !isFunctionExpression(node)) return false;
  const isNamed = "id" in node && node.id?.name === ASK;
  return isNamed || node.params.some((each) => each.type === "Identifier" && each.name === ASK);
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

function awaited(node: AnyNode): AnyNode {
  return node.type === "AwaitExpression" ? (node.argument as AnyNode) : node;
}

const MAX_DEPTH = 20;
/** A variable with more values than this is treated as unknown. */
const MAX_BINDINGS = 50;
/** Properties of any object, which `tools` does not have. */
const NOT_SERVERS = new Set(["then", "constructor", "toString", "valueOf", "toJSON"]);

export class ToolReferences {
  readonly #names: NameTable;
  readonly #bindings: ReadonlyMap<string, readonly Binding[]>;

  constructor(names: NameTable, bindings: ReadonlyMap<string, readonly Binding[]>) {
    this.#names = names;
    this.#bindings = bindings;
  }

  /** What `node` refers to; `undefined` where it does not refer to tools. */
  of(node: AnyNode, depth = 0): ToolReference | undefined {
    if (depth > MAX_DEPTH) return undefined;
    switch (node.type) {
      case "Identifier":
        return this.#ofName(node.name, depth);
      case "MemberExpression": {
        const object = this.of(awaited(node.object as AnyNode), depth + 1);
        if (object === undefined) return this.#isGlobalAsk(node) ? QUESTION : undefined;
        const key = node.computed
          ? literalOf(node.property as AnyNode)?.value
          : nameOf(node.property);
        return typeof key === "string" ? this.#member(object, key) : object;
      }
      case "NewExpression":
        return this.of(node.callee as AnyNode, depth + 1);
      case "ChainExpression":
      case "ParenthesizedExpression":
        return this.of(node.expression as AnyNode, depth + 1);
      case "ImportExpression": {
        const specifier = literalOf(node.source as AnyNode)?.value;
        return typeof specifier === "string" ? this.#ofModule(specifier, "*") : undefined;
      }
      default:
        return undefined;
    }
  }

  /** `globalThis.ask` */
  #isGlobalAsk({ object, property, computed }: MemberExpression): boolean {
    if (computed || object.type !== "Identifier" || nameOf(property) !== ASK) return false;
    return ["globalThis", "global"].includes(object.name) && !this.#bindings.has(object.name);
  }

  #ofName(name: string, depth: number): ToolReference | undefined {
    const bindings = this.#bindings.get(name);
    if (bindings === undefined)
      return name === "tools" ? { kind: "all" } : name === ASK ? QUESTION : this.#flat(name);
    // Too many values to follow.
    if (bindings.length === MAX_BINDINGS) return { kind: "all" };
    for (const binding of bindings) {
      const meaning = this.#ofBinding(binding, depth);
      if (meaning !== undefined) return meaning;
    }
    return undefined;
  }

  #flat(name: string): ToolReference | undefined {
    // Only such words are given to programs as flat functions.
    const place = name.includes("_") ? clear(placedTools(this.#names, name)) : undefined;
    return place && { kind: "tool", server: place.server, tool: place.tool.name };
  }

  #ofBinding(binding: Binding, depth: number): ToolReference | undefined {
    if ("entry" in binding) return this.#ofEntry(binding.entry, binding.path);
    if ("module" in binding) return this.#ofModule(binding.module, binding.export);
    const meaning = this.of(binding.from, depth + 1);
    if (meaning === undefined || binding.property === undefined) return meaning;
    return this.#member(meaning, binding.property);
  }

  #ofEntry(entry: EntryParameter, path: readonly string[]): ToolReference | undefined {
    let meaning: ToolReference | undefined = { kind: "entry", entry };
    for (const key of path) meaning = meaning && this.#member(meaning, key);
    return meaning;
  }

  /** As the guest's entry.ts has it. */
  #entryMember({ keys, isTools }: EntryParameter, key: string): ToolReference | undefined {
    const isServer = serversSpelled(this.#names, key).length > 0;
    if (key === "tools" && !(isServer && isTools)) return { kind: "all" };
    if (key === ASK && !isServer) return QUESTION;
    const isKnown = isServer || (keys === "all" && !ENTRY_GLOBALS.includes(key));
    return isKnown ? this.#member({ kind: "all" }, key) : undefined;
  }

  #ofModule(specifier: string, name: string): ToolReference | undefined {
    const found = toolModule(this.#names, specifier);
    if (found === undefined) return undefined;
    const { server, tool } = found;
    if (name === server.className) return { kind: "server", server };
    if (tool !== undefined) return { kind: "tool", server, tool: tool.name };
    return name === "default" || name === "*"
      ? { kind: "server", server }
      : this.#member({ kind: "server", server }, name);
  }

  #member(object: ToolReference, key: string): ToolReference | undefined {
    if (object.kind === "tool")
      return ["call", "apply", "bind", "default"].includes(key) ? object : undefined;
    if (object.kind === "entry") return this.#entryMember(object.entry, key);
    if (object.kind === "all") {
      if (NOT_SERVERS.has(key)) return undefined;
      const server = clear(serversSpelled(this.#names, key));
      const place = server === undefined ? clear(placedTools(this.#names, key)) : undefined;
      if (place !== undefined && serversSpelled(this.#names, key).length === 0)
        return { kind: "tool", server: place.server, tool: place.tool.name };
      // An unknown server is a server too: each of its tools is unknown.
      return {
        kind: "server",
        server: server ?? { name: key, alias: key, className: "", tools: [] },
      };
    }
    const { server } = object;
    if (key === server.className || key === "default") return object;
    const tool = clear(toolsSpelled(server, key));
    return { kind: "tool", server, tool: tool?.name ?? key };
  }
}
