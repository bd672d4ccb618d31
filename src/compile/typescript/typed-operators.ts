/** Types beside operators: `as`, `satisfies`, `!`, `<T>x`, and type arguments. */
import type { AnyNode, DestructuringErrors } from "./acorn-parser.ts";
import { tokens } from "./acorn-parser.ts";
import { ErasingParser } from "./erasing-parser.ts";

type Refs = DestructuringErrors | null | undefined;

/** `as` binds as `<` does. */
const AS_PRECEDENCE = 7;
/** After type arguments: what starts an expression shows that they were comparisons. */
const STARTS_EXPRESSION = /^(?:[\p{ID_Start}$_\\"'[{#@\d]|!(?!=)|~|\.\d|\+\+|--)/u;
const BINARY_WORD = new Set(["as", "satisfies", "in", "instanceof"]);
/** An object, a function or a class needs parentheses where a statement or the body of an arrow may start. */
const NEEDS_PARENTHESES = /^(?:\{|(?:function|class|async|let)\b)/;

export class TypedOperators extends ErasingParser {
  /** Where `async` stands, of which the parentheses that follow may be the parameters. */
  protected asyncArrowAt = -1;
  /** The last arrow function with type parameters: no operator follows it. */
  protected genericArrow: AnyNode | undefined;

  override parseExprOp(
    left: AnyNode,
    start: number,
    location: unknown,
    minPrecedence: number,
    forInit: unknown,
  ): AnyNode {
    if (left === this.genericArrow) return left;
    const isCast =
      AS_PRECEDENCE > minPrecedence &&
      (this.isWord("as") || this.isWord("satisfies")) &&
      !this.#isOnNewLine();
    if (!isCast) return super.parseExprOp(left, start, location, minPrecedence, forInit);
    const castAt = this.start;
    this.erase(this.reader.type(this.end));
    // A bracket on the next line starts a statement, but would go on with the expression without the type.
    if (this.#isOnNewLine() && /[([`]/.test(this.character)) this.erasures.mark(castAt, ";");
    this.#keepOrder(left, start);
    if (this.type === tokens.starstar) {
      this.next();
      const right = this.parseMaybeUnary(null, false, false, forInit);
      left = this.buildBinary(start, location, left, right, "**", false);
    }
    return this.parseExprOp(left, start, location, minPrecedence, forInit);
  }

  /** `a + b as T * c` is `(a + b) * c`. */
  #keepOrder(left: AnyNode, start: number): void {
    const precedence = this.type === tokens.starstar ? Infinity : (this.type.binop ?? 0);
    const isOpen = /^(?:Binary|Logical|Unary|Await)Expression$/.test(left.type);
    if (!isOpen || precedence <= AS_PRECEDENCE) return;
    const { end } = left;
    this.erasures.lower((edits) => {
      edits.open(start, "(");
      edits.close(end, ")");
    });
  }

  #isOnNewLine(): boolean {
    return this.reader.hasLineBreak(this.lastTokEnd, this.start);
  }

  override parseMaybeUnary(
    refs: Refs,
    sawUnary?: boolean,
    incDec?: boolean,
    forInit?: unknown,
  ): AnyNode {
    if (this.character !== "<") return super.parseMaybeUnary(refs, sawUnary, incDec, forInit);
    const { start } = this;
    const parameters = this.reader.typeParameters(start);
    const assertion = this.reader.expect(this.reader.type(start + 1), ">");
    const canBeArrow =
      this.potentialArrowAt === start && parameters >= 0 && this.reader.peek(parameters) === "(";
    this.erase(canBeArrow ? parameters : assertion);
    if (canBeArrow) this.potentialArrowAt = this.start;
    const isOpen =
      this.reader.hasLineBreak(start, this.start) ||
      NEEDS_PARENTHESES.test(this.input.slice(this.start, this.start + 10));
    const node = canBeArrow
      ? super.parseMaybeUnary(null, sawUnary, incDec, forInit)
      : this.parseMaybeUnary(refs, sawUnary, incDec, forInit);
    if (canBeArrow && node.type === "ArrowFunctionExpression") return (this.genericArrow = node);
    if (canBeArrow && assertion !== parameters) this.unexpected(start);
    const end = this.lastTokEnd;
    if (isOpen) {
      this.erasures.mark(start, "(");
      this.erasures.lower((edits) => edits.close(end, ")"));
    }
    return node;
  }

  override parseSubscript(
    base: AnyNode,
    start: number,
    location: unknown,
    noCalls: boolean,
    maybeAsyncArrow: boolean,
    optionalChained: boolean,
    forInit: unknown,
  ): AnyNode {
    for (;;) {
      if (this.type === tokens.prefix && this.value === "!" && !this.#isOnNewLine())
        this.erase(this.end);
      else if (!this.#eraseTypeArguments(maybeAsyncArrow)) break;
    }
    if (this.type === tokens.questionDot && this.reader.peek(this.end) === "<") {
      const open = this.reader.space(this.end);
      const end = this.reader.typeArguments(open);
      if (end >= 0 && this.reader.peek(end) === "(") {
        this.erasures.erase(open, end);
        this.pos = end;
      }
    }
    if (maybeAsyncArrow && this.type === tokens.parenL) this.asyncArrowAt = base.start;
    return super.parseSubscript(
      base,
      start,
      location,
      noCalls,
      maybeAsyncArrow,
      optionalChained,
      forInit,
    );
  }

  /** Erases `<T>` after an expression; false where `<` compares. */
  #eraseTypeArguments(maybeAsyncArrow: boolean): boolean {
    const isOpening =
      this.character === "<" && (this.type === tokens.relational || this.type === tokens.bitShift);
    if (!isOpening || /^<<?=/.test(this.input.slice(this.start, this.start + 3))) return false;
    const { start } = this;
    if (maybeAsyncArrow) {
      const parameters = this.reader.typeParameters(start);
      if (parameters >= 0 && this.reader.peek(parameters) === "(") {
        this.erase(parameters);
        this.#joinLines(start, this.start, "(");
        return true;
      }
    }
    const end = this.reader.typeArguments(start);
    if (end < 0 || !this.#canFollowTypeArguments(end)) return false;
    this.erase(end);
    return true;
  }

  /** The rule of TypeScript's parser. */
  #canFollowTypeArguments(end: number): boolean {
    if (/[>=]/.test(this.input[end] ?? "")) return false;
    const next = this.reader.space(end);
    const text = this.input.slice(next, next + 12);
    if (/^[(`]/.test(text)) return true;
    if (/^(?:[<>]|\+(?!\+)|-(?!-))/.test(text)) return false;
    if (this.reader.hasLineBreak(end, next) || BINARY_WORD.has(this.reader.word(next))) return true;
    return !STARTS_EXPRESSION.test(text);
  }

  /** Where erased types end a line between two tokens that must share one, the second takes the place of the first. */
  #joinLines(erasedFrom: number, at: number, character: string): void {
    if (!this.reader.hasLineBreak(erasedFrom, at)) return;
    this.erasures.mark(erasedFrom, character);
    this.erasures.mark(at, " ");
  }
}
