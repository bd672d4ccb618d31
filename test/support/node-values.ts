import { execFileSync } from "node:child_process";

/** The values that Node itself gives expressions, in a time zone and with English as its language. */
export function nodeValues(expressions: readonly string[], timeZone: string): unknown[] {
  const list = expressions.map((expression) => `() => (${expression})`).join(",\n");
  const script = `console.log(JSON.stringify([${list}].map((give) => give())))`;
  const env = { ...process.env, TZ: timeZone, LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };
  const printed = execFileSync(process.execPath, ["-e", script], { env, encoding: "utf8" });
  return JSON.parse(printed) as unknown[];
}
