/** Static analysis of a program: which tools it can call, with which arguments, and how. Nothing is run. */
import type { NameTable } from "../core/names.ts";
import type { Position } from "../core/program.ts";
import { type AnyNode, importedName, nameOf, walk } from "./acorn.ts";
import { bindingsOf, isFollowed } from "./bindings.ts";
import { givenGlobals } from "./given-globals.ts";
import { LineIndex } from "./line-index.ts";
import { type InspectedValue, inspectedValue } from "./inspected-value.ts";
import { literalOf } from "./literal.ts";
import { callByName, type NamedUse } from "./named-calls.ts";
import { parseSource } from "./parse.ts";
import type { DynamicUse, ImportUse, InspectedProgram, InspectedUse } from "./program-uses.ts";
import { targets } from "./session-declarations.ts";
import type { Stripped } from "./strip-types.ts";
import { freeVariables } from "./scopes.ts";
import { ToolReferences } from "./tool-references.ts";
import {
  branchesOf,
  callOf,
  givenBy,
  hidesTools,
  howUsed,
  isDeclared,
  isFunction,
} from "./usage.ts";

/** @throws CompileError */
export function inspectProgram(
  source: string,
  names: NameTable,
  sourceBytes: number,
): InspectedProgram {
  const { text, stripped } = parseSource(source, sourceBytes);
  const value = inspectedValue(text, stripped);
  const uses = new Inspector(source, stripped, names, value).inspect();
  return { text, isTyped: stripped.isTyped, ...uses, parameter: value.typed, object: value.object };
}

class Inspector {
  readonly #source: string;
  readonly #lines: LineIndex;
  readonly #stripped: Stripped;
  readonly #tree: AnyNode;
  readonly #references: ToolReferences;
  readonly #tools: InspectedUse[] = [];
  readonly #imports: ImportUse[] = [];
  readonly #dynamic: DynamicUse[] = [];
  readonly #returns: number[] = [];
  readonly #named: NamedUse[] = [];
  readonly #names: NameTable;
  readonly #free: ReadonlySet<AnyNode>;
  readonly #values = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #caught: [number, number][] = [];
  readonly #branches: [number, number][] = [];

  readonly #value: InspectedValue;
  /** The variables of the entry function's parameter, where they are declared. */
  readonly #declared: ReadonlySet<AnyNode>;

  constructor(source: string, stripped: Stripped, names: NameTable, value: InspectedValue) {
    this.#source = source;
    this.#value = value;
    this.#declared = new Set(
      Array.from(value.parameter ? targets(value.parameter.pattern) : [], ({ id }) => id),
    );
    this.#lines = new LineIndex(source);
    this.#stripped = stripped;
    this.#tree = stripped.tree as AnyNode;
    this.#names = names;
    this.#free = freeVariables(this.#tree);
    const bindings = bindingsOf(this.#tree, value.parameter);
    this.#references = new ToolReferences(names, bindings, this.#free);
  }

  inspect(): Omit<InspectedProgram, "text" | "isTyped" | "parameter" | "object"> {
    walk(this.#tree, (node, parents) => this.#visit(node, parents));
    return {
      tools: this.#tools,
      imports: this.#imports,
      dynamic: this.#dynamic,
      returns: this.#returns,
      given: givenGlobals(this.#names, this.#free),
      respelled: this.#references.respelled,
      named: this.#named,
      values: [...this.#values.difference(this.#asked)],
      caught: this.#caught,
      branches: this.#branches,
    };
  }

  #note(node: AnyNode, parents: readonly AnyNode[]): void {
    if (node.type === "TryStatement" && node.handler) this.#caught.push(this.#span(node.block));
    for (const branch of branchesOf(node)) this.#branches.push(this.#span(branch));
    if (node.type !== "Identifier" || isDeclared(node, parents)) return;
    const parent = parents.at(-1);
    const isAsked = parent?.type === "UnaryExpression" && parent.operator === "typeof";
    (isAsked ? this.#asked : this.#values).add(node.name);
  }

  #span({ start, end }: { readonly start: number; readonly end: number }): [number, number] {
    return [this.#stripped.origin(start), this.#stripped.origin(end - 1)];
  }

  #visit(node: AnyNode, parents: readonly AnyNode[]): void {
    this.#note(node, parents);
    if (node.type === "ImportDeclaration") return this.#import(node);
    if (node.type === "ImportExpression") return this.#dynamicImport(node);
    if (node.type === "ReturnStatement" && node.argument && !parents.some(isFunction))
      this.#returns.push(this.#stripped.origin(node.start));
    const meaning = this.#references.of(node);
    // A server can be called `constructor`.
    const hiding = meaning?.kind === "server" ? undefined : hidesTools(node, parents);
    if (hiding !== undefined) return this.#hides(hiding, node);
    if (meaning === undefined || isDeclared(node, parents) || this.#declared.has(node)) return;
    if (this.#isPartOfMore(node, parents)) return;
    if (meaning.kind === "client" && this.#isUnused(node, parents)) return;
    // Variables that hold it are followed to the places where they are used.
    const parent = parents.at(-1)!;
    if (meaning.kind !== "tool" && parent.type === "VariableDeclarator") {
      if (!isFollowed(parent.id as AnyNode)) this.#hides("tools with a computed name", node);
      return;
    }
    if (meaning.kind === "entry" && isRead(node, parents)) return;
    if (meaning.kind === "call") return this.#namedCall(node, parents);
    const server = "server" in meaning ? meaning.server : undefined;
    if (server === undefined)
      return this.#hides("tools handed on as a whole, or with a computed name", node);
    const tool = meaning.kind === "tool" ? { tool: meaning.tool } : {};
    this.#use({ server: server.name, ...tool }, node, parents, this.#given(node, parents));
  }

  /** `mcpClient` where a wrapper class takes it, or where it is asked for what it does not have. */
  #isUnused(node: AnyNode, parents: readonly AnyNode[]): boolean {
    const parent = parents.at(-1)!;
    if (parent.type !== "NewExpression" || parent.callee === node) return isRead(node, parents);
    return this.#references.of(parent.callee as AnyNode)?.kind === "server";
  }

  /** `callTool(…)` */
  #namedCall(node: AnyNode, parents: readonly AnyNode[]): void {
    const call = callOf(node, parents);
    const found =
      call && callByName(this.#names, call, node.start, this.#source, this.#stripped.origin);
    if (found === undefined) return this.#hides("a tool whose name is computed", node);
    const { server, tool, given, named } = found;
    this.#use({ server, tool }, node, parents, given);
    if (named !== undefined) this.#named.push(named);
  }

  #use(
    tool: Pick<InspectedUse, "server" | "tool">,
    node: AnyNode,
    parents: readonly AnyNode[],
    given: readonly AnyNode[] | undefined,
  ): void {
    const whole = callOf(node, parents) ?? node;
    this.#tools.push({
      ...tool,
      ...howUsed(parents, this.#value.statements, given),
      ...this.#at(node),
      start: this.#stripped.origin(whole.start),
      end: this.#stripped.origin(whole.end - 1) + 1,
    });
  }

  /** The arguments that a tool gets; `undefined` where the text does not show them. */
  #given(node: AnyNode, parents: readonly AnyNode[]): readonly AnyNode[] | undefined {
    const call = callOf(node, parents);
    if (call === undefined) return undefined;
    if (node.type !== "MemberExpression" || node.computed) return givenBy(call, undefined);
    const object = this.#references.of(node.object as AnyNode)?.kind;
    const isOfTool = object === "tool" || object === "some";
    return givenBy(call, isOfTool ? nameOf(node.property) : undefined);
  }

  #import(node: Extract<AnyNode, { type: "ImportDeclaration" }>): void {
    const specifier = String(node.source.value);
    this.#imports.push({ specifier, names: node.specifiers.map(importedName), ...this.#at(node) });
  }

  #dynamicImport(node: Extract<AnyNode, { type: "ImportExpression" }>): void {
    const specifier = literalOf(node.source as AnyNode)?.value;
    const known = typeof specifier === "string" ? { specifier } : {};
    this.#imports.push({ ...known, names: ["*"], ...this.#at(node) });
    if (typeof specifier !== "string") this.#hides("an import whose name is computed", node);
  }

  #hides(what: string, node: AnyNode): void {
    this.#dynamic.push({ what, ...this.#at(node) });
  }

  /** `tools` in `tools.github`, `tools.github` in `tools.github.createIssue`: the larger expression is the use. */
  #isPartOfMore(node: AnyNode, parents: readonly AnyNode[]): boolean {
    const parent = parents.at(-1)!;
    const isPart =
      (parent.type === "MemberExpression" && parent.object === node) ||
      (parent.type === "NewExpression" && parent.callee === node);
    return isPart && this.#references.of(parent) !== undefined;
  }

  #at(node: AnyNode): Position {
    return this.#lines.position(this.#stripped.origin(node.start));
  }
}

/** `ctx` in `ctx.limit`. */
function isRead(node: AnyNode, parents: readonly AnyNode[]): boolean {
  const parent = parents.at(-1)!;
  return parent.type === "MemberExpression" && parent.object === node && !parent.computed;
}
