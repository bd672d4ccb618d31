/** What a program may do, read from its text: which tools it can call, with what, and how. Nothing is run. */
import type { NameTable } from "../core/names.ts";
import type { Position } from "../core/program.ts";
import { literalOf, type Literal } from "./literal.ts";
import { parseSource, place } from "./parse.ts";
import { bindingsOf, type Meaning, Meanings } from "./meaning.ts";
import { type AnyNode, walk } from "./syntax.ts";

/** One place of a program where a tool is called, or handed on to be called. */
export interface ToolUse extends Position {
  /** Original names. Without `tool`: any tool of the server. */
  readonly server: string;
  readonly tool?: string;
  /** The argument as far as the text tells; absent where nothing is known of it. */
  readonly args?: Literal;
  /** Names of arguments that are computed. */
  readonly computed?: readonly string[];
  /** In a loop, or in a function that an array method calls for each item. */
  readonly inLoop: boolean;
  /** Nobody waits for its result. */
  readonly unawaited: boolean;
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
}

/** Ways to reach globals, and so all tools, by a text that is made at run time. */
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

/** @throws CompileError */
export function inspectProgram(
  source: string,
  names: NameTable,
  sourceBytes: number,
): InspectedProgram {
  const { stripped, tree } = parseSource(source, sourceBytes);
  const at = (node: AnyNode): Position => place(source, stripped, node.start);
  const range = (node: AnyNode): { start: number; end: number } => ({
    start: stripped.origin(node.start),
    end: stripped.origin(node.end - 1) + 1,
  });
  const meanings = new Meanings(names, bindingsOf(tree as AnyNode));
  const tools: ToolUse[] = [];
  const imports: ImportUse[] = [];
  const dynamic: DynamicUse[] = [];
  const returns: number[] = [];
  walk(tree as AnyNode, (node, parents) => {
    if (node.type === "ImportDeclaration") {
      const taken = node.specifiers.map((item) =>
        item.type === "ImportSpecifier"
          ? nameOf(item.imported)
          : item.type === "ImportDefaultSpecifier"
            ? "default"
            : "*",
      );
      imports.push({ specifier: String(node.source.value), names: taken, ...at(node) });
      return;
    }
    if (node.type === "ImportExpression") {
      const specifier = literalOf(node.source as AnyNode);
      if (typeof specifier?.value === "string")
        imports.push({ specifier: specifier.value, names: ["*"], ...at(node) });
      else {
        imports.push({ names: ["*"], ...at(node) });
        dynamic.push({ what: "an import whose name is computed", ...at(node) });
      }
      return;
    }
    if (node.type === "ReturnStatement" && node.argument && !parents.some(isFunction))
      returns.push(stripped.origin(node.start));
    const hiding = hidesTools(node, parents);
    if (hiding !== undefined) return void dynamic.push({ what: hiding, ...at(node) });
    const meaning = meanings.of(node);
    if (meaning === undefined || isPartOfMore(node, parents, meanings) || isDeclared(node, parents))
      return;
    if (meaning.kind === "all") {
      if (!isBound(parents))
        dynamic.push({ what: "tools handed on as a whole, or with a computed name", ...at(node) });
      return;
    }
    if (meaning.kind === "server" && isBound(parents)) return;
    const parent = parents.at(-1)!;
    const whole = parent.type === "CallExpression" && parent.callee === node ? parent : node;
    tools.push({ ...useOf(meaning, node, parents), ...at(node), ...range(whole) });
  });
  return { tools, imports, dynamic, returns };
}

function useOf(
  meaning: Meaning & { kind: "server" | "tool" },
  node: AnyNode,
  parents: readonly AnyNode[],
): Omit<ToolUse, keyof Position | "start" | "end"> {
  const parent = parents.at(-1)!;
  const call = parent.type === "CallExpression" && parent.callee === node ? parent : undefined;
  const above = call === undefined ? parents : parents.slice(0, -1);
  const argument = call?.arguments[0] as AnyNode | undefined;
  const args =
    call === undefined
      ? undefined
      : argument === undefined
        ? { value: {}, computed: [] }
        : literalOf(argument);
  return {
    server: meaning.server.name,
    ...(meaning.kind === "tool" ? { tool: meaning.tool } : {}),
    ...(args === undefined ? {} : { args: args.value }),
    ...(args === undefined || args.computed.length === 0 ? {} : { computed: args.computed }),
    inLoop: call === undefined || isRepeated(above),
    unawaited: call !== undefined && isUnawaited(above),
  };
}

/** `tools` in `tools.github`, `tools.github` in `tools.github.createIssue`: the larger expression says more. */
function isPartOfMore(node: AnyNode, parents: readonly AnyNode[], meanings: Meanings): boolean {
  const parent = parents.at(-1)!;
  if (parent.type === "MemberExpression" && parent.object === node)
    return meanings.of(parent)?.kind !== undefined;
  if (parent.type === "NewExpression" && parent.callee === node)
    return meanings.of(parent)?.kind !== undefined;
  return false;
}

/** A name where it is made, not used. */
function isDeclared(node: AnyNode, parents: readonly AnyNode[]): boolean {
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
        isPattern(parents.at(-2))
      );
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return true;
    default:
      return false;
  }
}

function isPattern(node: AnyNode | undefined): boolean {
  return node?.type === "ObjectPattern";
}

/** `const gh = tools.github`: what is done with `gh` is seen where `gh` is used. */
function isBound(parents: readonly AnyNode[]): boolean {
  return parents.at(-1)!.type === "VariableDeclarator";
}

function hidesTools(node: AnyNode, parents: readonly AnyNode[]): string | undefined {
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

function isFunction({ type }: AnyNode): boolean {
  return (
    type.endsWith("Function") ||
    type === "FunctionExpression" ||
    type === "FunctionDeclaration" ||
    type === "ArrowFunctionExpression"
  );
}

function isRepeated(parents: readonly AnyNode[]): boolean {
  return parents.some((node, at) => {
    if (LOOPS.has(node.type)) return true;
    if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression") return false;
    const outer = parents[at - 1];
    if (outer?.type !== "CallExpression" || outer.callee === node) return false;
    return outer.callee.type === "MemberExpression" && EACH.has(nameOf(outer.callee.property));
  });
}

/** The call is a statement by itself, or its function is one that `forEach` does not wait for. */
function isUnawaited(parents: readonly AnyNode[]): boolean {
  if (parents.at(-1)!.type === "ExpressionStatement") return !isLastStatement(parents);
  return parents.some((node, at) => {
    const outer = parents[at - 1];
    if (
      (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression") ||
      !node.async
    )
      return false;
    return (
      outer?.type === "CallExpression" &&
      outer.callee.type === "MemberExpression" &&
      nameOf(outer.callee.property) === "forEach"
    );
  });
}

/** The last statement of a program is its value, which is awaited. */
function isLastStatement(parents: readonly AnyNode[]): boolean {
  const [program, statement] = [parents.at(-2), parents.at(-1)];
  return program?.type === "Program" && program.body.at(-1) === (statement as unknown);
}

function nameOf(node: { readonly type: string }): string {
  const { type, name, value } = node as { type: string; name?: string; value?: unknown };
  return type === "Identifier" ? name! : String(value);
}
