/** A parser of JavaScript that can skip parts of the text as if they were not there, and can go back. */
import { AcornParser, type Options, tokens, type TokenType } from "./acorn-parser.ts";
import type { Erasures } from "./erasures.ts";
import { TypeReader } from "./type-reader.ts";

const STATE = [
  "type",
  "value",
  "start",
  "end",
  "pos",
  "lastTokStart",
  "lastTokEnd",
  "exprAllowed",
  "containsEsc",
  "potentialArrowAt",
  "yieldPos",
  "awaitPos",
  "awaitIdentPos",
  "strict",
  "labels",
] as const;

export class ErasingParser extends AcornParser {
  protected readonly reader: TypeReader;
  protected readonly erasures: Erasures;
  readonly #comments: unknown[];
  /** What the tokenizer knew before the current token. */
  #typeBefore: TokenType = tokens.eof;
  #exprAllowedBefore = true;
  #depthBefore = 0;
  #topBefore: unknown;

  constructor(options: Options, input: string, erasures: Erasures) {
    super(options, input);
    this.reader = new TypeReader(input);
    this.erasures = erasures;
    this.#comments = options.onComment as unknown[];
  }

  override updateContext(previous: TokenType): void {
    this.#typeBefore = previous;
    this.#exprAllowedBefore = this.exprAllowed;
    this.#depthBefore = this.context.length;
    this.#topBefore = this.context[this.#depthBefore - 1];
    super.updateContext(previous);
  }

  /** The character at which the current token starts. */
  protected get character(): string {
    return this.input[this.start] ?? "";
  }

  /** True for the name `word`, written as it is. */
  protected isWord(word: string): boolean {
    return this.type === tokens.name && this.value === word && !this.containsEsc;
  }

  /** Skips from the current token to `end`, as if nothing stood there. */
  protected erase(end: number): void {
    if (end < 0) this.unexpected();
    this.#forgetToken();
    this.erasures.erase(this.start, end);
    this.#moveTo(this.start, end);
  }

  /** Skips to `end` what is a statement or a member, which a semicolon replaces. */
  protected eraseStatement(end: number): void {
    this.#forgetToken();
    this.type = tokens.semi;
    this.exprAllowed = true;
    this.erasures.erase(this.start, end, ";");
    this.#moveTo(this.start, end);
  }

  #forgetToken(): void {
    this.type = this.#typeBefore;
    this.exprAllowed = this.#exprAllowedBefore;
    if (this.context.length < this.#depthBefore) this.context.push(this.#topBefore);
    this.context.length = this.#depthBefore;
  }

  #moveTo(start: number, end: number): void {
    this.pos = end;
    this.lastTokStart = start;
    this.lastTokEnd = end;
    this.containsEsc = false;
    this.nextToken();
  }

  /** Returns a function that goes back to the current state. */
  protected snapshot(): () => void {
    const state = STATE.map((key) => this[key]);
    const context = [...this.context];
    const scopes = [...this.scopeStack];
    const names = [...this.privateNameStack];
    const comments = this.#comments.length;
    const before = [
      this.#typeBefore,
      this.#exprAllowedBefore,
      this.#depthBefore,
      this.#topBefore,
    ] as const;
    const restoreErasures = this.erasures.snapshot();
    return () => {
      for (const [at, key] of STATE.entries()) (this as Record<string, unknown>)[key] = state[at];
      this.context = [...context];
      this.scopeStack = [...scopes];
      this.privateNameStack = [...names];
      this.#comments.length = comments;
      [this.#typeBefore, this.#exprAllowedBefore, this.#depthBefore, this.#topBefore] = before;
      restoreErasures();
    };
  }
}
