/** What a program may do, read from its text: which tools it can call, with what, and how. Nothing is run. */
import type { NameTable } from "../core/names.ts";
import type { Position } from "../core/program.ts";
import { type AnyNode, importedName, walk } from "./acorn.ts";
import { LineIndex } from "./line-index.ts";
import { literalOf } from "./literal.ts";
import { parseSource } from "./parse.ts";
import type { Stripped } from "./strip-types.ts";
import { bindingsOf, ToolReferences } from "./tool-references.ts";
import { callOf, hidesTools, type HowUsed, howUsed, isDeclared, isFunction } from "./usage.ts";

/** One place of a program where a tool is called, or handed on to be called. */
export interface ToolUse extends Position, HowUsed {
  /** Original names. Without `tool`: any tool of the server. */
  readonly server: string;
  readonly tool?: string;
  /** Where the call (or the tool, where it is handed on) begins and ends, as offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/** A static or dynamic import. */
export interface ImportUse extends Position {
  /** Absent where it is computed. */
  readonly specifier?: string;
  readonly names: readonly string[];
}

/** Something that hides from the text which tools are called. */
export interface DynamicUse extends Position {
  readonly what: string;
}

export interface ProgramUses {
  readonly tools: readonly ToolUse[];
  readonly imports: readonly ImportUse[];
  /** With any of these, every tool may be called. */
  readonly dynamic: readonly DynamicUse[];
}

/** The same, and what a type checker has to know to read a program as a module. */
export interface InspectedProgram extends ProgramUses {
  /** Where values are returned outside of any function, as offsets of the word. */
  readonly returns: readonly number[];
  /** Names that earlier programs of its session left. Default: none. */
  readonly declared?: readonly string[];
}

/** @throws CompileError */
export function inspectProgram(
  source: string,
  names: NameTable,
  sourceBytes: number,
): InspectedProgram {
  const { stripped, tree } = parseSource(source, sourceBytes);
  return new Inspector(source, stripped, names, tree as AnyNode).inspect();
}

class Inspector {
  readonly #lines: LineIndex;
  readonly #stripped: Stripped;
  readonly #tree: AnyNode;
  readonly #references: ToolReferences;
  readonly #tools: ToolUse[] = [];
  readonly #imports: ImportUse[] = [];
  readonly #dynamic: DynamicUse[] = [];
  readonly #returns: number[] = [];

  constructor(source: string, stripped: Stripped, names: NameTable, tree: AnyNode) {
    this.#lines = new LineIndex(source);
    this.#stripped = stripped;
    this.#tree = tree;
    this.#references = new ToolReferences(names, bindingsOf(tree));
  }

  inspect(): InspectedProgram {
    walk(this.#tree, (node, parents) => this.#visit(node, parents));
    return {
      tools: this.#tools,
      imports: this.#imports,
      dynamic: this.#dynamic,
      returns: this.#returns,
    };
  }

  #visit(node: AnyNode, parents: readonly AnyNode[]): void {
    if (node.type === "ImportDeclaration") return this.#import(node);
    if (node.type === "ImportExpression") return this.#dynamicImport(node);
    if (node.type === "ReturnStatement" && node.argument && !parents.some(isFunction))
      this.#returns.push(this.#stripped.origin(node.start));
    const hiding = hidesTools(node, parents);
    if (hiding !== undefined) return this.#hides(hiding, node);
    const meaning = this.#references.of(node);
    if (meaning === undefined || isDeclared(node, parents) || this.#isPartOfMore(node, parents))
      return;
    // What is done with a variable that gets it is seen where the variable is used.
    if (meaning.kind !== "tool" && parents.at(-1)!.type === "VariableDeclarator") return;
    if (meaning.kind === "all")
      return this.#hides("tools handed on as a whole, or with a computed name", node);
    const whole = callOf(node, parents) ?? node;
    this.#tools.push({
      server: meaning.server.name,
      ...(meaning.kind === "tool" ? { tool: meaning.tool } : {}),
      ...howUsed(node, parents),
      ...this.#at(node),
      start: this.#stripped.origin(whole.start),
      end: this.#stripped.origin(whole.end - 1) + 1,
    });
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

  /** `tools` in `tools.github`, `tools.github` in `tools.github.createIssue`: the larger expression says more. */
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
