/** The parts of acorn's parser that its plugins override; acorn documents them as its plugin interface and declares no types. */
import { type AnyNode, type Options, Parser, tokTypes, type TokenType } from "acorn";

export const tokens = tokTypes;
export type { AnyNode, Options, TokenType };

/** Places where an expression may still turn out to be a pattern. */
export interface DestructuringErrors {
  shorthandAssign: number;
  trailingComma: number;
  parenthesizedAssign: number;
  parenthesizedBind: number;
  doubleProto: number;
}

type Refs = DestructuringErrors | null | undefined;

export interface AcornParser {
  input: string;
  type: TokenType & { readonly binop?: number | null };
  value: unknown;
  start: number;
  end: number;
  pos: number;
  lastTokStart: number;
  lastTokEnd: number;
  exprAllowed: boolean;
  containsEsc: boolean;
  context: unknown[];
  potentialArrowAt: number;
  yieldPos: number;
  awaitPos: number;
  awaitIdentPos: number;
  strict: boolean;
  labels: unknown[];
  scopeStack: unknown[];
  privateNameStack: unknown[];
  undefinedExports: Record<string, unknown>;

  next(): void;
  nextToken(): void;
  eat(type: TokenType): boolean;
  expect(type: TokenType): void;
  eatContextual(name: string): boolean;
  isContextual(name: string): boolean;
  canInsertSemicolon(): boolean;
  semicolon(): void;
  unexpected(at?: number): never;
  raise(at: number, message: string): never;
  updateContext(previous: TokenType): void;
  startNode(): AnyNode;
  startNodeAt(at: number): AnyNode;
  finishNode(node: AnyNode, type: string): AnyNode;
  afterTrailingComma(close: TokenType, notNext?: boolean): boolean;
  checkExpressionErrors(refs: Refs, andThrow?: boolean): boolean;
  buildBinary(
    start: number,
    location: unknown,
    left: AnyNode,
    right: AnyNode,
    operator: string,
    logical: boolean,
  ): AnyNode;

  parse(): AnyNode;
  parseStatement(context: string | null, topLevel?: boolean, exports?: object): AnyNode;
  parseVarId(declarator: AnyNode, kind: string): void;
  parseFunctionParams(node: AnyNode): void;
  parseFunctionBody(node: AnyNode, isArrow: boolean, isMethod: boolean, forInit: unknown): void;
  parseCatchClauseParam(): AnyNode;
  parseImport(node: AnyNode): AnyNode;
  parseImportSpecifier(): AnyNode;
  parseImportSpecifiers(): AnyNode[];
  parseExport(node: AnyNode, exports?: object): AnyNode;
  parseExportSpecifier(exports?: object): AnyNode;
  parseExportSpecifiers(exports?: object): AnyNode[];
  parseExportDefaultDeclaration(): AnyNode;
  shouldParseExportStatement(): boolean;
  checkLocalExport(id: { name: string }): void;

  parseClassId(node: AnyNode, isStatement: unknown): void;
  parseClassSuper(node: AnyNode): void;
  parseClassElement(constructorAllowsSuper: boolean): AnyNode | null;
  parseClassElementName(element: AnyNode): void;
  parseClassField(field: AnyNode): AnyNode;
  parseClassMethod(
    method: AnyNode,
    isGenerator: boolean,
    isAsync: boolean,
    allowsDirectSuper: boolean,
  ): AnyNode;

  parseBindingAtom(): AnyNode;
  parseBindingList(
    close: TokenType,
    allowEmpty: boolean,
    allowTrailingComma: boolean,
    allowModifiers?: boolean,
  ): AnyNode[];
  parseAssignableListItem(allowModifiers?: boolean): AnyNode;
  parseBindingListItem(param: AnyNode): AnyNode;
  parseMaybeDefault(start: number, location: unknown, left?: AnyNode): AnyNode;

  parseExpression(forInit?: unknown, refs?: Refs): AnyNode;
  parseMaybeAssign(forInit?: unknown, refs?: Refs, afterLeft?: unknown): AnyNode;
  parseMaybeConditional(forInit: unknown, refs: Refs): AnyNode;
  parseExprOps(forInit: unknown, refs: Refs): AnyNode;
  parseExprOp(
    left: AnyNode,
    start: number,
    location: unknown,
    minPrecedence: number,
    forInit: unknown,
  ): AnyNode;
  parseMaybeUnary(refs: Refs, sawUnary?: boolean, incDec?: boolean, forInit?: unknown): AnyNode;
  parseSubscript(
    base: AnyNode,
    start: number,
    location: unknown,
    noCalls: boolean,
    maybeAsyncArrow: boolean,
    optionalChained: boolean,
    forInit: unknown,
  ): AnyNode;
  parseYield(forInit?: unknown): AnyNode;
  parseExprList(
    close: TokenType,
    allowTrailingComma: boolean,
    allowEmpty: boolean,
    refs?: Refs,
  ): AnyNode[];
  parseSpread(refs: Refs): AnyNode;
  parseObj(isPattern: boolean, refs: Refs): AnyNode;
  parsePropertyValue(prop: AnyNode, ...rest: unknown[]): void;
  parseParenAndDistinguishExpression(canBeArrow: boolean, forInit: unknown): AnyNode;
  parseParenArrowList(
    start: number,
    location: unknown,
    items: AnyNode[],
    forInit: unknown,
  ): AnyNode;
  parseParenItem(item: AnyNode): AnyNode;
  shouldParseArrow(items: AnyNode[]): boolean;
  shouldParseAsyncArrow(): boolean;
}

export const AcornParser = Parser as unknown as new (
  options: Options,
  input: string,
) => AcornParser;
