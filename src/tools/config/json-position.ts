/** Position of the first error in a JSON text, 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const SCALAR = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`;
const TOKEN = new RegExp(String.raw`[ \t\r\n]*(?:([{}[\],:])|(")|(?:${SCALAR}))`, "y");
/** A piece of a string. One expression for all of it would need a stack as large as the string. */
const PIECE = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expected = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd" | "nothing";

/** Finds the first error in a text that `JSON.parse` refused; V8's messages do not always name its position. */
export function errorPosition(text: string): Position {
  const offset = errorOffset(text);
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

function errorOffset(text: string): number {
  const stack: string[] = [];
  let expected: Expected = "value";
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    const at = start + (/^[ \t\r\n]*/.exec(text.slice(start))?.[0].length ?? 0);
    if (match === null) return at;
    if (match[2] !== undefined) {
      const end = stringEnd(text, TOKEN.lastIndex);
      if (end === undefined) return at;
      TOKEN.lastIndex = end;
    }
    const next = step(expected, match[1] ?? (match[2] === undefined ? "scalar" : "string"), stack);
    if (next === undefined) return at;
    expected = next;
  }
}

/** Where a string ends that has begun; nothing where something in it is wrong. */
function stringEnd(text: string, from: number): number | undefined {
  PIECE.lastIndex = from;
  let end = from;
  while (PIECE.test(text)) end = PIECE.lastIndex;
  return text[end] === '"' ? end + 1 : undefined;
}

/** What may follow `token` where `expected` was due; nothing when the token is wrong here. */
function step(expected: Expected, token: string, stack: string[]): Expected | undefined {
  const after = (): Expected => (stack.length === 0 ? "nothing" : "commaOrEnd");
  const open = stack.at(-1);
  if (token === "}" || token === "]") {
    const mayEnd =
      expected === "commaOrEnd" || expected === (token === "}" ? "keyOrEnd" : "valueOrEnd");
    if (!mayEnd || open !== (token === "}" ? "{" : "[")) return undefined;
    stack.pop();
    return after();
  }
  if (expected === "commaOrEnd")
    return token === "," ? (open === "{" ? "key" : "value") : undefined;
  if (expected === "colon") return token === ":" ? "value" : undefined;
  if (expected === "key" || expected === "keyOrEnd")
    return token === "string" ? "colon" : undefined;
  if (expected === "nothing" || token === "," || token === ":") return undefined;
  if (token !== "{" && token !== "[") return after();
  stack.push(token);
  return token === "{" ? "keyOrEnd" : "valueOrEnd";
}
