/** `using` and `await using` as try/catch/finally, for engines whose syntax does not have them. */
import type { AnyNode } from "./acorn.ts";
import { EntryPointError } from "./entry-point.ts";
import type { TextEdits } from "./text-edits.ts";

type Declaration = Extract<AnyNode, { type: "VariableDeclaration" }>;

/** Lowers each block once, however many resources it holds. */
export class UsingLowering {
  readonly #edits: TextEdits;
  readonly #blocks = new Map<AnyNode, { id: number; declarations: Declaration[] }>();
  #lastId = 0;

  constructor(edits: TextEdits) {
    this.#edits = edits;
  }

  /** Records a declaration; `parents` is its chain of parents, the innermost last. */
  note(node: AnyNode, parents: readonly AnyNode[]): void {
    if (node.type !== "VariableDeclaration" || !isUsing(node)) return;
    const parent = parents.at(-1)!;
    if (parent.type === "ForOfStatement" && parent.left === node)
      return this.#lowerLoop(node, parent);
    if (parent.type === "ForStatement" && parent.init === node)
      return this.#lowerFor(node, labelled(parents));
    if (
      parent.type !== "BlockStatement" &&
      parent.type !== "Program" &&
      parent.type !== "StaticBlock"
    ) {
      throw new EntryPointError(
        "a using declaration must stand in a block",
        node.start,
        "Put braces around it.",
      );
    }
    const block = this.#blocks.get(parent) ?? { id: ++this.#lastId, declarations: [] };
    block.declarations.push(node);
    this.#blocks.set(parent, block);
  }

  /** Rewrites all recorded blocks. */
  finishBlocks(): void {
    for (const [block, { id, declarations }] of this.#blocks) {
      for (const node of declarations) this.#lowerDeclaration(node, id);
      if (block.type === "Program") continue;
      const start = block.type === "StaticBlock" ? block.body[0]!.start : block.start + 1;
      this.#edits.open(start, opening(id));
      this.#edits.close(block.end - 1, closing(id, declarations.some(isAwaited)));
    }
  }

  /** Rewrites the program itself, when what it returns is appended. */
  finishProgram(): void {
    for (const [block, { id, declarations }] of this.#blocks) {
      if (block.type !== "Program") continue;
      this.#edits.prepend(opening(id));
      this.#edits.append(closing(id, declarations.some(isAwaited)));
    }
  }

  #lowerDeclaration(node: Declaration, id: number): void {
    this.#edits.replace(node.start, node.start + node.kind.length, "const");
    // Used by a constant beside it: what stands for the value stays as it is, so that a function has the name of its constant.
    for (const { id: target, end } of node.declarations)
      this.#edits.close(end, `, $u${end} = $d${id}.${method(node)}(${nameOf(target)})`);
  }

  /** `for (using x = …; …; …) body`: the resource is there for all rounds. */
  #lowerFor(node: Declaration, loop: AnyNode): void {
    const id = ++this.#lastId;
    this.#edits.open(loop.start, `{ ${opening(id)}`);
    this.#edits.close(loop.end, `${closing(id, isAwaited(node))} }`);
    this.#lowerDeclaration(node, id);
  }

  /** `for (using x of all) body`: each round is a block of its own. */
  #lowerLoop(node: Declaration, loop: Extract<AnyNode, { type: "ForOfStatement" }>): void {
    const id = ++this.#lastId;
    const { id: target } = node.declarations[0]!;
    this.#edits.replace(node.start, node.end, `const $r${id}`);
    const use = `const ${nameOf(target)} = $d${id}.${method(node)}($r${id}); `;
    this.#edits.open(loop.body.start, `{ ${opening(id)}${use}`);
    this.#edits.close(loop.body.end, `${closing(id, isAwaited(node))} }`);
  }
}

function isUsing(node: Declaration): boolean {
  return node.kind === "using" || node.kind === "await using";
}

/** The loop that is the innermost of `parents`, or the outermost of the labels that it has. */
function labelled(parents: readonly AnyNode[]): AnyNode {
  const outer = parents.findLastIndex(
    (node, at) => at < parents.length - 1 && node.type !== "LabeledStatement",
  );
  return parents[outer + 1]!;
}

function nameOf(target: Declaration["declarations"][number]["id"]): string {
  return target.type === "Identifier" ? target.name : "_"; // it is always a name
}

function isAwaited(node: Declaration): boolean {
  return node.kind === "await using";
}

function method(node: Declaration): string {
  return isAwaited(node) ? "useAsync" : "use";
}

function opening(id: number): string {
  return ` const $d${id} = $codecell.disposables(); try { `;
}

function closing(id: number, isAsync: boolean): string {
  const dispose = isAsync ? `await $d${id}.disposeAsync()` : `$d${id}.dispose()`;
  return ` } catch ($e${id}) { $d${id}.fail($e${id}); } finally { ${dispose}; } `;
}
