/** Whether it is an object of properties. Of anything else, such as an error with its stack, a program gets what the bridge sends. */
export function isRecord(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Most properties that a message names. */
const MAX_NAMED = 10;

/** What a value is, in words, with the names of its properties. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value as null | undefined}`;
  if (typeof value === "string") return "a text";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (!isRecord(value)) return Object.prototype.toString.call(value);
  const names = Object.keys(value);
  if (names.length === 0) return "an object without properties";
  const shown = names.slice(0, MAX_NAMED).map((name) => name.slice(0, 50));
  return `an object with ${shown.join(", ")}${names.length > MAX_NAMED ? " …" : ""}`;
}
