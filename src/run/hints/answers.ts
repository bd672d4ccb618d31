/** What tools answered a program that then made a wrong use of it: the shapes, never the values. */
import { decodeWithin } from "../../core/decode-within.ts";
import type { HandleFacts } from "../../core/handle-facts.ts";
import type { Failure } from "../../core/errors.ts";
import { spellingKey } from "../../core/spelling.ts";
import { cutText } from "../../core/utf8.ts";
import { shapeOf } from "../../discovery/infer-shape.ts";
import type { JsonSchema } from "../../tools/tool.ts";
import { declaredNames, shapeText } from "./shape-text.ts";

/** Errors of a program that takes a value for one of another shape, in the words of V8 and of QuickJS. */
const MISUSE =
  /not a function$|not (?:async )?iterable|^cannot (?:read|set) propert|^cannot destructure|^cannot convert (?:undefined or null )?to object|^spread syntax requires|'in' oper|not an entry object|^not an object$/i;
/** Errors of `JSON.parse`: of a text that is none, or of what was read already. */
const NO_JSON = /JSON|^unexpected (?:token|data|end)/;

/** Answers that are held, the largest one in characters, and those that are told. */
const MAX_HELD = 8;
const MAX_TEXT = 65_536;
const MAX_TOLD = 3;
const CAPS = { parts: MAX_TEXT, depth: 200 };
/** All shapes in one hint, in characters. */
const MAX_HINT = 360;
const MAX_LABEL = 80;
const MAX_WORDS = 30;
/** Methods of an object that are told. */
const MAX_METHODS = 15;
const NOTHING_DECLARED: ReadonlySet<string> = new Set();

interface Answered {
  /** As it went to the program; the first character of a large one. */
  readonly text: string;
  readonly isLarge: boolean;
  readonly schema: JsonSchema | undefined;
}

/** The last answer of each tool that a run has called, as the text that went to the program. */
export class LastAnswers {
  readonly #held = new Map<string, Answered>();

  /** @param label `server.tool` */
  note(label: string, text: string, schema: JsonSchema | undefined): void {
    const isLarge = text.length > MAX_TEXT;
    this.#held.delete(label);
    if (this.#held.size >= MAX_HELD) this.#held.delete(this.#held.keys().next().value!);
    this.#held.set(label, { text: isLarge ? text.charAt(0) : text, isLarge, schema });
  }

  /** The run is over. */
  clear(): void {
    this.#held.clear();
  }

  /** The shapes that explain `error`; nothing where it is no wrong use of a value, or nothing was answered. */
  hintFor(error: Failure, source: string): string | undefined {
    if (this.#held.size === 0 || !isMisuse(error)) return undefined;
    const told = byRelevance([...this.#held.keys()].toReversed(), error, source).slice(0, MAX_TOLD);
    const most = Math.floor(MAX_HINT / told.length);
    const shapes = told.map((label) => {
      const name = cutText(label, MAX_LABEL);
      return `${name} answered ${described(this.#held.get(label)!, most - name.length)}`;
    });
    return `${shapes.join("; ")}.`;
  }
}

function isMisuse({ name, message }: Failure): boolean {
  if (name === "SyntaxError") return NO_JSON.test(message);
  return name === "TypeError" && MISUSE.test(message);
}

/** Tools whose result has a name in the line that failed come first, then those that answered last. */
function byRelevance(labels: readonly string[], { line }: Failure, source: string): string[] {
  const lines = source.split("\n");
  const failed = lines[(line ?? 0) - 1] ?? "";
  const words = new Set(failed.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)?.slice(0, MAX_WORDS));
  const declaring = lines
    .filter((each) => [...words].some((word) => !WORDS.has(word) && each.includes(word)))
    .map(spellingKey);
  const isNear = (label: string): boolean => {
    const tool = spellingKey(label.slice(label.indexOf(".") + 1));
    return declaring.some((each) => each.includes(tool));
  };
  return labels.toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)));
}

/** Words of any program. */
const WORDS: ReadonlySet<string> = new Set(
  "await async const let var for of in return new if else function tools console log".split(" "),
);

function described({ text, isLarge, schema }: Answered, most: number): string {
  if (isLarge) return LARGE[text] ?? "a value of more than 64 KiB";
  let value: unknown;
  try {
    value = decodeWithin(text, CAPS, (facts) => new HostObject(facts as HandleFacts));
  } catch {
    return "a value that is no plain data";
  }
  if (value === undefined) return "nothing (undefined)";
  if (value instanceof HostObject) return value.text;
  const inText = typeof value === "string" ? parsed(value) : undefined;
  const declared = schema === undefined ? NOTHING_DECLARED : declaredNames(schema);
  const shape = cutText(shapeText(shapeOf(inText ?? value), declared, most), most);
  return inText === undefined ? shape : `a string, the JSON of ${shape}: read it with JSON.parse`;
}

/** An object with methods, which stays on the host. The text that names it was made here. */
class HostObject {
  readonly text: string;

  constructor({ methods }: HandleFacts) {
    const names = [
      ...methods.slice(0, MAX_METHODS),
      ...(methods.length > MAX_METHODS ? ["…"] : []),
    ];
    this.text = `an object with the methods ${[...names, "close"].join(", ")}`;
  }
}

const LARGE: Readonly<Record<string, string | undefined>> = {
  __proto__: null,
  "[": "a list of more than 64 KiB",
  "{": "an object of more than 64 KiB",
  '"': "a string of more than 64 KiB",
} as never;

/** What a text holds that is the JSON of an object or a list. */
function parsed(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
