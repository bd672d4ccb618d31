import type { RuntimeOptions } from "../../src/index.ts";

/** On one of the engines programs are checked first: whatever runs must be accepted. */
export function checked(engine: string): Pick<RuntimeOptions, "typeCheck"> {
  return engine === "quickjs" ? { typeCheck: "auto" } : {};
}
