/** `for await` whose iterator is closed before the program goes on, for engines that do not wait for that (QuickJS). */
import type { AnyNode } from "./acorn.ts";
import type { TextEdits } from "./text-edits.ts";

type Loop = Extract<AnyNode, { type: "ForOfStatement" }>;

/**
 * Puts each loop into a block that waits, whichever way the loop is left, until the iterator's `return()` has ended. Names that
 * begin with the scope's are reserved, so none of a program's own is hidden.
 */
export class ForAwaitLowering {
  readonly #edits: TextEdits;
  readonly #scope: string;
  #count = 0;

  constructor(edits: TextEdits, scope: string) {
    this.#edits = edits;
    this.#scope = scope;
  }

  /** Rewrites `node` where it is such a loop; `parents` is its chain of parents, the innermost last. */
  note(node: AnyNode, parents: readonly AnyNode[]): void {
    if (node.type !== "ForOfStatement" || !node.await) return;
    this.#lower(node, startOf(node, parents));
  }

  #lower(loop: Loop, start: number): void {
    const name = `${this.#scope}${++this.#count}`;
    this.#edits.open(start, `{ const ${name} = ${this.#scope}.closing(); try { `);
    this.#edits.open(loop.right.start, `${name}.of(`);
    this.#edits.close(loop.right.end, `, ${JSON.stringify(nameOf(loop.right))})`);
    const error = `${name}e`;
    const fail = `catch (${error}) { throw await ${name}.fail(${error}); }`;
    this.#edits.close(loop.end, ` } ${fail} finally { await ${name}.closed(); } }`);
  }
}

/** What is iterated over, for a message: a name, or a property of one. */
function nameOf(node: AnyNode): string {
  if (node.type === "Identifier") return node.name;
  const isNamed = node.type === "MemberExpression" && !node.computed;
  if (isNamed && node.object.type === "Identifier" && node.property.type === "Identifier")
    return `${node.object.name}.${node.property.name}`;
  return "what for await loops over";
}

/** Where the statement begins with its labels, which must stay on the loop. */
function startOf(loop: Loop, parents: readonly AnyNode[]): number {
  let { start } = loop;
  for (let at = parents.length - 1; parents[at]?.type === "LabeledStatement"; at--)
    ({ start } = parents[at]!);
  return start;
}
