import { isBuiltIn } from "../core/built-in-names.ts";
import type { Program } from "../core/program.ts";
import { type AnyNode, type Comment, nameOf, type Program as Tree, walk } from "./acorn.ts";
import { CompileError, tooDeep } from "./compile-error.ts";
import { EntryPoint, EntryPointError } from "./entry-point.ts";
import { LineIndex } from "./line-index.ts";
import { ForAwaitLowering } from "./lower-for-await.ts";
import { UsingLowering } from "./lower-using.ts";
import { parseSource, place } from "./parse.ts";
import { isReference } from "./references.ts";
import { freeVariables } from "./scopes.ts";
import { SessionDeclarations } from "./session-declarations.ts";
import type { Stripped } from "./strip-types.ts";
import { TextEdits } from "./text-edits.ts";

/** The scope that compiled code gets; see core/program.ts. */
const SCOPE = "$codecell";
/** Whole words only: a search from every character of a long word would take quadratic time. */
const WORD = /(?<![\w$])[A-Za-z_$][\w$]*/g;
const MAX_WORDS = 5_000;

export interface CompileOptions {
  readonly sourceBytes: number;
  /**
   * Keep the top-level declarations for the next programs of the session.
   * @default false
   */
  readonly keep?: boolean;
}

/**
 * Compiles a program for an engine. Lines are those of the source; `locate` maps columns back.
 * @throws CompileError
 */
export function compile(source: string, options: CompileOptions): Program {
  try {
    return build(source, options);
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error; // the stack can overflow in any step
  }
}

function build(source: string, { sourceBytes, keep = false }: CompileOptions): Program {
  const { stripped } = parseSource(source, sourceBytes, {
    keepUnusedImports: keep,
  });
  const edits = new TextEdits(stripped.code);
  const kept = keep ? new SessionDeclarations(stripped.code, edits) : undefined;
  const free = undeclared(stripped.tree as AnyNode);
  try {
    rewrite(stripped.code, stripped.tree, edits, stripped.comments, kept);
  } catch (error) {
    if (!(error instanceof EntryPointError)) throw error;
    throw new CompileError(error.message, {
      ...place(source, stripped, error.offset),
      hint: error.hint,
    });
  }
  const code = edits.apply();
  return {
    code,
    words: flatNames(code),
    free,
    declares: kept?.names ?? [],
    locate: locator(source, stripped, edits, code),
  };
}

/** The words that may be flat names of tools, wherever they stand: `globalThis.github_create_issue`. */
function flatNames(code: string): string[] {
  const words = (code.match(WORD) ?? []).filter((word) => word.includes("_"));
  return [...new Set(words)].slice(0, MAX_WORDS);
}

/** The variables that may be servers, wrapper classes and tools: what the program does not declare, and no VM has. */
function undeclared(tree: AnyNode): string[] {
  const names = new Set(Array.from(freeVariables(tree), (node) => nameOf(node)));
  return [...names].filter((name) => !isBuiltIn(name)).slice(0, MAX_WORDS);
}

function rewrite(
  code: string,
  tree: Tree,
  edits: TextEdits,
  comments: readonly Comment[],
  kept: SessionDeclarations | undefined,
): void {
  const used = new Set<string>();
  const using = new UsingLowering(edits);
  const loops = new ForAwaitLowering(edits, SCOPE);
  walk(tree as AnyNode, (node, parents) => {
    if (node.type === "Identifier") {
      if (node.name.startsWith(SCOPE))
        throw new EntryPointError(
          `the name ${node.name} is reserved`,
          node.start,
          "Choose another name.",
        );
      if (isReference(node, parents)) used.add(node.name);
    } else if (node.type === "ImportExpression") {
      edits.replace(node.start, node.start + "import".length, `${SCOPE}.import`);
    } else if (node.type === "MetaProperty" && node.meta.name === "import") {
      edits.replace(node.start, node.end, `${SCOPE}.meta`);
    } else if (node.type === "UnaryExpression" && code.startsWith("<!--", node.start - 1)) {
      // The engine runs scripts, where `<!--` begins a comment: the rest of the line would be lost.
      edits.replace(node.start, node.start + 1, " !");
    } else {
      loops.note(node, parents);
      using.note(node, parents);
    }
  });
  for (const { start, end } of comments) disarm(code, start, end, edits);
  edits.prepend(`(async function (${SCOPE}) { "use strict"; `);
  edits.append(endOfLine(code, comments));
  using.finishBlocks(); // before the values in them, which they surround
  new EntryPoint(code, edits, used, kept !== undefined).rewrite(tree);
  using.finishProgram();
  kept?.rewrite(tree);
  if (kept !== undefined) edits.prepend(kept.opening);
  edits.append(" })");
}

/** Engines obey `//# sourceURL=…` and report other file names: removing the `#` makes it a plain comment. */
function disarm(code: string, start: number, end: number, edits: TextEdits): void {
  if (/^\/[/*][#@]\s*source/.test(code.slice(start, end))) edits.replace(start + 2, start + 3, " ");
}

/** A line comment at the end would hide the text appended after it: then a line break comes first. */
function endOfLine(code: string, comments: readonly Comment[]): string {
  const last = comments.at(-1);
  return last?.type === "Line" && last.end >= code.trimEnd().length ? "\n" : "";
}

function locator(
  source: string,
  stripped: Stripped,
  edits: TextEdits,
  code: string,
): Program["locate"] {
  let lines: LineIndex | undefined;
  return (line, column) => {
    lines ??= new LineIndex(code, "javascript");
    const offset = lines.offset({ line, column });
    return offset === undefined
      ? undefined
      : place(source, stripped, edits.origin(startOfName(code, offset)));
  };
}

/**
 * Engines report different positions in an expression: V8 the name (or the `new` before it), QuickJS the `(` or the `.`
 * after it. This returns the start of the name, which people expect.
 */
function startOfName(code: string, offset: number): number {
  if (code[offset] === ".") return offset + 1;
  if (code[offset] !== "(") return offset;
  const name = /(?:\bnew\s+)?[\w$]+\s*$/.exec(code.slice(Math.max(0, offset - 100), offset));
  return name === null ? offset : offset - name[0].length;
}
