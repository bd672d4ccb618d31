/** Finds the expressions of a program that refer to tools. */
import { ENTRY_GLOBALS } from "../core/entry-globals.ts";
import { ASK, type NameTable, type ServerNames } from "../core/names.ts";
import { globalMeaning, type Meaning, memberMeaning } from "../core/meaning.ts";
import { clear, exactServer, serversSpelled, toolsSpelled } from "../core/spelling.ts";
import { importMeaning, toolModule } from "../core/tool-modules.ts";
import { type AnyNode, nameOf } from "./acorn.ts";
import { awaited, type Binding, MAX_BINDINGS } from "./bindings.ts";
import type { EntryParameter } from "./entry-parameter.ts";
import { literalOf } from "./literal.ts";

/** What an expression refers to: all tools, what an entry function gets, the tools of a server, one tool, or what calls tools by name. */
export type ToolReference =
  | { readonly kind: "all" }
  | { readonly kind: "call" }
  | { readonly kind: "client" }
  | { readonly kind: "entry"; readonly entry: EntryParameter }
  | { readonly kind: "server"; readonly server: ServerNames }
  /** What has a computed name: of one server, or of all. */
  | { readonly kind: "some"; readonly server?: ServerNames }
  | { readonly kind: "tool"; readonly server: ServerNames; readonly tool: string };

/** `ask`, a question to the host's model: a tool of no server. */
const QUESTION: ToolReference = {
  kind: "tool",
  server: { name: "", alias: "", className: "", tools: [] },
  tool: ASK,
};

type Identifier = Extract<AnyNode, { type: "Identifier" }>;
type MemberExpression = Extract<AnyNode, { type: "MemberExpression" }>;

const MAX_DEPTH = 20;
const MAX_RESPELLED = 1_000;
/** Properties of any object, which `tools` does not have. */
const NOT_SERVERS = new Set(["then", "constructor", "toString", "valueOf", "toJSON"]);

/** A member of `tools`, or of a server, that a program spells in another way than its types do. */
export interface Respelled {
  /** Original name of the server. Absent for a member of `tools`. */
  readonly of?: string;
  readonly key: string;
  /** Original names of what it is. */
  readonly server: string;
  readonly tool?: string;
}

export class ToolReferences {
  readonly #names: NameTable;
  readonly #bindings: ReadonlyMap<string, readonly Binding[]>;
  readonly #free: ReadonlySet<AnyNode>;
  readonly #respelled = new Map<string, Respelled>();

  /** @param free uses of variables that the program does not declare */
  constructor(
    names: NameTable,
    bindings: ReadonlyMap<string, readonly Binding[]>,
    free: ReadonlySet<AnyNode>,
  ) {
    this.#names = names;
    this.#bindings = bindings;
    this.#free = free;
  }

  /** Of all that was looked at. */
  get respelled(): readonly Respelled[] {
    return [...this.#respelled.values()];
  }

  /** What `node` refers to; `undefined` where it does not refer to tools. */
  of(node: AnyNode, depth = 0): ToolReference | undefined {
    if (depth > MAX_DEPTH) return undefined;
    switch (node.type) {
      case "Identifier":
        return this.#ofName(node, depth);
      case "MemberExpression": {
        const object = this.of(awaited(node.object as AnyNode), depth + 1);
        if (object === undefined) return this.#isGlobalAsk(node) ? QUESTION : undefined;
        const key = node.computed
          ? literalOf(node.property as AnyNode)?.value
          : nameOf(node.property);
        return typeof key === "string" ? this.#member(object, key) : partOf(object);
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
    return ["globalThis", "global"].includes(object.name) && this.#free.has(object as AnyNode);
  }

  #ofName(node: Identifier, depth: number): ToolReference | undefined {
    const { name } = node;
    const bindings = this.#bindings.get(name);
    if (bindings === undefined || this.#free.has(node))
      return name === "tools" ? { kind: "all" } : this.#global(node);
    // Too many values to follow.
    if (bindings.length === MAX_BINDINGS) return { kind: "some" };
    for (const binding of bindings) {
      const meaning = this.#ofBinding(binding, depth);
      if (meaning !== undefined) return meaning;
    }
    return undefined;
  }

  #global(node: Identifier): ToolReference | undefined {
    if (!this.#free.has(node)) return undefined;
    if (node.name === ASK) return QUESTION;
    if (node.name === "callTool") return { kind: "call" };
    if (node.name === "mcpClient") return { kind: "client" };
    const meaning = globalMeaning(this.#names, node.name);
    return meaning && referenceTo(meaning);
  }

  #ofBinding(binding: Binding, depth: number): ToolReference | undefined {
    if ("module" in binding) return this.#ofModule(binding.module, binding.export);
    let meaning: ToolReference | undefined =
      "entry" in binding
        ? { kind: "entry", entry: binding.entry }
        : this.of(binding.from, depth + 1);
    for (const key of binding.path) meaning = meaning && this.#member(meaning, key);
    return meaning;
  }

  /** As the guest's entry.ts has it. */
  #entryMember({ keys, isTools }: EntryParameter, key: string): ToolReference | undefined {
    const isServer = serversSpelled(this.#names, key).length > 0;
    if (key === "tools" && !(isServer && isTools)) return { kind: "all" };
    if (key === ASK && !isServer) return QUESTION;
    const isKnown = isServer || (keys === "all" && !ENTRY_GLOBALS.includes(key));
    if (isKnown) return this.#member({ kind: "all" }, key);
    if (key === "mcpClient") return { kind: "client" };
    return key === "callTool" ? { kind: "call" } : undefined;
  }

  #ofModule(specifier: string, name: string): ToolReference | undefined {
    const meaning = importMeaning(this.#names, specifier, name);
    if (meaning !== undefined) return referenceTo(meaning);
    const module = toolModule(this.#names, specifier);
    // An unknown export of a server is an unknown tool.
    return module?.kind === "server"
      ? { kind: "tool", server: module.server, tool: name }
      : undefined;
  }

  #member(object: ToolReference, key: string): ToolReference | undefined {
    switch (object.kind) {
      case "tool":
        return ["call", "apply", "bind", "default", "handle"].includes(key) ? object : undefined;
      case "entry":
        return this.#entryMember(object.entry, key);
      case "all":
        return NOT_SERVERS.has(key) && exactServer(this.#names, key) === undefined
          ? undefined
          : this.#placed(key);
      case "server":
        return this.#tool(object.server, key);
      case "some":
        return object;
      case "client":
        return key === "callTool" ? { kind: "call" } : undefined;
      default:
        return undefined;
    }
  }

  #placed(key: string): ToolReference {
    const meaning = memberMeaning(this.#names, key);
    // An unknown server is a server too: each of its tools is unknown.
    if (meaning === undefined)
      return { kind: "server", server: { name: key, alias: key, className: "", tools: [] } };
    if (meaning.kind === "tool")
      this.#note({ key, server: meaning.server.name, tool: meaning.tool.name });
    else if ("server" in meaning && key !== meaning.server.name && key !== meaning.server.alias)
      this.#note({ key, server: meaning.server.name });
    return referenceTo(meaning);
  }

  #tool(server: ServerNames, key: string): ToolReference {
    if (key === server.className || key === "default") return { kind: "server", server };
    const tool = clear(toolsSpelled(server, key));
    if (tool !== undefined && key !== tool.name && key !== tool.alias)
      this.#note({ of: server.name, key, server: server.name, tool: tool.name });
    return { kind: "tool", server, tool: tool?.name ?? key };
  }

  #note(spelling: Respelled): void {
    if (this.#respelled.size < MAX_RESPELLED)
      this.#respelled.set(JSON.stringify([spelling.of, spelling.key]), spelling);
  }
}

/** `tools[name]`, `tools.github[name]` */
function partOf(object: ToolReference): ToolReference {
  if (object.kind === "server") return { kind: "some", server: object.server };
  return object.kind === "all" || object.kind === "entry" ? { kind: "some" } : object;
}

/** A wrapper class is what it makes. */
function referenceTo(meaning: Meaning): ToolReference {
  switch (meaning.kind) {
    case "tool":
      return { kind: "tool", server: meaning.server, tool: meaning.tool.name };
    case "server":
    case "class":
      return { kind: "server", server: meaning.server };
    default:
      return { kind: meaning.kind };
  }
}
