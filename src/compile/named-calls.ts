/** Calls of tools by names in the text: `callTool("server", "tool", args)`, `callTool({ name: "server.tool", arguments })`. */
import { namedCall } from "../core/meaning.ts";
import type { NameTable } from "../core/names.ts";
import { type AnyNode, nameOf } from "./acorn.ts";
import { literalOf } from "./literal.ts";
import type { Call } from "./usage.ts";

/** A part of the text, as offsets. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a call names its tool: from the function's name to the arguments. Original names. */
export interface NamedUse extends Span {
  readonly server: string;
  readonly tool: string;
  /** What follows the arguments, where that is more than a parenthesis. */
  readonly rest?: Span;
}

/** What a call names, as far as the text shows, and the arguments that the tool gets. */
interface CallByName {
  readonly server: string;
  readonly tool: string;
  readonly given: readonly AnyNode[];
  /** Where it names a tool that is there. */
  readonly named?: NamedUse | undefined;
}

/**
 * @param start offset of the function's name
 * @param origin the offset in `text` for one in the tree
 * @returns nothing where a name is computed
 */
export function callByName(
  names: NameTable,
  call: Call,
  start: number,
  text: string,
  origin: (offset: number) => number,
): CallByName | undefined {
  const request = requestIn(call);
  const texts: readonly unknown[] = request
    ? [request.name]
    : call.arguments.map((argument) => literalOf(argument as AnyNode)?.value);
  const [first, second] = texts;
  // What is spread or computed could be a name too.
  const isKnown = request || typeof second === "string" || !mayBeText(call.arguments[1]);
  if (typeof first !== "string" || !isKnown) return undefined;
  const tool = typeof second === "string" ? second : undefined;
  const found = namedCall(names, first, tool);
  const isFound = typeof found !== "string";
  const named = isFound ? found : { server: first, tool: tool ?? "", taken: 1 };
  const given = request?.given ?? (call.arguments.slice(named.taken) as AnyNode[]);
  const end = origin(call.end - 1) + 1;
  const last = given.at(-1);
  const part = {
    server: named.server,
    tool: named.tool,
    start: origin(start),
    end: given[0] === undefined ? end - 1 : origin(given[0].start),
    ...(request && last ? { rest: { start: origin(last.end - 1) + 1, end } } : {}),
  };
  // A parenthesis before an argument is no part of it.
  const isPlain = request || !/\(/.test(text.slice(origin(call.arguments[0]!.end), part.end));
  return {
    server: named.server,
    tool: named.tool,
    given,
    named: isFound && isPlain ? part : undefined,
  };
}

/** `{ name, arguments }`, as the clients of MCP take it. */
function requestIn({
  arguments: all,
}: Call): { readonly name: unknown; readonly given: AnyNode[] } | undefined {
  const [only, ...others] = all;
  if (only?.type !== "ObjectExpression" || others.length > 0) return undefined;
  const parts = new Map<string, AnyNode>();
  for (const property of only.properties) {
    if (property.type !== "Property" || property.computed || property.kind !== "init")
      return undefined;
    parts.set(nameOf(property.key), property.value as AnyNode);
  }
  const name = parts.get("name");
  const args = parts.get("arguments");
  if (name === undefined || parts.size > (args === undefined ? 1 : 2)) return undefined;
  if (args !== undefined && typeof literalOf(args)?.value === "string") return undefined;
  return { name: literalOf(name)?.value, given: args === undefined ? [] : [args] };
}

/** Whether the second argument of `callTool` may be the name of a tool. */
function mayBeText(node: { readonly type: string } | undefined): boolean {
  return (
    node !== undefined &&
    !["ObjectExpression", "ArrayExpression", "Literal", "ArrowFunctionExpression"].includes(
      node.type,
    )
  );
}
