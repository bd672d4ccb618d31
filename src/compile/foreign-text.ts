/**
 * What a text is that is no program, and what to write instead. It is asked only when a text does not parse. A pattern takes time
 * that grows with the text: none has two parts beside each other that match the same characters.
 */
import { type AnyNode, nameOf, type Program } from "./acorn.ts";

/** The text, and where its parser gave up. */
interface Wrong {
  /** At most {@link MAX_TEXT} characters. */
  readonly text: string;
  /** The line of the error. */
  readonly line: string;
  /** The end of the line before it. */
  readonly lineBefore: string;
  /** From the error on, and what is before it on its line. */
  readonly rest: string;
  readonly before: string;
}

interface Recogniser {
  readonly is: (wrong: Wrong) => boolean;
  readonly hint: string;
}

const MAX_TEXT = 20_000;
const MAX_LINE = 1_000;

const CALL = 'return await tools.server.tool({ key: "value" });';

const DIFF = /^(?:@@ -\d|\+\+\+ |diff --git )/m;
const DIFF_LINE =
  /^[+-] *(?:const|let|var|return|import|export|function|async|if|for|while|try|class|type|interface)\b/;

const ENTITY = /&(?:lt|gt|amp|quot|apos|nbsp|#0?39|#x27|#34);/;
/** Texts and patterns that end on their line: a program may well be about HTML. */
const QUOTED = /"[^"\n]*"|'[^'\n]*'|`[^`\n]*`|\/[^/\n]+\//g;

const inText =
  (pattern: RegExp): Recogniser["is"] =>
  ({ text }) =>
    pattern.test(text);
const inLine =
  (pattern: RegExp): Recogniser["is"] =>
  ({ line }) =>
    pattern.test(line);

/** The first one that recognises the text gives the hint. Each text in backticks compiles. */
const RECOGNISERS: readonly Recogniser[] = [
  {
    is: inText(/^\s*<(?:\|?tool_call|function_calls?>|antml:|invoke |tool_use|tool_code|\|)/),
    hint: `This is the markup of a tool call. Send only the program, in TypeScript, with its calls in it, e.g. \`${CALL}\`.`,
  },
  {
    is: ({ text }) =>
      /^\s*[[{]/.test(text) &&
      /"(?:name|function|tool|tool_name)"\s*:/.test(text) &&
      /"(?:arguments|parameters|input|args)"\s*:/.test(text),
    hint: `This is a tool call as JSON. Write it as a call in a program: \`${CALL}\``,
  },
  {
    is: inText(/^\s*\{\s*"(?:code|program|script|source)"\s*:\s*"/),
    hint: "This is JSON with a program in it. Send the program itself, without JSON around it and with its own line breaks, e.g. `const total = 1 + 1;\nreturn total;`.",
  },
  {
    is: ({ line }) => ENTITY.test(line.replace(QUOTED, "")),
    hint: "The text is escaped for HTML. Send it with plain <, >, & and quotes, e.g. `const wide = [1, 2].filter((n) => n > 1 && n < 3);`.",
  },
  {
    is: ({ before, rest }) =>
      /^[\u201c\u201d\u2018\u2019\u201e\u201a\u00ab\u00bb\u2032\u2033]/.test(rest) ||
      /[\u201c\u201d\u2018\u2019]$/.test(before),
    hint: 'The quotes here are typographic ones. Use plain quotes, e.g. `const text = "it\'s plain";`.',
  },
  {
    is: ({ before, rest }) =>
      /^\s*\u2026/.test(rest) ||
      /(?:\u2026|\.\.\.)\s*$/.test(before) ||
      /^(?:\u2026|\.\.\.\s*(?:$|[}\]),;\n]))/.test(rest),
    hint: "The dots stand for code that is left out. Write all of it, or a comment: `const rows = [/* none yet */];`.",
  },
  {
    is: ({ text, line }) => DIFF.test(text) || DIFF_LINE.test(line),
    hint: "This is a diff. Send the whole program as it is after the change, without + and - at the start of its lines, e.g. `const limit = 20;`.",
  },
  {
    is: isShell,
    hint: `This is a shell command; there is no shell. Write TypeScript, and call a tool for what the command does: \`${CALL}\` Or fetch, where the host allows it: \`const response = await fetch("https://example.com/");\``,
  },
  {
    is: isPython,
    hint: `This is Python. Write TypeScript: \`${CALL}\` For a function: \`async function main() { return null; }\`, a loop: \`for (const item of [1, 2]) { console.log(item); }\`, a text: \`const text = "total: " + 2;\`, and true, false and null for True, False and None.`,
  },
  {
    is: inText(
      /^\s*(?:select\s[^;{}()]*\sfrom\s|insert\s+into\s|delete\s+from\s|create\s+table\s|with\s+\w+\s+as\s*\()/i,
    ),
    hint: `This is SQL. Pass it as a text to a tool that runs it: \`return await tools.db.query({ sql: "SELECT 1" });\``,
  },
  {
    is: inLine(
      /<\/[A-Za-z][\w.]{0,100}>|<[A-Za-z][\w.]{0,100}(?: [\w-]{1,100}=(?:"[^"]*"|\{[^}]*\}))*\s?\/>|<>|<\/>/,
    ),
    hint: 'This is JSX or HTML, which programs do not have. Build a text: `const page = "<p>" + 1 + "</p>";`.',
  },
  {
    is: inLine(/^(?=[^=(){};`]*[.:!?]\s*$)\s*[A-Z][\w'\u2019-]*,?(?: [\w'\u2019-]+,?){3}/),
    hint: "There is text besides the program. Send only the program, e.g. `return 1 + 1;`, or put it in a fenced code block.",
  },
];

function isShell({ text, line }: Wrong): boolean {
  if (/^\s*#!.*\b(?:ba|z|da|k|fi)?sh\b/.test(text)) return true;
  return /^\s*(?:\$ )?(?:(?:curl|wget|cat|ls|cd|grep|sed|awk|npm|npx|pnpm|yarn|pip3?|git|sudo|mkdir|python3?|node|jq|rm|cp|mv|chmod|apt|brew|docker|kubectl) +[^=\s(]|echo +["'$\w]|export +\w+=|set -\w|#!\/)/.test(
    line,
  );
}

/** Words of Python with which a line begins or ends in no JavaScript. */
const PYTHON_LINE =
  /^\s*(?:(?:async +)?def +\w+ *\(|class +\w+(?: *\([^()]*\))? *:|from +[\w.]+ +import\b|import +[\w.]+(?: +as +\w+)?(?: *, *[\w.]+)*\s*$|(?:async +)?for +[\w, ()]+ in +[^{]*:\s*$|(?:if|elif|while|with) +[^({][^{]*:\s*$|(?:if|while) *\([^{]*\) *:\s*$|(?:else|try|finally) *:\s*$|except\b[^{]*:\s*$|@\w+[\w.]*\s*$|#(?!!)\s*\S|print +[^=\s(]|raise +\w|pass\s*$|(?:await |return |\w+ *= *)?lambda\b[^;{]*:)/m;

function isPython({ text, line, lineBefore, before, rest }: Wrong): boolean {
  if (/^\s*#!.*\bpython/.test(text) || PYTHON_LINE.test(line)) return true;
  if (PYTHON_LINE.test(lineBefore)) return true; // `import json` can go on
  if (/\b[fFrRbB]$/.test(before) && /^["']/.test(rest)) return true;
  if (/\b(?:not|and|or|is|in)\s*$/.test(before) || /^(?:not|and|or|is|if|for)\b/.test(rest))
    return /\b(?:None|True|False|not|and|or|elif|for \w+ in)\b/.test(line);
  return /^\s*#/.test(rest) || (/^\s*"""/m.test(text) && !text.includes("`"));
}

/** What to do with a text whose parser gave up at `offset`; `undefined` where it looks like a program. */
export function foreignHint(text: string, offset: number): string | undefined {
  const start = Math.max(text.lastIndexOf("\n", offset - 1) + 1, offset - MAX_LINE);
  const end = text.indexOf("\n", offset);
  const line = text.slice(start, Math.min(end < 0 ? text.length : end, offset + MAX_LINE));
  const earlier = text.slice(Math.max(0, start - MAX_LINE), Math.max(0, start - 1));
  const wrong: Wrong = {
    text: text.slice(0, MAX_TEXT),
    line,
    lineBefore: earlier.slice(earlier.lastIndexOf("\n") + 1),
    before: text.slice(start, offset),
    rest: text.slice(offset, offset + MAX_LINE),
  };
  return RECOGNISERS.find(({ is }) => is(wrong))?.hint;
}

const CALLED = new Set(["name", "function", "tool", "tool_name"]);
const GIVEN = new Set(["arguments", "parameters", "input", "args"]);
const PROGRAMS = new Set(["code", "program", "script", "source"]);

/** True for a program that is one object of JSON: a tool call, or the text of a program. */
export function isToolMessage({ body }: Program): boolean {
  const [only, ...more] = (body as AnyNode[]).filter(({ type }) => type !== "EmptyStatement");
  if (more.length > 0 || only?.type !== "ExpressionStatement") return false;
  const { expression } = only;
  if (expression.type !== "ObjectExpression") return false;
  const keys = expression.properties.flatMap((property) =>
    property.type === "Property" && property.key.type === "Literal" ? [nameOf(property.key)] : [],
  );
  if (keys.length !== expression.properties.length) return false;
  const isCall = keys.some((key) => CALLED.has(key)) && keys.some((key) => GIVEN.has(key));
  return isCall || (keys.length === 1 && PROGRAMS.has(keys[0]!));
}
