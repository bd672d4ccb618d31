/**
 * Rewrites top-level declarations to properties of the global object, so that the next programs of a session can use them.
 * A name is the same variable in all programs of a session: when a program declares it once more, functions of earlier
 * programs see the new value, as in a notebook.
 */
import { type AnyNode, type Program, walk } from "./acorn.ts";
import type { TextEdits } from "./text-edits.ts";
import { isFunction } from "./usage.ts";

type Variables = Extract<AnyNode, { type: "VariableDeclaration" }>;
type Declarator = Variables["declarations"][number];

/** Setting a property of these declares a global variable; see core/program.ts. */
export const LET = "$codecell.let";
export const CONST = "$codecell.const";
/** A `var` is declared before the program starts: to set it is an assignment, also in a loop. */
const VAR = "";
/** Prefix of the local name of a kept function, because the global variable has its own name. */
const LOCAL = "$codecell_";

export class SessionDeclarations {
  readonly #code: string;
  readonly #edits: TextEdits;
  readonly #functions: string[] = [];
  readonly #variables = new Set<string>();
  readonly #names = new Set<string>();

  constructor(code: string, edits: TextEdits) {
    this.#code = code;
    this.#edits = edits;
  }

  /** The names that the program declares for later programs. Complete after {@link rewrite}. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  rewrite(program: Program): void {
    for (const statement of program.body as AnyNode[]) {
      const isExport =
        statement.type === "ExportNamedDeclaration" ||
        statement.type === "ExportDefaultDeclaration";
      this.#rewriteStatement(isExport ? (statement.declaration as AnyNode | null) : statement);
    }
    walk(program as AnyNode, (node, parents) => {
      if (node.type === "VariableDeclaration" && node.kind === "var" && !isInFunction(parents))
        this.#rewriteVar(node, parents.at(-1)!);
      const assigned = assignedGlobal(node);
      if (assigned !== undefined) this.#names.add(assigned);
    });
  }

  /** Code before the program's own: functions and `var` are hoisted. */
  get opening(): string {
    const functions = this.#functions.map((name) => `${JSON.stringify(name)}: ${LOCAL}${name}`);
    return [
      functions.length > 0 ? `$codecell.functions({ ${functions.join(", ")} }); ` : "",
      this.#variables.size > 0 ? `$codecell.vars(${JSON.stringify([...this.#variables])}); ` : "",
    ].join("");
  }

  #rewriteStatement(node: AnyNode | null): void {
    switch (node?.type) {
      case "ImportDeclaration":
        for (const { local } of node.specifiers) this.#names.add(local.name);
        break;
      case "FunctionDeclaration":
        if (node.id !== null) this.#rewriteFunction(node.id!);
        break;
      case "ClassDeclaration":
        if (node.id !== null) this.#rewriteClass(node, node.id.name);
        break;
      case "VariableDeclaration":
        if (node.kind === "let") this.#rewriteVariables(node, LET, true);
        if (node.kind === "const") this.#rewriteVariables(node, CONST, true);
    }
  }

  #rewriteFunction(id: { name: string; start: number; end: number }): void {
    this.#names.add(id.name);
    this.#functions.push(id.name);
    this.#edits.replace(id.start, id.end, `${LOCAL}${id.name}`);
  }

  #rewriteClass(node: AnyNode, name: string): void {
    this.#names.add(name);
    this.#edits.open(node.start, `;${LET}.${name} = `);
    this.#edits.close(node.end, ";");
  }

  /** `var` is hoisted to the program from any block. */
  #rewriteVar(node: Variables, parent: AnyNode): void {
    const isHead =
      ("init" in parent && parent.init === node) || ("left" in parent && parent.left === node);
    this.#rewriteVariables(node, VAR, !isHead && isList(parent), isHead);
    for (const { id } of node.declarations)
      for (const target of targets(id as AnyNode)) this.#variables.add(target.id.name);
  }

  #rewriteVariables(node: Variables, keeper: string, inList: boolean, isHead = false): void {
    this.#edits.replace(node.start, node.start + node.kind.length, inList ? ";" : "");
    if (!isHead && this.#code[node.end - 1] !== ";") this.#edits.close(node.end, ";");
    for (const declarator of node.declarations)
      this.#rewriteDeclarator(declarator, keeper, node.kind, isHead);
  }

  #rewriteDeclarator(
    { id, init, start, end }: Declarator,
    keeper: string,
    kind: string,
    isHead: boolean,
  ): void {
    const target = id as AnyNode;
    if (target.type === "ObjectPattern" && !isHead) {
      this.#edits.open(start, "(");
      this.#edits.close(end, ")");
    }
    this.#rewriteTargets(target, keeper);
    if (target.type !== "Identifier") return;
    if (!init) {
      if (kind !== "var") this.#edits.close(target.end, " = void 0");
    } else if (kind !== "var" && isAnonymous(init as AnyNode)) {
      // A property gives it its name, as the declaration would have.
      const key = JSON.stringify(target.name);
      this.#edits.open(init.start, `({ [${key}]: `);
      this.#edits.close(init.end, ` })[${key}]`);
    }
  }

  /** A pattern that declares becomes a pattern that assigns. */
  #rewriteTargets(pattern: AnyNode, keeper: string): void {
    for (const { id, isShorthand } of targets(pattern)) {
      this.#names.add(id.name);
      if (keeper === VAR) continue;
      this.#edits.open(id.start, isShorthand ? `${id.name}: ${keeper}.` : `${keeper}.`);
    }
  }
}

type Identifier = Extract<AnyNode, { type: "Identifier" }>;

/** The names that a pattern binds, and whether it is the shorthand `{ name }`, where the name is also that of the property. */
export function* targets(
  node: AnyNode,
  isShorthand = false,
): Generator<{ readonly id: Identifier; readonly isShorthand: boolean }> {
  switch (node.type) {
    case "Identifier":
      yield { id: node, isShorthand };
      break;
    case "ObjectPattern":
      for (const property of node.properties) {
        if (property.type === "RestElement") yield* targets(property);
        else yield* targets(property.value as AnyNode, property.shorthand);
      }
      break;
    case "ArrayPattern":
      for (const element of node.elements) if (element !== null) yield* targets(element as AnyNode);
      break;
    case "AssignmentPattern":
      yield* targets(node.left as AnyNode, isShorthand);
      break;
    case "RestElement":
      yield* targets(node.argument as AnyNode);
  }
}

/** The name in `globalThis.name = …`, which declares a variable too. */
export function assignedGlobal(node: AnyNode): string | undefined {
  if (node.type !== "AssignmentExpression" || node.left.type !== "MemberExpression")
    return undefined;
  const { object, property, computed } = node.left;
  const isGlobal =
    object.type === "Identifier" && (object.name === "globalThis" || object.name === "global");
  return isGlobal && !computed && property.type === "Identifier" ? property.name : undefined;
}

function isInFunction(parents: readonly AnyNode[]): boolean {
  return parents.some((node) => isFunction(node) || node.type === "StaticBlock");
}

/** True for a parent with a list of statements, where a statement may begin with a bracket only after a semicolon. */
function isList({ type }: AnyNode): boolean {
  return ["Program", "BlockStatement", "SwitchCase", "ExportNamedDeclaration"].includes(type);
}

function isAnonymous(node: AnyNode): boolean {
  return (
    node.type === "ArrowFunctionExpression" ||
    ((node.type === "FunctionExpression" || node.type === "ClassExpression") && !node.id)
  );
}
