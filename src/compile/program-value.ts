/** Finds the part of a program that is its value. */
import {
  type AnyNode,
  isFunctionExpression,
  isObjectLiteral,
  nameOf,
  type Program,
} from "./acorn.ts";
import { branchEndings, type ExpressionStatement, isHoisted } from "./completion.ts";
import type { FunctionNode } from "./entry-parameter.ts";

export type DefaultExport = Extract<AnyNode, { type: "ExportDefaultDeclaration" }>;
export type VariableDeclaration = Extract<AnyNode, { type: "VariableDeclaration" }>;

/** What a program comes to that does not return before its end. `entry` is the function that is called for it, where it is known. */
export type ProgramValue =
  | {
      readonly kind: "default";
      readonly node: DefaultExport;
      readonly entry?: FunctionNode;
      readonly method?: string;
    }
  | { readonly kind: "function"; readonly name: string; readonly entry: FunctionNode | undefined }
  | {
      readonly kind: "expression";
      readonly node: ExpressionStatement;
      readonly entry?: FunctionNode;
    }
  | { readonly kind: "object"; readonly node: AnyNode }
  | { readonly kind: "declaration"; readonly node: VariableDeclaration }
  | { readonly kind: "branches"; readonly endings: readonly ExpressionStatement[] };

/** Names of the entry function where a program exports several functions, the preferred one first. */
const ENTRY_NAMES = ["main", "run", "handler", "execute", "default"];

/**
 * @param used the names that the program refers to outside their declaration
 * @param keeps whether the program's declarations are kept for later programs of a session
 */
export function programValue(
  { body }: Program,
  code: string,
  used: ReadonlySet<string>,
  keeps: boolean,
): ProgramValue | undefined {
  const statements = (body as AnyNode[]).filter(
    ({ type }) => type !== "EmptyStatement" && type !== "ImportDeclaration",
  );
  const functions = functionsOf(statements);
  const exported = statements.find((node) => node.type === "ExportDefaultDeclaration");
  if (exported !== undefined && !isCalled(exported, used)) return ofDefault(exported, functions);
  const entry = (name: string): ProgramValue => ({
    kind: "function",
    name,
    entry: functions.get(name),
  });
  const lone = statements.length === 1 ? loneFunction(statements[0]!, keeps) : undefined;
  if (lone !== undefined) return used.has(lone) ? undefined : entry(lone);
  const last = statements.findLast((node) => !isHoisted(node));
  if (last?.type === "ExpressionStatement") return ofExpression(last, statements.length === 1);
  if (last?.type === "BlockStatement" && isObjectLiteral(code, last.start, last.end))
    return { kind: "object", node: last };
  const name = exportedEntry(statements, used) ?? uncalledMain(statements, functions, used);
  if (name !== undefined) return entry(name);
  return last === undefined ? undefined : ofStatement(last);
}

/** A function that the program itself calls is not called a second time: then the last line is the value. */
export function isCalled({ declaration }: DefaultExport, used: ReadonlySet<string>): boolean {
  if (declaration.type === "Identifier") return used.has(declaration.name);
  return declaration.type === "FunctionDeclaration" && used.has(declaration.id?.name ?? "");
}

function ofDefault(
  node: DefaultExport,
  functions: ReadonlyMap<string, FunctionNode>,
): ProgramValue {
  const declaration = node.declaration as AnyNode;
  if (isFunctionExpression(declaration) || declaration.type === "FunctionDeclaration")
    return { kind: "default", node, entry: declaration };
  if (declaration.type === "Identifier") {
    const entry = functions.get(declaration.name);
    return { kind: "default", node, ...(entry && { entry }) };
  }
  if (declaration.type !== "ObjectExpression") return { kind: "default", node };
  const methods = methodsOf(declaration);
  const method = ENTRY_NAMES.find((name) => methods.has(name));
  return method === undefined
    ? { kind: "default", node }
    : { kind: "default", node, method, entry: methods.get(method)! };
}

/** The functions in `{ async run() {} }`. */
function methodsOf({
  properties,
}: Extract<AnyNode, { type: "ObjectExpression" }>): ReadonlyMap<string, FunctionNode> {
  const methods = new Map<string, FunctionNode>();
  for (const property of properties) {
    if (property.type !== "Property" || property.computed || property.kind !== "init") continue;
    if (isFunctionExpression(property.value)) methods.set(nameOf(property.key), property.value);
  }
  return methods;
}

function ofExpression(node: ExpressionStatement, lone: boolean): ProgramValue | undefined {
  if (node.directive === "use strict") return undefined;
  const { expression } = node;
  return lone && isFunctionExpression(expression)
    ? { kind: "expression", node, entry: expression }
    : { kind: "expression", node };
}

function ofStatement(last: AnyNode): ProgramValue | undefined {
  const node = last.type === "ExportNamedDeclaration" ? (last.declaration as AnyNode | null) : last;
  if (node?.type === "VariableDeclaration")
    return node.kind.endsWith("using") ? undefined : { kind: "declaration", node };
  const endings = branchEndings(last);
  return endings.length === 0 ? undefined : { kind: "branches", endings };
}

/** The functions that a program declares at its top level. */
function functionsOf(statements: readonly AnyNode[]): ReadonlyMap<string, FunctionNode> {
  const functions = new Map<string, FunctionNode>();
  for (const statement of statements) {
    const node = declarationOf(statement);
    if (node?.type === "FunctionDeclaration" && node.id) functions.set(node.id.name, node);
    if (node?.type !== "VariableDeclaration") continue;
    for (const { id, init } of node.declarations)
      if (id.type === "Identifier" && isFunctionExpression(init)) functions.set(id.name, init);
  }
  return functions;
}

function declarationOf(node: AnyNode): AnyNode | null | undefined {
  return node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration"
    ? (node.declaration as AnyNode | null)
    : node;
}

/** In a session a lone `const f = () => …` defines `f`, unless its name says that it is to run. */
function loneFunction(node: AnyNode, keeps: boolean): string | undefined {
  if (node.type === "FunctionDeclaration") return node.id?.name;
  if (node.type !== "VariableDeclaration" || node.declarations.length !== 1) return undefined;
  const [{ id, init }] = node.declarations as [(typeof node.declarations)[number]];
  if (id.type !== "Identifier" || !isFunctionExpression(init)) return undefined;
  return !keeps || ENTRY_NAMES.includes(id.name) ? id.name : undefined;
}

function exportedEntry(
  statements: readonly AnyNode[],
  used: ReadonlySet<string>,
): string | undefined {
  const exported = statements.flatMap(exportedFunctions).filter((name) => !used.has(name));
  const named = ENTRY_NAMES.find((name) => exported.includes(name));
  return named ?? (exported.length === 1 ? exported[0] : undefined);
}

function exportedFunctions(node: AnyNode): string[] {
  if (node.type !== "ExportNamedDeclaration") return [];
  const { declaration } = node;
  if (!declaration) return node.specifiers.map(({ local }) => nameOf(local));
  return [...functionsOf([node]).keys()];
}

/** `main`, where a program declares it among other things, and does nothing with any of them. */
function uncalledMain(
  statements: readonly AnyNode[],
  functions: ReadonlyMap<string, FunctionNode>,
  used: ReadonlySet<string>,
): string | undefined {
  const declares = statements.every((node) =>
    ["FunctionDeclaration", "ClassDeclaration", "VariableDeclaration"].includes(
      declarationOf(node)?.type ?? "",
    ),
  );
  return declares && functions.has("main") && !used.has("main") ? "main" : undefined;
}
