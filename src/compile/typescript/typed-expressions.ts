/** Annotations within expressions: those of functions, and of parentheses that may become parameters. */
import type { AnyNode, DestructuringErrors } from "./acorn-parser.ts";
import { tokens } from "./acorn-parser.ts";
import { TypedOperators } from "./typed-operators.ts";

type Refs = DestructuringErrors | null | undefined;

interface Parenthesis {
  readonly start: number;
  readonly inConsequent: boolean;
}

export class TypedExpressions extends TypedOperators {
  /** Within `a ? here : b`, outside of brackets: the colon after `(c)` may be that of the condition. */
  #inConsequent = false;
  readonly #parentheses: Parenthesis[] = [];
  /** Where an annotation stands that only parameters may have. */
  #annotated = -1;
  /** Arrow functions whose result has a type, and parentheses that were found not to be their parameters. */
  readonly #typedArrows = new Set<number>();
  readonly #notArrows = new Set<number>();

  /** Runs `parse` where a colon belongs to no condition. */
  #inBrackets<T>(parse: () => T): T {
    const outer = this.#inConsequent;
    this.#inConsequent = false;
    const result = parse();
    this.#inConsequent = outer;
    return result;
  }

  /** Erases `: T`, with `?` before it where that is allowed. */
  protected eraseAnnotation(optional = false): void {
    if (optional && this.type === tokens.question) {
      const colon = this.reader.expect(this.start + 1, ":");
      this.erase(colon < 0 ? this.start + 1 : this.reader.type(colon));
    } else if (this.type === tokens.colon) this.erase(this.reader.type(this.start + 1));
  }

  protected eraseTypeParameters(): void {
    if (this.character === "<") this.erase(this.reader.typeParameters(this.start));
  }

  override parseMaybeAssign(forInit?: unknown, refs?: Refs, afterLeft?: unknown): AnyNode {
    const start = this.start;
    if (this.character === "<") this.potentialArrowAt = start;
    const isUnclear =
      this.#inConsequent &&
      (this.type === tokens.parenL || this.isWord("async")) &&
      !this.#notArrows.has(start);
    if (!isUnclear) return super.parseMaybeAssign(forInit, refs, afterLeft);
    const restore = this.snapshot();
    const depth = this.#parentheses.length;
    try {
      const node = super.parseMaybeAssign(forInit, refs, afterLeft);
      const isArrow = node.type === "ArrowFunctionExpression" && node.start === start;
      if (!isArrow || !this.#typedArrows.has(start) || this.type === tokens.colon) return node;
    } catch (error) {
      if (!(error instanceof SyntaxError) || !this.#typedArrows.has(start)) throw error;
    }
    // `c ? (a) : b => d`: the colon is that of the condition.
    restore();
    this.#parentheses.length = depth;
    this.#inConsequent = true;
    this.#annotated = -1;
    this.#notArrows.add(start);
    return super.parseMaybeAssign(forInit, refs, afterLeft);
  }

  override parseMaybeConditional(forInit: unknown, refs: Refs): AnyNode {
    const start = this.start;
    const test = this.parseExprOps(forInit, refs);
    if (this.checkExpressionErrors(refs) || this.type !== tokens.question) return test;
    if (
      test.type === "ArrowFunctionExpression" &&
      (test.start === start || test === this.genericArrow)
    )
      return test;
    if (/[:,)]/.test(this.reader.peek(this.end))) return test; // an optional parameter
    this.next();
    const outer = this.#inConsequent;
    this.#inConsequent = true;
    const consequent = this.parseMaybeAssign();
    this.#inConsequent = outer;
    this.expect(tokens.colon);
    const alternate = this.parseMaybeAssign(forInit);
    const node = Object.assign(this.startNodeAt(start), { test, consequent, alternate });
    return this.finishNode(node, "ConditionalExpression");
  }

  override parseParenAndDistinguishExpression(canBeArrow: boolean, forInit: unknown): AnyNode {
    const annotated = this.#annotated;
    const { start } = this;
    this.#annotated = -1;
    this.#parentheses.push({ start, inConsequent: this.#inConsequent });
    const node = this.#inBrackets(() =>
      super.parseParenAndDistinguishExpression(canBeArrow, forInit),
    );
    this.#parentheses.pop();
    const isArrow = node.type === "ArrowFunctionExpression" && node.start === start;
    if (this.#annotated >= 0 && !isArrow) this.unexpected(this.#annotated);
    this.#annotated = annotated;
    return node;
  }

  override parseParenArrowList(
    start: number,
    location: unknown,
    items: AnyNode[],
    forInit: unknown,
  ): AnyNode {
    const annotated = this.#annotated;
    this.#inConsequent = this.#parentheses.at(-1)!.inConsequent;
    const node = super.parseParenArrowList(start, location, items, forInit);
    this.#annotated = annotated;
    return node;
  }

  override parseParenItem(item: AnyNode): AnyNode {
    if (this.type === tokens.question || this.type === tokens.colon) this.#annotated = this.start;
    this.eraseAnnotation(true);
    return item;
  }

  override shouldParseArrow(items: AnyNode[]): boolean {
    if (this.type !== tokens.colon) return super.shouldParseArrow(items);
    return this.#eraseArrowType(this.#parentheses.at(-1)!.start);
  }

  override shouldParseAsyncArrow(): boolean {
    if (this.type === tokens.colon) this.#eraseArrowType(this.asyncArrowAt);
    this.asyncArrowAt = -1;
    return super.shouldParseAsyncArrow();
  }

  /** Erases `: T` where `=>` follows. */
  #eraseArrowType(arrowAt: number): boolean {
    if (this.#notArrows.has(arrowAt)) return false;
    const end = this.reader.returnType(this.start + 1);
    const arrow = this.reader.expect(end, "=>");
    if (arrow < 0 || !this.reader.onSameLine(end)) return false;
    const closing = this.lastTokStart;
    this.#typedArrows.add(arrowAt);
    this.erase(end);
    if (this.reader.hasLineBreak(closing, end)) {
      this.erasures.mark(closing, " ");
      this.erasures.mark(end - 1, ")");
    }
    return true;
  }

  override parseExprList(
    close: typeof tokens.parenR,
    allowTrailingComma: boolean,
    allowEmpty: boolean,
    refs?: Refs,
  ): AnyNode[] {
    const asyncArrowAt = this.asyncArrowAt;
    this.asyncArrowAt = -1;
    const list = this.#inBrackets(() =>
      asyncArrowAt < 0
        ? super.parseExprList(close, allowTrailingComma, allowEmpty, refs)
        : this.#asyncParameters(refs),
    );
    this.asyncArrowAt = asyncArrowAt;
    return list;
  }

  /** What follows `async`: parameters, or the arguments of a function of that name. */
  #asyncParameters(refs: Refs): AnyNode[] {
    const items: AnyNode[] = [];
    const annotated = this.#annotated;
    this.#annotated = -1;
    while (!this.eat(tokens.parenR)) {
      if (items.length > 0) {
        this.expect(tokens.comma);
        if (this.afterTrailingComma(tokens.parenR)) break;
      }
      const item =
        this.type === tokens.ellipsis
          ? this.parseParenItem(this.parseSpread(refs))
          : this.parseMaybeAssign(false, refs, this.parseParenItem);
      items.push(item);
    }
    const isArrow = this.type === tokens.colon || this.type === tokens.arrow;
    if (this.#annotated >= 0 && !isArrow) this.unexpected(this.#annotated);
    this.#annotated = annotated;
    return items;
  }

  override parseYield(forInit?: unknown): AnyNode {
    const { start, end } = this;
    if (this.reader.peek(end) !== "<" || !this.reader.onSameLine(end))
      return super.parseYield(forInit);
    this.yieldPos ||= start;
    const node = this.startNode();
    this.next();
    const argument = this.parseMaybeAssign(forInit);
    return this.finishNode(Object.assign(node, { delegate: false, argument }), "YieldExpression");
  }

  override parseExpression(forInit?: unknown, refs?: Refs): AnyNode {
    return this.#inBrackets(() => super.parseExpression(forInit, refs));
  }

  override parseObj(isPattern: boolean, refs: Refs): AnyNode {
    return this.#inBrackets(() => super.parseObj(isPattern, refs));
  }

  override parsePropertyValue(prop: AnyNode, ...rest: unknown[]): void {
    this.eraseTypeParameters();
    super.parsePropertyValue(prop, ...rest);
  }

  override parseFunctionBody(
    node: AnyNode,
    isArrow: boolean,
    isMethod: boolean,
    forInit: unknown,
  ): void {
    if (!isArrow && this.type === tokens.colon) this.erase(this.reader.returnType(this.start + 1));
    const parse = (): void => super.parseFunctionBody(node, isArrow, isMethod, forInit);
    if (this.type === tokens.braceL) this.#inBrackets(parse);
    else parse();
  }
}
