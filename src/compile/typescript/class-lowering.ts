/** `accessor` fields and parameter properties as members that JavaScript has. */
import { type AnyNode, walk } from "../acorn.ts";
import type { Erasures } from "./erasures.ts";

type Class = Extract<AnyNode, { type: "ClassDeclaration" | "ClassExpression" }>;
/** With the offset of its `=`. */
type Field = Extract<AnyNode, { type: "PropertyDefinition" }> & { readonly equals?: number };
type Method = Extract<AnyNode, { type: "MethodDefinition" }>;
export type ClassMember = (Field & { readonly accessor?: boolean }) | Method;

/** Private names that a program does not have by chance; they are private to their class. */
const STORE = "#$store_";
const INIT = "#$init_";

/** `accessor x = 1` is a private field with a getter and a setter. Returns what is wrong with it. */
export function lowerAccessor(
  { key, computed, static: isStatic, value }: Field,
  className: string | undefined,
  text: string,
  erasures: Erasures,
): string | undefined {
  if (computed && !["Literal", "Identifier", "MemberExpression"].includes(key.type))
    return "the name of an accessor cannot be computed here: keep it in a constant first";
  const [start, end] = [computed ? text.lastIndexOf("[", key.start) : key.start, key.end];
  const behind = computed ? text.indexOf("]", end) + 1 : end;
  const name = text.slice(start, behind);
  const store = `${STORE}${start}`;
  const prefix = isStatic ? "static " : "";
  const owner = isStatic ? (className ?? "this") : "this";
  const pair =
    `get ${name}() { return ${owner}.${store}; } ` +
    `${prefix}set ${name}(value) { ${owner}.${store} = value; } ${prefix}`;
  erasures.lower((edits) => {
    edits.open(start, pair);
    edits.replace(start, behind, store);
    if (value && !computed) keepName(edits, value as AnyNode, keyOf(key as AnyNode, text));
  });
  return undefined;
}

/**
 * `constructor(private x: X)` sets `this.x` before the fields that read `this` get their values. These become private
 * methods, which the constructor calls.
 */
export function lowerParameterProperties(
  { value: { body } }: Method,
  names: readonly string[],
  node: Class,
  text: string,
  erasures: Erasures,
): void {
  const fields = lateFields(node.body.body as ClassMember[]);
  const calls = fields.map(({ start }) => `this.${INIT}${start}();`);
  const assignments = [...names.map((name) => `this.${name} = ${name};`), ...calls].join(" ");
  erasures.lower((edits) => {
    for (const field of fields) lowerField(edits, field, text);
    if (node.superClass === null || node.superClass === undefined)
      return edits.open(body.start + 1, ` ${assignments} `);
    const expressions = assignments.replaceAll("; ", ", ").replace(/;$/, "");
    for (const call of superCalls(body as AnyNode)) {
      edits.open(call.start, "(");
      edits.close(call.end, `, ${expressions}, this)`);
    }
  });
}

type Edits = Parameters<Parameters<Erasures["lower"]>[0]>[0];

/** The fields from the first one on that reads `this`. One with a computed name stays as it is. */
function lateFields(members: readonly ClassMember[]): Field[] {
  const fields = members.filter(
    (member): member is Field => member.type === "PropertyDefinition" && !member.static,
  );
  const first = fields.findIndex(({ value }) => value && readsThis(value as AnyNode));
  if (first < 0) return [];
  return fields
    .slice(first)
    .filter(
      (field: ClassMember & Field) => field.value && !field.computed && field.accessor !== true,
    );
}

function readsThis(node: AnyNode): boolean {
  let found = false;
  walk(node, ({ type }) => {
    found ||= type === "ThisExpression" || type === "Super";
  });
  return found;
}

/** `x = value` becomes `x; #init() { this.x = value }`, on the same lines. */
function lowerField(
  edits: Edits,
  { start, key, value, end, equals = 0 }: Field,
  text: string,
): void {
  const name = keyOf(key as AnyNode, text);
  const target = /^[#\p{ID_Start}$_]/u.test(name) ? `this.${name}` : `this[${name}]`;
  edits.replace(equals, equals + 1, `; ${INIT}${start}() { ${target} =`);
  edits.close(text[end - 1] === ";" ? end - 1 : end, " }");
  keepName(edits, value as AnyNode, name);
}

/** A function without a name gets that of its field. */
function keepName(edits: Edits, value: AnyNode, name: string): void {
  const isAnonymous =
    value.type === "ArrowFunctionExpression" ||
    ((value.type === "FunctionExpression" || value.type === "ClassExpression") && !value.id);
  if (!isAnonymous) return;
  const key = /^["'\d]/.test(name) ? name : JSON.stringify(name);
  edits.open(value.start, `({ [${key}]: `);
  edits.close(value.end, ` })[${key}]`);
}

function keyOf(key: AnyNode, text: string): string {
  return text.slice(key.start, key.end);
}

function superCalls(body: AnyNode): AnyNode[] {
  const calls: AnyNode[] = [];
  walk(body, (node, parents) => {
    if (node.type !== "CallExpression" || node.callee.type !== "Super") return;
    if (!parents.some(({ type }) => type === "ClassBody")) calls.push(node);
  });
  return calls;
}
