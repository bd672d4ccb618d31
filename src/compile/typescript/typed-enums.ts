/** Enums. */
import type { AnyNode } from "./acorn-parser.ts";
import { tokens } from "./acorn-parser.ts";
import { type EnumMember, lowerEnum, unusedName } from "./enum-lowering.ts";
import { TypedClasses } from "./typed-classes.ts";

export class TypedEnums extends TypedClasses {
  /** Names of the enums of each block so far: an enum can have several declarations. */
  #enums = new Set<string>();
  #isNested = false;
  #enumName: string | undefined;

  /** Whether the current block has an enum of this name so far. */
  protected hasEnum(name: string): boolean {
    return this.#enums.has(name);
  }

  /** Runs `parse` for a block, or the body of a function, whose enums are its own. */
  protected withOwnEnums<T>(isNested: boolean, parse: () => T): T {
    const outer = [this.#enums, this.#isNested] as const;
    [this.#enums, this.#isNested] = [new Set(), isNested];
    const result = parse();
    [this.#enums, this.#isNested] = outer;
    return result;
  }

  override parseFunctionBody(
    node: AnyNode,
    isArrow: boolean,
    isMethod: boolean,
    forInit: unknown,
  ): void {
    this.withOwnEnums(false, () => super.parseFunctionBody(node, isArrow, isMethod, forInit));
  }

  protected isEnum(at: number): boolean {
    if (this.reader.word(at) !== "enum") return false;
    const end = this.reader.name(at + "enum".length);
    return end >= 0 && this.reader.peek(end) === "{";
  }

  protected parseEnum(isConst: boolean): AnyNode {
    const node = this.startNode() as AnyNode & { id?: unknown };
    if (isConst) this.next();
    this.next();
    const id = this.#parseName();
    node.id = id;
    const open = this.start;
    this.expect(tokens.braceL);
    const members: EnumMember[] = [];
    while (this.type !== tokens.braceR) {
      members.push(this.#parseMember());
      if (this.type === tokens.comma) members.at(-1)!.comma = this.start;
      if (this.type !== tokens.braceR) this.expect(tokens.comma);
    }
    const close = this.start;
    this.exprAllowed = true; // what follows is a statement
    this.next();
    this.#enumName ??= unusedName(this.input);
    const isFirst = !this.#enums.has(id.name);
    this.#enums.add(id.name);
    lowerEnum(
      { name: id.name, start: node.start, open, close, members },
      { isFirst, isNested: this.#isNested, own: this.#enumName },
      this.input,
      this.erasures,
    );
    return this.finishNode(node, "EmptyStatement");
  }

  #parseName(): Extract<AnyNode, { type: "Identifier" }> {
    if (this.type !== tokens.name) this.unexpected();
    const node = Object.assign(this.startNode(), { name: this.value });
    this.next();
    return this.finishNode(node, "Identifier") as never;
  }

  #parseMember(): EnumMember {
    const { start } = this;
    const end = this.reader.memberName(start);
    if (end < 0) this.unexpected();
    const name = this.input
      .slice(start, end)
      .replace(/^\[([^]*)\]$/, "$1")
      .trim();
    while (this.end < end) this.next();
    this.next();
    const equals = this.type === tokens.eq ? this.start : -1;
    if (equals < 0) return { name, start, end };
    this.next();
    return { name, start, end, equals, value: this.parseMaybeAssign() };
  }
}
