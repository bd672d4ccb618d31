/** Which type errors of a tool's arguments are sure to be refused by the tool's schema too. */
import type { TypeDiagnostic } from "./compiler-thread.ts";

const COUNTS: ReadonlySet<number> = new Set([2554, 2555]);
const EXCESS: ReadonlySet<number> = new Set([2353, 2561]);

const NOT_ASSIGNABLE =
  /^(?:Type|Argument of type) '(.*)' is not assignable to (?:parameter of )?type '(.*)'\.$/s;
const MISSING = /^(?:Property '.*' is missing in type|Type '(.*?)' is missing the following)/s;

const LITERAL = /^(?:"(?:[^"\\]|\\.)*"|-?\d[\d.e+]*|true|false)$/s;
/** Words and literals that are certainly none of each. */
const OTHERS: Readonly<Record<string, RegExp>> = {
  string: /^(?:number|boolean|bigint|null|undefined|-?\d[\d.e+]*|true|false|\{.*\}|.*\[\])$/s,
  number: /^(?:string|boolean|null|undefined|"(?:[^"\\]|\\.)*"|true|false|\{.*\}|.*\[\])$/s,
  boolean:
    /^(?:string|number|bigint|null|undefined|"(?:[^"\\]|\\.)*"|-?\d[\d.e+]*|\{.*\}|.*\[\])$/s,
};
const PRIMITIVE =
  /^(?:string|number|boolean|bigint|null|undefined|"(?:[^"\\]|\\.)*"|-?\d[\d.e+]*|true|false)$/s;

/** The call that a diagnostic is about. */
export interface WrongCall {
  /** The program's text. */
  readonly text: string;
  /** Offset of its end. */
  readonly end: number;
  /** Whether its schema refuses this key at its top. */
  readonly refusesKey: (key: string) => boolean;
}

/**
 * Only what cannot be right whatever the program computes: types say what a value may be, and a text that is declared as such can be
 * one of a list of texts.
 */
export function isSureToFail(diagnostic: TypeDiagnostic, call: WrongCall): boolean {
  const { code, message, reasons } = diagnostic;
  if (COUNTS.has(code)) return true;
  if (EXCESS.has(code)) return call.refusesKey(/'([^']*)' does not exist/.exec(message)?.[1] ?? "");
  const all = reasons.length === 0 ? [message] : reasons;
  return all.every((reason) => isSure(reason, diagnostic, call));
}

function isSure(reason: string, diagnostic: TypeDiagnostic, call: WrongCall): boolean {
  const [, source, target] = NOT_ASSIGNABLE.exec(reason) ?? [];
  if (source !== undefined && target !== undefined) return areDisjoint(source, target);
  const missing = MISSING.exec(reason);
  if (missing === null) return false;
  return missing[1]?.startsWith("Promise<") === true || isWrittenOut(diagnostic, call);
}

/** An object that stands there with all its keys: one in a variable may have got more. */
function isWrittenOut({ start, end }: TypeDiagnostic, call: WrongCall): boolean {
  const rest = call.text.slice(start, call.end);
  const isHere = rest.startsWith("{") || /^["'`]?\s*:\s*\{/.test(call.text.slice(end, end + 20));
  return isHere && !/\.\.\.|[{,]\s*\[/.test(rest);
}

function areDisjoint(source: string, target: string): boolean {
  if (source.startsWith("Promise<") || LITERAL.test(source)) return true;
  const targets = target.split(" | ");
  const others = Object.hasOwn(OTHERS, source) ? OTHERS[source] : undefined;
  if (others !== undefined) return targets.every((each) => others.test(each));
  const isList = /^[^|]*\[\]$/s.test(source);
  const isObject = /^\{[^|]*\}$/s.test(source) && !source.includes("toJSON");
  return (isList || isObject) && targets.every((each) => PRIMITIVE.test(each));
}
