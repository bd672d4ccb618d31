/**
 * Statements and class members that hold nothing but types. Each function returns the offset behind one at `at`, or -1
 * where something stands that runs.
 */
import type { TypeReader } from "./type-reader.ts";

/** `type`, `interface`, `declare`, `import type`, `export type`, and functions without a body. */
export function typeStatement(reader: TypeReader, at: number): number {
  const word = reader.word(at);
  const next = at + word.length;
  switch (word) {
    case "export":
      return exported(reader, next);
    case "import":
      return importType(reader, next);
    case "declare":
      return reader.onSameLine(next) ? finish(reader, ambient(reader, reader.space(next))) : -1;
    case "type":
    case "interface":
      return finish(reader, typeDeclaration(reader, at));
    case "async":
    case "function":
      return overload(reader, at);
    default:
      return -1;
  }
}

/** The name that a type statement declares. */
export function declaredType(text: string): string | undefined {
  return /^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:type|interface)\s+([\w$]+)/.exec(
    text,
  )?.[1];
}

/** Behind the semicolon that may follow a statement, which else must end its line or with a brace. */
function finish(reader: TypeReader, at: number): number {
  if (at < 0) return -1;
  const semicolon = reader.expect(at, ";");
  if (semicolon >= 0) return semicolon;
  return !reader.onSameLine(at) || reader.endsWithBrace(at) || ["", "}"].includes(reader.peek(at))
    ? at
    : -1;
}

function exported(reader: TypeReader, at: number): number {
  const start = reader.space(at);
  const word = reader.word(start);
  const next = start + word.length;
  if (word === "default") {
    const inner = reader.space(next);
    return ["interface", "function", "async"].includes(reader.word(inner))
      ? typeStatement(reader, inner)
      : -1;
  }
  if (word === "as") return finish(reader, reader.name(reader.name(next)));
  if (word === "type" && "{*".includes(reader.peek(next) || " ")) {
    const star = reader.expect(next, "*");
    const list = star >= 0 ? star : reader.balanced(reader.space(next));
    const named =
      star >= 0 && reader.peekWord(star) === "as" ? reader.name(reader.name(star)) : list;
    return finish(reader, reader.peekWord(named) === "from" ? from(reader, named) : named);
  }
  return ["type", "interface", "declare", "function", "async"].includes(word)
    ? typeStatement(reader, start)
    : -1;
}

function importType(reader: TypeReader, at: number): number {
  if (reader.peekWord(at) !== "type") return -1;
  const next = reader.name(at);
  const character = reader.peek(next);
  if (character === "{") return finish(reader, from(reader, reader.balanced(reader.space(next))));
  if (character === "*")
    return finish(reader, from(reader, reader.name(reader.name(reader.expect(next, "*")))));
  const name = reader.name(next);
  if (name < 0) return -1;
  const equals = reader.expect(name, "=");
  if (equals >= 0) {
    const target = reader.entityName(equals);
    return finish(
      reader,
      reader.peek(target) === "(" ? reader.balanced(reader.space(target)) : target,
    );
  }
  return reader.peekWord(name) === "from" ? finish(reader, from(reader, name)) : -1;
}

/** `from "module" with { … }` */
function from(reader: TypeReader, at: number): number {
  if (at < 0 || reader.peekWord(at) !== "from") return -1;
  const end = reader.string(reader.space(reader.name(at)));
  if (end < 0 || reader.peekWord(end) !== "with") return end;
  return reader.balanced(reader.space(reader.name(end)));
}

function typeDeclaration(reader: TypeReader, at: number): number {
  const word = reader.word(at);
  const next = at + word.length;
  if (!reader.onSameLine(next)) return -1;
  const name = withParameters(reader, reader.name(next));
  if (word === "type") {
    const value = reader.expect(name, "=");
    return value < 0 ? -1 : reader.type(value);
  }
  return name < 0 ? -1 : body(reader, heritage(reader, name), true);
}

function withParameters(reader: TypeReader, at: number): number {
  return at >= 0 && reader.peek(at) === "<" ? reader.typeParameters(reader.space(at)) : at;
}

/** `extends A<B>, C implements D` */
export function heritage(reader: TypeReader, at: number): number {
  let end = at;
  while (end >= 0 && ["extends", "implements"].includes(reader.peekWord(end))) {
    end = reader.type(reader.name(end), false);
    for (let comma; end >= 0 && (comma = reader.expect(end, ",")) >= 0;)
      end = reader.type(comma, false);
  }
  return end;
}

function body(reader: TypeReader, at: number, isType = false): number {
  if (at < 0 || reader.peek(at) !== "{") return -1;
  const start = reader.space(at);
  return isType ? reader.objectType(start) : reader.balanced(start);
}

/** What follows `declare`. */
function ambient(reader: TypeReader, at: number): number {
  const word = reader.word(at);
  const next = at + word.length;
  switch (word) {
    case "type":
    case "interface":
      return typeDeclaration(reader, at);
    case "const":
    case "let":
    case "var":
      if (reader.peekWord(next) === "enum") return ambient(reader, reader.space(next));
      return variables(reader, next);
    case "function":
      return reader.signature(reader.name(next));
    case "async":
    case "abstract":
      return ambient(reader, reader.space(next));
    case "class":
      return body(reader, heritage(reader, withParameters(reader, reader.name(next))));
    case "enum":
      return body(reader, reader.name(next));
    case "global":
      return body(reader, next);
    case "module":
    case "namespace": {
      const start = reader.space(next);
      const name = "\"'".includes(reader.peek(next) || " ")
        ? reader.string(start)
        : reader.entityName(start);
      return name >= 0 && reader.peek(name) === "{" ? body(reader, name) : name;
    }
    default:
      return -1;
  }
}

function variables(reader: TypeReader, at: number): number {
  for (let end = at; ; end++) {
    const isPattern = "{[".includes(reader.peek(end) || " ");
    end = isPattern ? reader.balanced(reader.space(end)) : reader.name(end);
    for (const mark of ["!", ":", "="]) {
      const behind = reader.expect(end, mark);
      // A value is a literal, which is a type as well.
      if (behind >= 0) end = mark === "!" ? behind : reader.type(behind);
    }
    if (end < 0 || reader.peek(end) !== ",") return end;
    end = reader.space(end);
  }
}

/** A function without a body. */
function overload(reader: TypeReader, at: number): number {
  let end = reader.name(at);
  if (reader.word(at) === "async") {
    if (!reader.onSameLine(end) || reader.peekWord(end) !== "function") return -1;
    end = reader.name(end);
  }
  const name = reader.peek(end) === "(" ? end : reader.name(end);
  const signature = name < 0 ? -1 : reader.signature(name);
  return signature < 0 || reader.peek(signature) === "{" ? -1 : finish(reader, signature);
}

const MEMBER_MODIFIERS = new Set(
  "public private protected readonly override abstract declare static accessor".split(" "),
);

/** Behind the modifier at `at`; -1 where the word is the name of the member. */
export function modifier(reader: TypeReader, at: number): number {
  const word = reader.word(at);
  const end = at + word.length;
  if (!MEMBER_MODIFIERS.has(word) || !reader.onSameLine(end)) return -1;
  return /[\w$["'#*{\u0080-\uffff]/.test(reader.peek(end)) ? end : -1;
}

/** An index signature, an `abstract` or `declare` member, or a method without a body. */
export function typeMember(reader: TypeReader, at: number): number {
  let here = at;
  let isAmbient = false;
  for (let end; (end = modifier(reader, here)) >= 0; here = reader.space(end))
    isAmbient ||= ["abstract", "declare"].includes(reader.word(here));
  const key = reader.peek(here) === "[" ? reader.name(here + 1) : -1;
  if (reader.expect(key, ":") >= 0) {
    const colon = reader.expect(reader.balanced(here), ":");
    return colon < 0 ? -1 : finish(reader, reader.type(colon));
  }
  const word = reader.word(here);
  if (["get", "set", "async"].includes(word) && /[\w$["'#*]/.test(reader.peek(here + word.length)))
    here = reader.space(here + word.length);
  const star = reader.expect(here, "*");
  let end = reader.memberName(star < 0 ? here : reader.space(star));
  for (const mark of ["?", "!"]) {
    const behind = reader.expect(end, mark);
    if (behind >= 0) end = behind;
  }
  if (end < 0) return -1;
  if ("(<".includes(reader.peek(end) || " ")) {
    const signature = reader.signature(end);
    return signature < 0 || reader.peek(signature) === "{" ? -1 : finish(reader, signature);
  }
  if (!isAmbient) return -1;
  const colon = reader.expect(end, ":");
  return finish(reader, colon < 0 ? end : reader.type(colon));
}
