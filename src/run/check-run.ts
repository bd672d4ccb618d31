/** Checks what `run` is given. What is wrong there is the caller's mistake, not the program's: it is thrown. */
import { checkKeys } from "../core/check-settings.ts";
import type { CodecellError } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { LIMITS } from "../core/limits.ts";
import { below, configError, kindOf } from "../core/setting-errors.ts";
import type { ObjectSchema } from "../core/setting-schema.ts";
import { outputCheck } from "./check-output.ts";
import type { RunOptions } from "./job.ts";

type Taker = "run" | "session.run" | "session.resume";

const KEYS = {
  signal: {},
  user: {},
  limits: {},
  timeZone: {},
  typeCheck: {},
  onLog: {},
  onCall: {},
  onModel: {},
  output: {},
} satisfies Record<keyof RunOptions, object>;

const OPTIONS: ObjectSchema = {
  title: "RunOptions",
  type: "object",
  noun: "option",
  properties: KEYS,
};

/** What is set elsewhere, under the names that people try. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  timeout: "write limits: { wallMs: … }",
  timeoutMs: "write limits: { wallMs: … }",
  memory: "write limits: { memoryMb: … }",
  schema: "write output: …",
  session: "write (await runtime.session(name)).run(code)",
  sessionId: "write (await runtime.session(name)).run(code)",
  ...Object.fromEntries(
    ["tools", "mcpServers", "config", "engine", "placement", "network"].map((key) => [
      key,
      `it is an option of createRuntime`,
    ]),
  ),
};

/** @throws CodecellError `config_error` for what is no text, and for options that `run` does not take */
export function checkRun(taker: Taker, code: unknown, options: unknown): void {
  checkProgram(code);
  checkRunOptions(taker, options);
}

/** @throws CodecellError `config_error` for what is no text */
export function checkProgram(code: unknown): void {
  if (typeof code === "string") return;
  throw configError(`the program must be a string, not ${typeof code}`, insteadOfCode(code));
}

function insteadOfCode(code: unknown): string {
  if (typeof code === "function")
    return "A program is a text that runs in a VM of its own. For a function without variables from outside: run(`(${f})()`).";
  if (code instanceof Uint8Array)
    return 'Decode the bytes: new TextDecoder().decode(bytes), or readFile(path, "utf8").';
  if (code instanceof Promise) return "Await the promise of the text first.";
  return 'A program is a text: run("return 6 * 7").';
}

/** @throws CodecellError `config_error` */
export function checkRunOptions(taker: Taker, options: unknown): void {
  if (options instanceof AbortSignal)
    throw configError(`${taker}: the options are a signal; write { signal }`);
  if (!isObject(options))
    throw configError(`${taker}: the options are ${kindOf(options)}; they must be an object`);
  const wrong = Object.keys(options).find((key) => isElsewhere(key));
  if (wrong !== undefined) throw elsewhere(taker, wrong);
  if (taker !== "run" && "user" in options && options["user"] !== undefined)
    throw configError(
      `${taker}: user is not an option; a session is of its user: runtime.session(name, { user })`,
    );
  checkKeys(OPTIONS, options, `${taker}: `);
  checkSignal(taker, options["signal"]);
  for (const name of ["onLog", "onCall"] as const)
    checkFunction(options[name], `${taker}: ${name}`);
  checkFunction(options["onModel"], "onModel");
  if (options["output"] !== undefined) outputCheck(options["output"]);
}

function isElsewhere(key: string): boolean {
  return Object.hasOwn(ELSEWHERE, key) || Object.hasOwn(LIMITS.properties, key);
}

function elsewhere(taker: Taker, key: string): CodecellError {
  const advice = ELSEWHERE[key] ?? `it is a limit: write limits: { ${key}: … }`;
  return configError(`${below(`${taker}: `, key)} is not an option; ${advice}`);
}

/** By its form: signals of another realm are signals too. */
function checkSignal(taker: Taker, signal: unknown): void {
  if (signal === undefined) return;
  const isSignal =
    isObject(signal) &&
    typeof signal["aborted"] === "boolean" &&
    typeof signal["addEventListener"] === "function";
  if (isSignal) return;
  const advice = isObject(signal) && "abort" in signal ? ": write controller.signal" : "";
  throw configError(`${taker}: signal is ${kindOf(signal)}; it must be an AbortSignal${advice}`);
}

function checkFunction(value: unknown, name: string): void {
  if (value === undefined || typeof value === "function") return;
  throw configError(`${name} must be a function, not ${typeof value}`);
}
