/** Rewrites the imports and exports of a program, and makes the part of it that is its value what it returns. */
import { type AnyNode, importedName, type Program } from "./acorn.ts";
import { entryParameter, type FunctionNode } from "./entry-parameter.ts";
import {
  type DefaultExport,
  isCalled,
  type ProgramValue,
  programValue,
  type VariableDeclaration,
} from "./program-value.ts";
import { CONST, targets } from "./session-declarations.ts";
import type { TextEdits } from "./text-edits.ts";

const EXPORT_DEFAULT = /^export(?:\s|\/\*[^]*?\*\/|\/\/.*)+default(?:[ \t]+|(?![\w$]))/;

/** Rewrites the top level of a program. `used` holds the names that the program refers to outside their declaration. */
export class EntryPoint {
  readonly #code: string;
  readonly #edits: TextEdits;
  readonly #used: ReadonlySet<string>;
  readonly #keeps: boolean;

  /** @param keeps whether imports are kept for later programs of a session */
  constructor(code: string, edits: TextEdits, used: ReadonlySet<string>, keeps: boolean) {
    this.#code = code;
    this.#edits = edits;
    this.#used = used;
    this.#keeps = keeps;
  }

  rewrite(program: Program): void {
    for (const statement of program.body as AnyNode[]) this.#rewriteModuleSyntax(statement);
    const value = programValue(program, this.#code, this.#used, this.#keeps);
    if (value !== undefined) this.#return(value);
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
    const link = (list: string): string => `$codecell.link(${specifier}, [${list}])`;
    const isOptional = (local: string): boolean => this.#keeps && !this.#used.has(local);
    let text = "";
    const required = node.specifiers.filter(({ local }) => !isOptional(local.name));
    const names = required.filter(({ type }) => type !== "ImportNamespaceSpecifier");
    if (names.length > 0) {
      const exported = names.map((item) => JSON.stringify(importedName(item)));
      const bound = names.map(({ local }, at) => `${exported[at]}: ${this.#target(local.name)}`);
      text += this.#declared(`{ ${bound.join(", ")} }`, link(exported.join(", ")));
    }
    for (const { local, type } of required)
      if (type === "ImportNamespaceSpecifier")
        text += this.#declared(this.#target(local.name), link(""));
    // An unused import may be a type, which is not a tool: then nothing is declared.
    for (const item of node.specifiers.filter(({ local }) => isOptional(local.name))) {
      const name =
        item.type === "ImportNamespaceSpecifier" ? "" : JSON.stringify(importedName(item));
      const value = name === "" ? link("") : `${link(name)}[${name}]`;
      text += `try { ${this.#declared(this.#target(item.local.name), value)}} catch {} `;
    }
    if (text === "") text = this.#keeps ? `try { ${link("")}; } catch {} ` : `${link("")}; `;
    this.#edits.prepend(text, node.start);
    this.#edits.remove(node.start, node.end);
  }

  #target(local: string): string {
    return this.#keeps ? `${CONST}.${local}` : local;
  }

  #declared(target: string, value: string): string {
    return this.#keeps ? `(${target} = ${value}); ` : `const ${target} = ${value}; `;
  }

  #rewriteDefault(node: DefaultExport): void {
    const { declaration } = node;
    if (nameOfDeclared(declaration) !== undefined)
      this.#edits.remove(node.start, declaration.start);
    else if (isCalled(node, this.#used)) this.#edits.remove(node.start, node.end);
    else this.#nameDefault(node);
  }

  /** The property gives a function without a name the one that it has in a module. Parentheses stay around the value. */
  #nameDefault({ start, end }: DefaultExport): void {
    const [keywords] = EXPORT_DEFAULT.exec(this.#code.slice(start))!;
    this.#edits.remove(start, start + keywords.length);
    this.#edits.open(start, "const { default: $default } = { default: ");
    this.#edits.close(this.#code[end - 1] === ";" ? end - 1 : end, " };");
  }

  #rewriteNamed(node: Extract<AnyNode, { type: "ExportNamedDeclaration" }>): void {
    if (node.source !== null && node.source !== undefined) throw reExport(node.start);
    const { declaration } = node;
    this.#edits.remove(node.start, declaration ? declaration.start : node.end);
  }

  #return(value: ProgramValue): void {
    switch (value.kind) {
      case "default":
        return this.#returnDefault(value);
      case "function":
        return this.#edits.append(`; return ${finish(value.name, value.entry)};`);
      case "expression":
        return this.#returnExpression(value);
      case "object":
        return this.#wrap(value.node.start, value.node.end, "return (", ");");
      case "declaration":
        return this.#returnDeclared(value.node);
      case "branches":
        for (const ending of value.endings) this.#returnBranch(ending);
    }
  }

  #returnDefault({ node, entry, method }: Extract<ProgramValue, { kind: "default" }>): void {
    const { declaration } = node;
    const name = nameOfDeclared(declaration) ?? "$default";
    const isClass =
      declaration.type === "ClassDeclaration" || declaration.type === "ClassExpression";
    const called = method === undefined ? name : `(it) => $default.${method}(it)`;
    this.#edits.append(`; return ${isClass ? name : finish(called, entry)};`);
  }

  #returnExpression({ node, entry }: Extract<ProgramValue, { kind: "expression" }>): void {
    // Parentheses and comments may surround the expression, so the whole statement is wrapped.
    const end = this.#endOf(node.end);
    if (entry === undefined) this.#wrap(node.start, end, "return await (", ");");
    else this.#wrap(node.start, end, "return $codecell.finish(", `${keysFor(entry)});`);
  }

  /** Awaited where it stands, so that a `catch` around it sees a rejection. An `else` may follow: a semicolon is not doubled. */
  #returnBranch({ start, end }: AnyNode): void {
    const behind = this.#endOf(end);
    this.#wrap(start, behind, "return $codecell.implied(await (", behind === end ? "));" : "))");
  }

  /** The last declarator; of a pattern the names that it binds. A function is no value, and would be called by nobody. */
  #returnDeclared({ declarations }: VariableDeclaration): void {
    const { id, init } = declarations.at(-1)!;
    if (init && /^(?:Arrow)?(?:Function|Class)/.test(init.type)) return;
    const names = Array.from(targets(id as AnyNode), (target) => target.id.name);
    if (names.length === 0) return;
    const value = id.type === "Identifier" ? id.name : `{ ${names.join(", ")} }`;
    this.#edits.append(`; return $codecell.implied(${value}, ${JSON.stringify(value)});`);
  }

  #endOf(end: number): number {
    return this.#code[end - 1] === ";" ? end - 1 : end;
  }

  #wrap(start: number, end: number, before: string, after: string): void {
    this.#edits.open(start, before);
    this.#edits.close(end, after);
  }
}

function finish(name: string, entry: FunctionNode | undefined): string {
  return `$codecell.finish(${name}${keysFor(entry)})`;
}

/** The second argument of `finish`. Where the function is not known, the VM looks whether it has a parameter. */
function keysFor(entry: FunctionNode | undefined): string {
  if (entry === undefined) return ', "declared"';
  const parameter = entryParameter(entry);
  if (parameter === undefined) return "";
  return `, "${parameter.isTools ? "tools" : parameter.keys}"`;
}

/** The name of a function or a class that is declared, not only exported. */
function nameOfDeclared(declaration: DefaultExport["declaration"]): string | undefined {
  return declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration"
    ? declaration.id?.name
    : undefined;
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
