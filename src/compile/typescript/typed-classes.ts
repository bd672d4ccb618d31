/** Types in classes: modifiers, fields, `implements`; and what becomes other code: `accessor` and parameter properties. */
import type { AnyNode } from "./acorn-parser.ts";
import { tokens } from "./acorn-parser.ts";
import { type ClassMember, lowerAccessor, lowerParameterProperties } from "./class-lowering.ts";
import { heritage, modifier, typeMember } from "./declarations.ts";
import { TypedExpressions } from "./typed-expressions.ts";

export class TypedClasses extends TypedExpressions {
  #inMember = false;
  #isAccessor = false;
  #isConstructor = false;
  #inParameters = false;
  #takesProperties = false;
  #inCatch = false;
  /** Names of the parameter properties of the constructor that is being parsed. */
  #properties: string[] = [];
  /** The class of each constructor with parameter properties is found by its members. */
  readonly #constructors = new Map<AnyNode, readonly string[]>();

  override parseClassId(node: AnyNode, isStatement: unknown): void {
    const isName = !this.isWord("implements") || this.reader.peek(this.end) === "{";
    if (isName) super.parseClassId(node, isStatement);
    else (node as { id?: unknown }).id = null;
    this.eraseTypeParameters();
  }

  override parseClassSuper(node: AnyNode): void {
    super.parseClassSuper(node);
    if (this.character === "<") this.erase(this.reader.typeArguments(this.start));
    if (this.isWord("implements")) this.erase(heritage(this.reader, this.start));
  }

  override parseClassElement(constructorAllowsSuper: boolean): AnyNode | null {
    const end = typeMember(this.reader, this.start);
    if (end >= 0) {
      this.eraseStatement(end);
      return null;
    }
    const { start } = this;
    this.#isAccessor = false;
    this.#eraseModifiers();
    // Without its modifier, the member could go on with the one before it.
    if (this.start !== start) this.erasures.mark(start, ";");
    this.#inMember = true;
    const element = super.parseClassElement(constructorAllowsSuper);
    this.#inMember = false;
    if (element?.type === "PropertyDefinition" && this.#isAccessor)
      (element as { accessor?: boolean }).accessor = true;
    this.#isAccessor = false;
    return element;
  }

  #eraseModifiers(): void {
    for (;;) {
      if (this.containsEsc || this.isWord("static")) return;
      const end = modifier(this.reader, this.start);
      if (end < 0) return;
      this.#isAccessor ||= this.isWord("accessor");
      this.erase(end);
    }
  }

  override eatContextual(name: string): boolean {
    const eaten = super.eatContextual(name);
    if (!eaten || !this.#inMember) return eaten;
    if (name === "static") this.#eraseModifiers();
    if (name === "static" && this.type === tokens.braceL) this.#inMember = false;
    // The word may be the name of the member itself, which is found as the last token.
    const { lastTokStart, lastTokEnd } = this;
    this.#eraseMarks();
    Object.assign(this, { lastTokStart, lastTokEnd });
    return eaten;
  }

  /** `?`, `!` and type parameters behind the name of a member. */
  #eraseMarks(): void {
    const isMark =
      this.type === tokens.question || (this.type === tokens.prefix && this.value === "!");
    if (isMark) this.erase(this.start + 1);
    this.eraseTypeParameters();
  }

  override parseClassElementName(element: AnyNode): void {
    this.#inMember = false;
    const isAccessor = this.#isAccessor;
    super.parseClassElementName(element);
    this.#isAccessor = isAccessor;
    this.#eraseMarks();
  }

  override parseClassField(field: AnyNode): AnyNode {
    const isAccessor = this.#isAccessor;
    this.#inMember = false;
    this.eraseAnnotation(true);
    (field as { equals?: number }).equals = this.start;
    super.parseClassField(field);
    this.#isAccessor = isAccessor;
    return field;
  }

  override parseClassMethod(
    method: AnyNode,
    isGenerator: boolean,
    isAsync: boolean,
    allowsDirectSuper: boolean,
  ): AnyNode {
    this.#inMember = false;
    const outer = this.#properties;
    this.#properties = [];
    this.#isConstructor = (method as { kind?: string }).kind === "constructor";
    const node = super.parseClassMethod(method, isGenerator, isAsync, allowsDirectSuper);
    if (this.#properties.length > 0) this.#constructors.set(node, this.#properties);
    this.#properties = outer;
    return node;
  }

  override parseBindingList(
    close: typeof tokens.parenR,
    allowEmpty: boolean,
    allowTrailingComma: boolean,
    allowModifiers?: boolean,
  ): AnyNode[] {
    const outer = [this.#inParameters, this.#takesProperties] as const;
    this.#inParameters = close === tokens.parenR;
    this.#takesProperties = this.#inParameters && this.#isConstructor;
    this.#isConstructor = false;
    if (this.#inParameters && this.type === tokens._this) {
      const colon = this.reader.expect(this.end, ":");
      const end = colon < 0 ? this.end : this.reader.type(colon);
      const comma = this.reader.expect(end, ",");
      this.erase(comma < 0 ? end : comma);
    }
    const list = super.parseBindingList(close, allowEmpty, allowTrailingComma, allowModifiers);
    [this.#inParameters, this.#takesProperties] = outer;
    return list;
  }

  override parseAssignableListItem(allowModifiers?: boolean): AnyNode {
    if (!this.#inParameters) return super.parseAssignableListItem(allowModifiers);
    const modifiersAt = this.start;
    if (this.#takesProperties) this.#eraseModifiers();
    const { start } = this;
    const pattern = this.parseBindingAtom();
    if (start !== modifiersAt && pattern.type === "Identifier") this.#properties.push(pattern.name);
    this.eraseAnnotation(true);
    return this.parseBindingListItem(this.parseMaybeDefault(start, undefined, pattern));
  }

  override parseBindingListItem(param: AnyNode): AnyNode {
    if (this.#inParameters) this.eraseAnnotation();
    return super.parseBindingListItem(param);
  }

  override parseFunctionParams(node: AnyNode): void {
    this.eraseTypeParameters();
    super.parseFunctionParams(node);
  }

  override parseCatchClauseParam(): AnyNode {
    this.#inCatch = true;
    return super.parseCatchClauseParam();
  }

  override parseBindingAtom(): AnyNode {
    const inCatch = this.#inCatch;
    this.#inCatch = false;
    const [inParameters, takesProperties] = [this.#inParameters, this.#takesProperties];
    this.#inParameters = false;
    const node = super.parseBindingAtom();
    [this.#inParameters, this.#takesProperties] = [inParameters, takesProperties];
    if (inCatch) this.eraseAnnotation();
    return node;
  }

  override parseVarId(declarator: AnyNode, kind: string): void {
    super.parseVarId(declarator, kind);
    if (this.type === tokens.prefix && this.value === "!" && this.reader.peek(this.end) === ":")
      this.erase(this.start + 1);
    this.eraseAnnotation();
  }

  override finishNode(node: AnyNode, type: string): AnyNode {
    const finished = super.finishNode(node, type);
    if (type === "ClassDeclaration" || type === "ClassExpression") this.#lower(finished as never);
    return finished;
  }

  #lower(node: Extract<AnyNode, { type: "ClassDeclaration" | "ClassExpression" }>): void {
    const members = node.body.body as ClassMember[];
    for (const member of members) {
      if (member.type === "PropertyDefinition" && member.accessor === true) {
        const problem = lowerAccessor(member, node.id?.name, this.input, this.erasures);
        if (problem !== undefined) this.raise(member.key.start, problem);
      }
      const properties = this.#constructors.get(member as AnyNode);
      if (properties !== undefined && member.type === "MethodDefinition")
        lowerParameterProperties(member, properties, node, this.input, this.erasures);
    }
  }
}
