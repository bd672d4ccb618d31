import type { AnyNode } from "./acorn.ts";

/** A value that a program contains as a literal. */
export type Literal =
  | null
  | boolean
  | number
  | string
  | readonly Literal[]
  | { readonly [key: string]: Literal };

/** The part of a value that is known from the text, and the names of properties whose values are computed. */
export interface PartialLiteral {
  readonly value: Literal;
  readonly computed: readonly string[];
}

/** Stands among the names for properties of which not even the names are known. */
export const UNKNOWN_KEYS = "…";

/** The value of `node` without running anything; `undefined` where it is not known. For an object: the known properties. */
export function literalOf(node: AnyNode): PartialLiteral | undefined {
  if (node.type !== "ObjectExpression") {
    const value = exact(node);
    return value === undefined ? undefined : { value, computed: [] };
  }
  const known: [string, Literal][] = [];
  const computed: string[] = [];
  for (const property of node.properties) {
    if (property.type === "SpreadElement" || property.computed) {
      computed.push(UNKNOWN_KEYS);
      continue;
    }
    const key = keyOf(property.key as AnyNode);
    const value = exact(property.value as AnyNode);
    if (value === undefined) computed.push(key);
    else known.push([key, value]);
  }
  return { value: Object.fromEntries(known), computed };
}

function exact(node: AnyNode): Literal | undefined {
  switch (node.type) {
    case "Literal":
      return isPlain(node.value) ? node.value : undefined;
    case "TemplateLiteral":
      return node.expressions.length === 0
        ? (node.quasis[0]!.value.cooked ?? undefined)
        : undefined;
    case "UnaryExpression": {
      const value = exact(node.argument as AnyNode);
      return node.operator === "-" && typeof value === "number" ? -value : undefined;
    }
    case "ArrayExpression": {
      const items = node.elements.map((item) =>
        item === null ? undefined : exact(item as AnyNode),
      );
      return items.includes(undefined) ? undefined : (items as Literal[]);
    }
    case "ObjectExpression": {
      const { value, computed } = literalOf(node)!;
      return computed.length === 0 ? value : undefined;
    }
    default:
      return undefined;
  }
}

function keyOf(key: AnyNode): string {
  return key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "…";
}

function isPlain(value: unknown): value is null | boolean | number | string {
  return value === null || ["boolean", "number", "string"].includes(typeof value);
}
