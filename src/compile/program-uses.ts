/** Static analysis of a program: which tools it can call, with which arguments, and how. Nothing is run. */
import { globalMeaning, namedCall } from "../core/meaning.ts";
import type { NameTable } from "../core/names.ts";
import type { Position } from "../core/program.ts";
import { type AnyNode, importedName, nameOf, walk } from "./acorn.ts";
import { bindingsOf } from "./bindings.ts";
import { LineIndex } from "./line-index.ts";
import { type InspectedValue, inspectedValue, type TypedParameter } from "./inspected-value.ts";
import { literalOf } from "./literal.ts";
import { parseSource } from "./parse.ts";
import { targets } from "./session-declarations.ts";
import type { Stripped } from "./strip-types.ts";
import { freeVariables } from "./scopes.ts";
import { type Respelled, ToolReferences } from "./tool-references.ts";
import {
  callOf,
  type GivenArguments,
  hidesTools,
  type HowUsed,
  howUsed,
  isDeclared,
  isFunction,
} from "./usage.ts";

/** One place of a program where a tool is called, or passed on as a value. */
export interface ToolUse extends Position, HowUsed {
  /** Original name of the server; empty for `ask`, a question to the host's model. */
  readonly server: string;
  /** Original name of the tool. Absent where it can be any tool of the server. */
  readonly tool?: string;
  /** Start of the call (or of the tool, where it is passed on) as an offset in the text, in UTF-16 units. */
  readonly start: number;
  /** Offset after its end. */
  readonly end: number;
}

/** {@link ToolUse} as the text shows it, before its tool is looked at. */
export interface InspectedUse extends ToolUse, GivenArguments {}

/** A static or dynamic import. */
export interface ImportUse extends Position {
  /** The module. Absent where it is computed. */
  readonly specifier?: string;
  /** Names of the imported exports: `default` for the default export, `*` for all. */
  readonly names: readonly string[];
}

/** An expression that can call tools which the text does not show. */
export interface DynamicUse extends Position {
  /** The expression in words, e.g. `eval, which runs texts`. */
  readonly what: string;
}

/** The tools that a program can call, as far as its text shows. */
export interface ProgramUses {
  /** Calls of tools, in the order of the text. */
  readonly tools: readonly ToolUse[];
  /** Imports, in the order of the text. */
  readonly imports: readonly ImportUse[];
  /** Expressions that hide tools. If there is one, any tool may be called. */
  readonly dynamic: readonly DynamicUse[];
}

/** `callTool("server", "tool", args)`: offsets of the part that names the tool, from the function's name to the arguments. */
export interface NamedUse {
  readonly start: number;
  readonly end: number;
  readonly server: string;
  readonly tool: string;
}

/** A variable that the program does not declare, and that names tools. Original names. */
export interface GivenGlobal {
  readonly word: string;
  readonly kind: "server" | "class" | "tool";
  readonly server: string;
  readonly tool?: string;
}

/** {@link ProgramUses}, and what a type checker needs to read a program as a module. */
export interface InspectedProgram extends ProgramUses {
  /** What the program gets without declaring or importing it. @default none */
  readonly given?: readonly GivenGlobal[];
  /** Other spellings of servers and tools. @default none */
  readonly respelled?: readonly Respelled[];
  /** Calls by `callTool`. @default none */
  readonly named?: readonly NamedUse[];
  readonly tools: readonly InspectedUse[];
  /** The program's text, in which all that is none of it, such as a Markdown fence, is spaces. */
  readonly text: string;
  /** Whether it is more than JavaScript. */
  readonly isTyped: boolean;
  /** Offsets of the `return` keywords outside of any function. */
  readonly returns: readonly number[];
  /**
   * Names of values that it uses without asking for their `typeof`.
   * @default none
   */
  readonly values?: readonly string[];
  /**
   * Offsets of the blocks whose errors it catches.
   * @default none
   */
  readonly caught?: readonly (readonly [start: number, end: number])[];
  /** The parameter of its entry function, where that gets the tools. */
  readonly parameter?: TypedParameter | undefined;
  /** The object literal that it ends in without parentheses around it, `{ a: 1, b: 2 }`. */
  readonly object?: { readonly start: number; readonly end: number } | undefined;
  /**
   * Names that earlier programs of its session declared.
   * @default none
   */
  readonly declared?: readonly string[];
  /**
   * There is a model that `ask` asks.
   * @default false
   */
  readonly hasModel?: boolean;
}

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

/** More are not told to a type checker: its host looks each one up. */
const MAX_GIVEN = 1_000;

class Inspector {
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

  readonly #value: InspectedValue;
  /** The variables of the entry function's parameter, where they are declared. */
  readonly #declared: ReadonlySet<AnyNode>;

  constructor(source: string, stripped: Stripped, names: NameTable, value: InspectedValue) {
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
    };
  }

  #note(node: AnyNode, parents: readonly AnyNode[]): void {
    if (node.type === "TryStatement" && node.handler)
      this.#caught.push([
        this.#stripped.origin(node.block.start),
        this.#stripped.origin(node.block.end - 1),
      ]);
    if (node.type !== "Identifier" || isDeclared(node, parents)) return;
    const parent = parents.at(-1);
    const isAsked = parent?.type === "UnaryExpression" && parent.operator === "typeof";
    (isAsked ? this.#asked : this.#values).add(node.name);
  }

  #visit(node: AnyNode, parents: readonly AnyNode[]): void {
    this.#note(node, parents);
    if (node.type === "ImportDeclaration") return this.#import(node);
    if (node.type === "ImportExpression") return this.#dynamicImport(node);
    if (node.type === "ReturnStatement" && node.argument && !parents.some(isFunction))
      this.#returns.push(this.#stripped.origin(node.start));
    const meaning = this.#references.of(node);
    // A server may be called `constructor`.
    const hiding = meaning?.kind === "server" ? undefined : hidesTools(node, parents);
    if (hiding !== undefined) return this.#hides(hiding, node);
    if (meaning === undefined || isDeclared(node, parents) || this.#declared.has(node)) return;
    if (this.#isPartOfMore(node, parents)) return;
    if (meaning.kind === "client") return; // it has nothing
    // A variable that holds it is followed to the places where the variable is used.
    if (meaning.kind !== "tool" && parents.at(-1)!.type === "VariableDeclarator") return;
    if (meaning.kind === "entry" && isRead(node, parents)) return;
    if (meaning.kind === "all" || meaning.kind === "entry")
      return this.#hides("tools handed on as a whole, or with a computed name", node);
    if (meaning.kind === "call") return this.#namedCall(node, parents);
    const whole = callOf(node, parents) ?? node;
    this.#tools.push({
      server: meaning.server.name,
      ...(meaning.kind === "tool" ? { tool: meaning.tool } : {}),
      ...howUsed(node, parents, this.#value.statements),
      ...this.#at(node),
      start: this.#stripped.origin(whole.start),
      end: this.#stripped.origin(whole.end - 1) + 1,
    });
  }

  /** `callTool(…)` */
  #namedCall(node: AnyNode, parents: readonly AnyNode[]): void {
    const call = callOf(node, parents);
    const [first, second] = (call?.arguments ?? []).map(
      (argument) => literalOf(argument as AnyNode)?.value,
    );
    // What is spread or computed could be a name too.
    const isKnown =
      call !== undefined && (typeof second === "string" || !mayBeText(call.arguments[1]));
    if (typeof first !== "string" || !isKnown)
      return this.#hides("a tool whose name is computed", node);
    const given = typeof second === "string" ? second : undefined;
    const found = namedCall(this.#names, first, given);
    const named =
      typeof found === "string" ? { server: first, tool: given ?? "", taken: 1 } : found;
    const origin = this.#stripped.origin;
    const start = origin(node.start);
    const end = origin(call.end - 1) + 1;
    this.#tools.push({
      server: named.server,
      tool: named.tool,
      ...howUsed(node, parents, this.#value.statements, named.taken),
      ...this.#at(node),
      start,
      end,
    });
    const next = call.arguments[named.taken];
    if (typeof found !== "string")
      this.#named.push({ ...found, start, end: next ? origin(next.start) : end - 1 });
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

function givenGlobals(names: NameTable, free: ReadonlySet<AnyNode>): GivenGlobal[] {
  const words = [...new Set(Array.from(free, nameOf))];
  const given = words.flatMap((word): GivenGlobal[] => {
    const meaning = globalMeaning(names, word);
    if (meaning?.kind === "tool")
      return [{ word, kind: "tool", server: meaning.server.name, tool: meaning.tool.name }];
    if (meaning?.kind !== "server" && meaning?.kind !== "class") return [];
    return [{ word, kind: meaning.kind, server: meaning.server.name }];
  });
  return given.slice(0, MAX_GIVEN);
}

/** Whether the second argument of `callTool` may be the name of a tool. */
function mayBeText(node: { readonly type: string } | undefined): boolean {
  return (
    node !== undefined &&
    !["ObjectExpression", "ArrayExpression", "Literal", "ArrowFunctionExpression"].includes(
      node.type,
    )
  );
}

/** `ctx` in `ctx.limit`. */
function isRead(node: AnyNode, parents: readonly AnyNode[]): boolean {
  const parent = parents.at(-1)!;
  return parent.type === "MemberExpression" && parent.object === node && !parent.computed;
}
