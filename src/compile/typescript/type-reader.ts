/**
 * Reads types, to know where they end: nothing of them is kept. It works on the text alone and throws nothing, so that to
 * try whether something is a type costs little. Every method returns the offset behind what it read, or -1.
 */
import { TextReader } from "./text-reader.ts";

/** Types that take no arguments: `n as number < 5` compares. */
const KEYWORDS = new Set(
  "any unknown never void null undefined string number boolean bigint symbol object true false this const".split(
    " ",
  ),
);
/** Words that are no types. */
const RESERVED = new Set(
  "break case catch class continue debugger default delete do else enum export extends finally for function if in instanceof return super switch throw try var while with".split(
    " ",
  ),
);
const PARAMETER_MODIFIERS = new Set(["public", "private", "protected", "readonly", "override"]);
/** Type arguments in type arguments. Beyond it they are comparisons: `a < b, a < b, …` could be either for long. */
const MAX_DEPTH = 100;
const NOT_A_FUNCTION = -2;

export class TypeReader extends TextReader {
  /** Where the type arguments end that start at an offset: `a < b < c < …` is read once. */
  readonly #arguments = new Map<number, number>();
  #depth = 0;
  #isTooDeep = false;

  /** @param conditional whether it can be `A extends B ? C : D` */
  type(at: number, conditional = true): number {
    if (at < 0) return -1;
    const start = this.space(at);
    const asFunction = this.#functionType(start);
    if (asFunction !== NOT_A_FUNCTION) return asFunction;
    const end = this.#union(start);
    if (end < 0 || !conditional || !this.onSameLine(end) || this.peekWord(end) !== "extends")
      return end;
    const extended = this.type(this.name(end), false);
    const consequent = this.type(this.expect(extended, "?"));
    return this.type(this.expect(consequent, ":"));
  }

  /** The type of a result: it can be a predicate. */
  returnType(at: number): number {
    const first = this.space(at);
    const word = this.word(first);
    let end = first + word.length;
    if (word === "asserts" && this.onSameLine(end) && !["", "is"].includes(this.peekWord(end))) {
      end = this.name(end);
      if (this.peekWord(end) !== "is" || !this.onSameLine(end)) return end;
    }
    const isPredicate = word !== "" && this.onSameLine(end) && this.peekWord(end) === "is";
    return isPredicate ? this.type(this.name(end)) : this.type(first);
  }

  /** `<A, B>` at `at`. */
  typeArguments(at: number): number {
    const known = this.#arguments.get(at);
    if (known !== undefined) return known;
    if (this.#depth === MAX_DEPTH) this.#isTooDeep = true;
    if (this.#isTooDeep) return -1;
    this.#depth++;
    const end = this.#list(at + 1, ">", (item) => this.type(item));
    this.#depth--;
    this.#arguments.set(at, end);
    if (this.#depth === 0) this.#isTooDeep = false;
    return end;
  }

  /** `<const A extends B = C, in out D>` at `at`. */
  typeParameters(at: number): number {
    return this.#list(at + 1, ">", (item) => {
      let end = this.name(item);
      while (
        ["const", "in", "out"].includes(this.text.slice(this.space(item), end)) &&
        !["", "extends"].includes(this.peekWord(end))
      ) {
        item = end;
        end = this.name(end);
      }
      if (end >= 0 && this.peekWord(end) === "extends") end = this.type(this.name(end));
      const value = this.expect(end, "=");
      return value < 0 ? end : this.type(value);
    });
  }

  /** `<T>(a: A): R` at `at`. */
  signature(at: number): number {
    let end = this.space(at);
    if (this.text[end] === "<") end = this.typeParameters(end);
    end = this.#parameters(this.expect(end, "("));
    const colon = this.expect(end, ":");
    return colon < 0 ? end : this.returnType(colon);
  }

  /** `{ a: A; b(): B }` at `at`. */
  objectType(at: number): number {
    for (let here = this.space(at + 1); ; here = this.space(here)) {
      const character = this.text[here];
      if (character === "}") return here + 1;
      if (character === ";" || character === ",") here++;
      else {
        const end = this.#member(here);
        if (end < 0 || (this.onSameLine(end) && !";,}".includes(this.peek(end)))) return -1;
        here = end;
      }
    }
  }

  /** `a.b.c` at `at`. */
  entityName(at: number): number {
    let end = this.name(at);
    for (;;) {
      const dot = this.expect(end, ".");
      const next = dot < 0 ? -1 : this.name(this.peek(dot) === "#" ? this.space(dot) + 1 : dot);
      if (next < 0) return end;
      end = next;
    }
  }

  #list(at: number, close: string, item: (at: number) => number): number {
    for (let here = at; ;) {
      here = item(here);
      if (here < 0) return -1;
      const end = this.expect(here, close);
      if (end >= 0) return end;
      here = this.expect(here, ",");
      if (here < 0) return -1;
      const trailing = this.expect(here, close);
      if (trailing >= 0) return trailing;
    }
  }

  #functionType(start: number): number {
    let at = start;
    if (this.word(at) === "abstract" && this.peekWord(at + "abstract".length) === "new")
      at = this.space(at + "abstract".length);
    if (this.word(at) === "new") at = this.space(at + "new".length);
    else if (at !== start) return NOT_A_FUNCTION;
    const isFunction =
      at !== start || this.text[at] === "<" || (this.text[at] === "(" && this.#isParameters(at));
    if (!isFunction) return NOT_A_FUNCTION;
    if (this.text[at] === "<") at = this.typeParameters(at);
    const arrow = this.expect(this.#parameters(this.expect(at, "(")), "=>");
    return arrow < 0 ? -1 : this.returnType(arrow);
  }

  /** Whether the parenthesis at `at` opens parameters; else a type stands in it. */
  #isParameters(at: number): boolean {
    const first = this.space(at + 1);
    if (this.text[first] === ")" || this.text.startsWith("...", first)) return true;
    const end = "{[".includes(this.text[first] ?? " ") ? this.balanced(first) : this.name(first);
    if (end < 0) return false;
    if (":,?=".includes(this.peek(end) || " ")) return true;
    return this.expect(this.expect(end, ")"), "=>") >= 0;
  }

  /** Parameters without values, from behind the `(`. */
  #parameters(at: number): number {
    if (at < 0) return -1;
    const empty = this.expect(at, ")");
    if (empty >= 0) return empty;
    return this.#list(at, ")", (item) => {
      let here = this.space(item);
      if (this.text.startsWith("...", here)) here = this.space(here + 3);
      while (PARAMETER_MODIFIERS.has(this.word(here)) && /[\w$[{]/.test(this.peek(this.name(here))))
        here = this.space(this.name(here));
      let end = "{[".includes(this.text[here] ?? " ") ? this.balanced(here) : this.name(here);
      const optional = this.expect(end, "?");
      if (optional >= 0) end = optional;
      const colon = this.expect(end, ":");
      return colon < 0 ? end : this.type(colon);
    });
  }

  #union(start: number): number {
    let at = start;
    if (this.text[at] === "|" || this.text[at] === "&") at++;
    for (;;) {
      at = this.#operand(this.space(at));
      if (at < 0) return -1;
      const next = this.space(at);
      const sign = this.text[next];
      if ((sign !== "|" && sign !== "&") || [sign, "="].includes(this.text[next + 1]!)) return at;
      at = next + 1;
    }
  }

  #operand(at: number): number {
    const word = this.word(at);
    const end = at + word.length;
    if (word === "keyof" || word === "unique" || word === "readonly")
      return this.#operand(this.space(end));
    if (word !== "infer") return this.#postfix(this.#primary(at, word));
    const name = this.name(end);
    return name >= 0 && this.peekWord(name) === "extends"
      ? this.type(this.name(name), false)
      : name;
  }

  #postfix(at: number): number {
    let end = at;
    while (end >= 0 && this.onSameLine(end) && this.peek(end) === "[") {
      const index = this.expect(end, "[");
      const empty = this.expect(index, "]");
      end = empty >= 0 ? empty : this.expect(this.type(index), "]");
    }
    return end;
  }

  #primary(at: number, word: string): number {
    const character = this.text[at];
    if (character === "{") return this.objectType(at);
    if (character === "[") return this.#tuple(at);
    if (character === "(") return this.expect(this.type(at + 1), ")");
    if (character === '"' || character === "'") return this.string(at);
    if (character === "`") return this.template(at, (inner) => this.type(inner));
    if (character === "-") return this.number(this.space(at + 1));
    if (word === "") return this.number(at);
    if (RESERVED.has(word)) return -1;
    const end = at + word.length;
    if (KEYWORDS.has(word) && this.peek(end) !== ".") return end;
    if (word === "import") return this.#importType(end);
    if (word === "typeof") {
      if (this.peekWord(end) === "import") return this.#importType(this.name(end));
      return this.#withArguments(this.entityName(end));
    }
    return this.#withArguments(this.entityName(at));
  }

  #importType(at: number): number {
    let end = this.peek(at) === "(" ? this.balanced(this.space(at)) : -1;
    const dot = this.expect(end, ".");
    if (dot >= 0) end = this.entityName(dot);
    return this.#withArguments(end);
  }

  #withArguments(at: number): number {
    if (at < 0 || this.peek(at) !== "<" || !this.onSameLine(at)) return at;
    return this.typeArguments(this.space(at));
  }

  #tuple(at: number): number {
    const empty = this.expect(at + 1, "]");
    if (empty >= 0) return empty;
    return this.#list(at + 1, "]", (item) => {
      const rest = this.expect(item, "...");
      const start = rest < 0 ? item : rest;
      const name = this.name(start);
      const optional = this.expect(name, "?");
      const label = this.expect(optional < 0 ? name : optional, ":");
      const end = this.type(label < 0 ? start : label);
      const mark = this.expect(end, "?");
      return mark < 0 ? end : mark;
    });
  }

  #member(at: number): number {
    let here = at;
    if (this.text[here] === "+" || this.text[here] === "-") here = this.space(here + 1);
    const word = this.word(here);
    const next = this.peek(here + word.length);
    if (["get", "set", "readonly"].includes(word) && /[\w$["'\u0080-\uffff]/.test(next))
      return this.#member(this.space(here + word.length));
    if ("(<".includes(this.text[here] ?? " ")) return this.signature(here);
    if (word === "new" && (next === "(" || next === "<")) return this.signature(here + word.length);
    let end = this.text[here] === "[" ? this.#bracketed(here) : this.memberName(here);
    for (const mark of ["+", "-", "?"]) {
      const behind = this.expect(end, mark);
      if (behind >= 0) end = behind;
    }
    if (end < 0) return -1;
    if ("(<".includes(this.peek(end) || " ")) return this.signature(end);
    const colon = this.expect(end, ":");
    return colon < 0 ? end : this.type(colon);
  }

  /** The name of a member: a word, a text, a number, `#private`, or `[computed]`. */
  memberName(at: number): number {
    const character = this.text[at] ?? "";
    if (character === "[") return this.balanced(at);
    if (character === '"' || character === "'") return this.string(at);
    if (/[\d.]/.test(character)) return this.number(at);
    return this.name(character === "#" ? at + 1 : at);
  }

  /** `[key: string]`, `[K in T as U]`, or a computed name. */
  #bracketed(at: number): number {
    const name = this.name(at + 1);
    const colon = this.expect(name, ":");
    if (colon >= 0) return this.expect(this.type(colon), "]");
    if (name < 0 || this.peekWord(name) !== "in") return this.balanced(at);
    const keys = this.type(this.name(name));
    const renamed = keys >= 0 && this.peekWord(keys) === "as" ? this.type(this.name(keys)) : keys;
    return this.expect(renamed, "]");
  }
}
