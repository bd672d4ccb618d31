/** Statements of TypeScript: declarations of types, imports and exports. */
import type { AnyNode, Options } from "./acorn-parser.ts";
import { tokens } from "./acorn-parser.ts";
import { declaredType, typeStatement } from "./declarations.ts";
import type { Erasures } from "./erasures.ts";
import type { TypeReader } from "./type-reader.ts";
import { TypedEnums } from "./typed-enums.ts";

const TYPE_STATEMENT = new Set(["type", "interface", "declare", "async"]);

/** An error with advice. */
export class TypeScriptError extends SyntaxError {
  readonly pos: number;
  readonly hint: string;

  constructor(message: string, pos: number, hint: string) {
    super(message);
    this.pos = pos;
    this.hint = hint;
  }
}

export class TypedStatements extends TypedEnums {
  readonly #types = new Set<string>();
  readonly #endsInObject: boolean;
  /** Where the object starts that the program ends in, if it was asked for and there is one. */
  objectStart: number | undefined;

  /** @param endsInObject whether `{ a: 1, b: 2 }` at the end of the program, which is no block, is an object */
  constructor(options: Options, input: string, erasures: Erasures, endsInObject: boolean) {
    super(options, input, erasures);
    this.#endsInObject = endsInObject;
  }

  override parseStatement(context: string | null, topLevel?: boolean, exports?: object): AnyNode {
    if (this.#endsInObject && topLevel === true && this.type === tokens.braceL) {
      const object = this.#objectAtEnd();
      if (object !== undefined) return object;
    }
    const erased = this.#typeStatement(topLevel);
    if (erased >= 0) return this.#eraseDeclaration(erased);
    this.#refuseNamespace();
    const isConst = this.type === tokens._const && this.reader.peekWord(this.end) === "enum";
    if (isConst || this.isEnum(this.start)) return this.parseEnum(isConst);
    if (this.isWord("abstract") && this.reader.onSameLine(this.end)) {
      if (this.reader.peekWord(this.end) === "class") this.erase(this.end);
    }
    if (this.type !== tokens.braceL) return super.parseStatement(context, topLevel, exports);
    return this.withOwnEnums(true, () => super.parseStatement(context, topLevel, exports));
  }

  #objectAtEnd(): AnyNode | undefined {
    const restore = this.snapshot();
    const node = this.startNode() as AnyNode & { expression?: AnyNode };
    try {
      node.expression = this.parseExpression();
      while (this.eat(tokens.semi));
      if (node.expression.type === "ObjectExpression" && this.type === tokens.eof) {
        this.objectStart = node.start;
        return Object.assign(this.finishNode(node, "ExpressionStatement"), {
          end: node.expression.end,
        });
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    restore();
    return undefined;
  }

  #typeStatement(topLevel?: boolean): number {
    const isCandidate =
      this.type === tokens._function ||
      (topLevel === true && (this.type === tokens._export || this.type === tokens._import)) ||
      (this.type === tokens.name && !this.containsEsc && TYPE_STATEMENT.has(this.value as string));
    const end = isCandidate ? typeStatement(this.reader, this.start) : -1;
    return end < 0 && this.type === tokens._export ? this.#defaultType() : end;
  }

  /** Behind `export default Foo`, where Foo is a type; else -1. */
  #defaultType(): number {
    const keyword = this.reader.space(this.end);
    if (this.reader.word(keyword) !== "default") return -1;
    const start = this.reader.space(keyword + "default".length);
    const name = this.reader.word(start);
    if (!this.#isTypeName(name)) return -1;
    const end = start + name.length;
    const semicolon = this.reader.expect(end, ";");
    if (semicolon >= 0) return semicolon;
    const next = this.reader.space(end);
    return next === this.input.length || this.reader.hasLineBreak(end, next) ? end : -1;
  }

  #eraseDeclaration(end: number): AnyNode {
    const { start } = this;
    const name = declaredType(this.input.slice(start, Math.min(end, start + 200)));
    if (name !== undefined) {
      this.#types.add(name);
    }
    this.eraseStatement(end);
    const node = this.startNodeAt(start);
    return this.finishNode(node, "EmptyStatement");
  }

  #refuseNamespace(): void {
    if (!this.isWord("namespace") && !this.isWord("module")) return;
    const end = this.reader.onSameLine(this.end) ? this.reader.entityName(this.end) : -1;
    if (end < 0 || this.reader.peek(end) !== "{") return;
    throw new TypeScriptError(
      `namespaces are not supported (${this.input.slice(this.reader.space(this.end), end)})`,
      this.start,
      "Use a plain object, or declare its members at the top level.",
    );
  }

  override parseImport(node: AnyNode): AnyNode {
    const name = this.reader.name(this.end);
    const equals = this.reader.expect(name, "=");
    if (equals < 0) return super.parseImport(node);
    const { start } = this;
    this.erasures.lower((edits) => edits.replace(start, start + "import".length, "const"));
    while (this.end < equals) this.next();
    this.next();
    this.parseMaybeAssign();
    this.semicolon();
    return this.finishNode(node, "EmptyStatement");
  }

  override parseExport(node: AnyNode, exports?: object): AnyNode {
    const at = this.reader.space(this.end);
    const isAlias = this.reader.word(at) === "import";
    const isConst = this.reader.word(at) === "const";
    const isEnum = this.isEnum(isConst ? this.reader.space(at + "const".length) : at);
    if (this.input[at] === "=") {
      this.erasures.lower((edits) => edits.replace(at, at + 1, "default "));
      this.next();
      this.next();
      this.parseExpression();
      this.semicolon();
      return this.finishNode(node, "EmptyStatement");
    }
    if (!isEnum && !isAlias) return super.parseExport(node, exports);
    this.next();
    if (isAlias) return this.parseImport(node);
    const keyword = isConst ? this.reader.name(at) : at;
    const { start } = node;
    if (this.hasEnum(this.reader.peekWord(this.reader.name(keyword))))
      this.erasures.lower((edits) => edits.replace(start, start + "export".length, ""));
    return this.parseEnum(isConst);
  }

  override shouldParseExportStatement(): boolean {
    this.#refuseNamespace();
    if (this.isWord("abstract") && this.reader.peekWord(this.end) === "class") this.erase(this.end);
    return super.shouldParseExportStatement();
  }

  override parseExportDefaultDeclaration(): AnyNode {
    if (this.isWord("abstract") && this.reader.peekWord(this.end) === "class") this.erase(this.end);
    return super.parseExportDefaultDeclaration();
  }

  override parseImportSpecifiers(): AnyNode[] {
    return super.parseImportSpecifiers().filter(({ type }) => type !== "EmptyStatement");
  }

  override parseImportSpecifier(): AnyNode {
    return this.#eraseTypeSpecifiers() ?? super.parseImportSpecifier();
  }

  override parseExportSpecifiers(exports?: object): AnyNode[] {
    return super.parseExportSpecifiers(exports).filter(({ type }) => type !== "EmptyStatement");
  }

  override parseExportSpecifier(exports?: object): AnyNode {
    return this.#eraseTypeSpecifiers() ?? super.parseExportSpecifier(exports);
  }

  /** Erases `type A,`; returns a node without meaning where the list ends then. */
  #eraseTypeSpecifiers(): AnyNode | undefined {
    const first = this.start;
    while (this.isWord("type") || this.#isType()) {
      const end = this.#isType()
        ? renamed(this.reader, this.end)
        : typeSpecifier(this.reader, this.end);
      if (end < 0) return undefined;
      const comma = this.reader.expect(end, ",");
      this.erase(comma < 0 ? end : comma);
    }
    return this.start !== first && this.type === tokens.braceR
      ? this.finishNode(this.startNode(), "EmptyStatement")
      : undefined;
  }

  /** Whether the current name is that of a type, and of nothing else so far. */
  #isType(): boolean {
    return this.type === tokens.name && this.#isTypeName(this.value as string);
  }

  #isTypeName(name: string): boolean {
    if (!this.#types.has(name)) return false;
    const values = Object.values(this.scopeStack[0] as object).filter(Array.isArray);
    return !values.some((names) => names.includes(name));
  }
}

/** Behind `as B`, where it follows. */
function renamed(reader: TypeReader, at: number): number {
  return reader.peekWord(at) === "as" ? reader.name(reader.name(at)) : at;
}

/** Behind `A as B` in `type A as B`; -1 where `type` is a name itself. */
function typeSpecifier(reader: TypeReader, at: number): number {
  const names: number[] = [];
  for (let end = at; names.length < 4;) {
    const start = reader.space(end);
    end = "\"'".includes(reader.peek(end) || " ") ? reader.string(start) : reader.name(start);
    if (end < 0) break;
    names.push(end);
  }
  const word = (index: number): string => reader.peekWord(names[index - 1] ?? at);
  if (names.length === 0) return -1;
  // `type as b` renames `type`; `type as` and `type as as b` are the type `as`.
  if (word(0) === "as" && names.length === 2) return -1;
  if (word(0) === "as" && names.length === 1) return names[0]!;
  return word(1) === "as" && names.length >= 3 ? names[2]! : names[0]!;
}
