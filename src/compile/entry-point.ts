/** Finds the part of a program that is its value, and rewrites its imports and exports. */
import {
  type AnyNode,
  importedName,
  isFunctionExpression,
  isObjectLiteral,
  nameOf,
  type Program,
} from "./acorn.ts";
import { CONST } from "./session-declarations.ts";
import { ENUM_NAME } from "./typescript/enum-lowering.ts";
import type { TextEdits } from "./text-edits.ts";

/** Names of the entry function where a program exports several functions, the preferred one first. */
const ENTRY_NAMES = ["main", "run", "handler", "execute", "default"];

const EXPORT_DEFAULT = /^export(?:\s|\/\*[^]*?\*\/|\/\/.*)+default(?:[ \t]+|(?![\w$]))/;

/** Rewrites the top level of a program. `used` holds the names that the program refers to outside their declaration. */
export class EntryPoint {
  readonly #code: string;
  readonly #edits: TextEdits;
  readonly #used: ReadonlySet<string>;
  readonly #exported: string[] = [];
  #ending = "";
  #hasDefault = false;

  readonly #keeps: boolean;

  /** @param keeps whether imports are kept for later programs of a session */
  constructor(code: string, edits: TextEdits, used: ReadonlySet<string>, keeps: boolean) {
    this.#code = code;
    this.#edits = edits;
    this.#used = used;
    this.#keeps = keeps;
  }

  rewrite(program: Program): void {
    const statements = program.body.filter((node) => node.type !== "EmptyStatement") as AnyNode[];
    for (const statement of statements) this.#rewriteModuleSyntax(statement);
    const rest = statements.filter((node) => node.type !== "ImportDeclaration");
    if (!this.#hasDefault) this.#findValue(rest);
    this.#edits.append(this.#ending);
  }

  #rewriteModuleSyntax(node: AnyNode): void {
    switch (node.type) {
      case "ImportDeclaration":
        return this.#rewriteImport(node);
      case "ExportDefaultDeclaration":
        return this.#rewriteDefault(node);
      case "ExportNamedDeclaration":
        return this.#rewriteNamed(node);
      case "ExportAllDeclaration":
        throw reExport(node.start);
      default:
        return undefined;
    }
  }

  #rewriteImport(node: Extract<AnyNode, { type: "ImportDeclaration" }>): void {
    const specifier = JSON.stringify(node.source.value);
    const names: string[] = [];
    const target = (local: string): string => (this.#keeps ? `${CONST}.${local}` : local);
    const bindings = node.specifiers.flatMap((item) => {
      if (item.type === "ImportNamespaceSpecifier") return [];
      const name = JSON.stringify(importedName(item));
      names.push(name);
      return [`${name}: ${target(item.local.name)}`];
    });
    const star = node.specifiers.find((item) => item.type === "ImportNamespaceSpecifier");
    const link = (list: string): string => `$codecell.link(${specifier}, [${list}])`;
    const declare = (to: string, value: string): string =>
      this.#keeps ? `(${to} = ${value}); ` : `const ${to} = ${value}; `;
    let text =
      bindings.length > 0 ? declare(`{ ${bindings.join(", ")} }`, link(names.join(", "))) : "";
    if (star !== undefined) text += declare(target(star.local.name), link(""));
    // An unused import may be a type, which is not a tool: then nothing is declared.
    const isUsed = node.specifiers.some(({ local }) => this.#used.has(local.name));
    if (text === "") text = `${link("")}; `;
    if (this.#keeps && !isUsed) text = `try { ${text}} catch {} `;
    this.#edits.prepend(text, node.start);
    this.#edits.remove(node.start, node.end);
  }

  #rewriteDefault(node: Extract<AnyNode, { type: "ExportDefaultDeclaration" }>): void {
    const { declaration } = node;
    const named =
      declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration"
        ? declaration.id?.name
        : undefined;
    const name = named ?? (declaration.type === "Identifier" ? declaration.name : undefined);
    // A function that the program itself calls is not called a second time: then the last line is the value.
    const calledByProgram =
      declaration.type !== "ClassDeclaration" && name !== undefined && this.#used.has(name);
    if (named !== undefined) this.#edits.remove(node.start, declaration.start);
    else if (calledByProgram) this.#edits.remove(node.start, node.end);
    else this.#nameDefault(node);
    if (calledByProgram) return;
    this.#hasDefault = true;
    const entry = named ?? "$default";
    this.#ending =
      declaration.type === "ClassDeclaration" || declaration.type === "ClassExpression"
        ? `; return ${entry};`
        : `; return $codecell.finish(${entry});`;
  }

  /** The property gives a function without a name the one that it has in a module. Parentheses stay around the value. */
  #nameDefault({ start, end }: Extract<AnyNode, { type: "ExportDefaultDeclaration" }>): void {
    const [keywords] = EXPORT_DEFAULT.exec(this.#code.slice(start))!;
    this.#edits.remove(start, start + keywords.length);
    this.#edits.open(start, "const { default: $default } = { default: ");
    this.#edits.close(this.#code[end - 1] === ";" ? end - 1 : end, " };");
  }

  #rewriteNamed(node: Extract<AnyNode, { type: "ExportNamedDeclaration" }>): void {
    if (node.source !== null && node.source !== undefined) throw reExport(node.start);
    const { declaration } = node;
    if (declaration === null || declaration === undefined) {
      for (const { local } of node.specifiers) this.#noteFunction(nameOf(local));
      return this.#edits.remove(node.start, node.end);
    }
    this.#edits.remove(node.start, declaration.start);
    if (declaration.type === "FunctionDeclaration") this.#noteFunction(declaration.id.name);
    if (declaration.type !== "VariableDeclaration") return;
    for (const { id, init } of declaration.declarations) {
      if (id.type === "Identifier" && isFunctionExpression(init)) this.#noteFunction(id.name);
    }
  }

  #noteFunction(name: string): void {
    if (!this.#used.has(name)) this.#exported.push(name);
  }

  #findValue(statements: readonly AnyNode[]): void {
    const [only] = statements;
    if (statements.length === 1 && only?.type === "FunctionDeclaration" && only.id !== null) {
      if (!this.#used.has(only.id!.name))
        this.#ending = `; return $codecell.finish(${only.id!.name});`;
      return;
    }
    const last = statements.findLast((node) => !isHoisted(node));
    const lone = statements.length === 1;
    if (last?.type === "ExpressionStatement") return this.#returnExpression(last, lone);
    if (last?.type === "BlockStatement" && isObjectLiteral(this.#code, last.start, last.end)) {
      return this.#wrap(last.start, last.end, "return (", ");");
    }
    const entry = ENTRY_NAMES.find((name) => this.#exported.includes(name)) ?? this.#exported[0];
    const isClear = this.#exported.length === 1 || ENTRY_NAMES.includes(entry ?? "");
    if (entry !== undefined && isClear) this.#ending = `; return $codecell.finish(${entry});`;
  }

  #returnExpression(node: Extract<AnyNode, { type: "ExpressionStatement" }>, lone: boolean): void {
    const { expression, directive } = node;
    if (directive === "use strict") return;
    // Parentheses and comments may surround the expression, so the whole statement is wrapped.
    const end = this.#code[node.end - 1] === ";" ? node.end - 1 : node.end;
    if (lone && isFunctionExpression(expression))
      this.#wrap(node.start, end, "return $codecell.finish(", ");");
    else this.#wrap(node.start, end, "return await (", ");");
  }

  #wrap(start: number, end: number, before: string, after: string): void {
    this.#edits.open(start, before);
    this.#edits.close(end, after);
  }
}

function reExport(offset: number): EntryPointError {
  return new EntryPointError(
    "a program cannot re-export from a module",
    offset,
    "Import what you need and use it.",
  );
}

/** A form that is not supported, at an offset of the JavaScript text. */
export class EntryPointError extends Error {
  readonly offset: number;
  readonly hint: string;

  constructor(message: string, offset: number, hint: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** Function declarations are hoisted, so an expression before them still counts as the last statement. */
function isHoisted(node: AnyNode): boolean {
  if (node.type === "ExportNamedDeclaration") {
    return node.declaration?.type === "FunctionDeclaration" || node.declaration === null;
  }
  return (
    node.type === "FunctionDeclaration" || node.type === "ExportDefaultDeclaration" || isEnum(node)
  );
}

function isEnum(node: AnyNode): boolean {
  if (node.type !== "ExpressionStatement" || node.expression.type !== "CallExpression")
    return false;
  const { callee } = node.expression;
  const [first] = callee.type === "ArrowFunctionExpression" ? callee.params : [];
  return first?.type === "Identifier" && first.name.startsWith(ENUM_NAME);
}
