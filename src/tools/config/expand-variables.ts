import { type Expand } from "../../core/check-settings.ts";
import { below, configError } from "../../core/setting-errors.ts";
import type { NamedValue } from "../secrets.ts";
import type { Inputs } from "./inputs.ts";
import type { Places } from "./places.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Defaults within defaults are fewer. */
const MAX_DEPTH = 20;
const NAME = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)$/;
const INPUT = /^input:(.+)$/s;
/** What an editor knows and codecell does not. */
const OF_EDITORS =
  /^(?:command|config|workspaceFolder):|^(?:file|fileBasename|fileDirname|relativeFile|selectedText|lineNumber)$/;

/** Where the `}` of each `${…}` stands, by where it starts. */
type References = ReadonlyMap<number, number>;

/** All `${…}` of a text, also those within others. One pass, whatever the text is. */
function referencesIn(text: string): References {
  const open: number[] = [];
  const found = new Map<number, number>();
  for (const { 0: mark, index } of text.matchAll(/\$\{|\}/g)) {
    if (mark === "${") open.push(index);
    else {
      const start = open.pop();
      if (start !== undefined) found.set(start, index);
    }
  }
  return found;
}

/**
 * The name in front of `:-`, and where the default begins. Empty where another reference is in its place. It looks no further
 * than the next mark, so that many beginnings cost no more than their length.
 */
function partsOf(text: string, start: number): readonly [name: string, from?: number] {
  const mark = /:-|\$\{|\}/g;
  mark.lastIndex = start + 2;
  const found = mark.exec(text);
  if (found === null || found[0] === "${") return [""];
  const name = text.slice(start + 2, found.index);
  return found[0] === "}" ? [name] : [name, found.index + 2];
}

/** Names of the variables that a text would be expanded with. Reads none. */
export function variablesIn(text: string): string[] {
  return [...referencesIn(text).keys()].flatMap((start) => {
    const name = NAME.exec(partsOf(text, start)[0])?.[1];
    return name === undefined ? [] : [name];
  });
}

/** Ids of the inputs that a text would be expanded with. */
export function inputsIn(text: string): string[] {
  return [...referencesIn(text).keys()].flatMap((start) => {
    const id = INPUT.exec(partsOf(text, start)[0])?.[1];
    return id === undefined ? [] : [id];
  });
}

/** What texts of a config may name besides environment variables. */
export interface Surroundings {
  readonly inputs?: Inputs;
  readonly places?: Places;
}

/**
 * Expands `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${input:ID}` and the folders of editors (`${workspaceFolder}`,
 * `${userHome}`) in config texts. Defaults may hold others. A bare `$VAR` stays as it is.
 */
export class Expander {
  readonly #env: Environment;
  readonly #surroundings: Surroundings;
  /** Values that came from the environment or a person. */
  readonly used: NamedValue[] = [];

  constructor(env: Environment, surroundings: Surroundings = {}) {
    this.#env = env;
    this.#surroundings = surroundings;
  }

  /**
   * Bound, so that it can be passed on.
   * @throws CodecellError `config_error` naming the variable and the place of the text, when it is unset and has no default
   */
  readonly expand: Expand = (text, at) => {
    if (!text.includes("${")) return text;
    return this.#range(text, 0, text.length, referencesIn(text), at, 0);
  };

  /** The value of a variable that a config names. @throws CodecellError `config_error` where it is not set */
  variable(name: string, at: string): string {
    const value = this.#lookUp(name);
    if (value !== undefined && value !== "") return value;
    throw configError(
      `${at} needs the environment variable ${short(name)}, which is not set; set it`,
    );
  }

  #range(
    text: string,
    from: number,
    to: number,
    references: References,
    at: string,
    depth: number,
  ): string {
    if (depth > MAX_DEPTH)
      throw configError(`${at} has more than ${MAX_DEPTH} defaults within each other`);
    let expanded = "";
    let done = from;
    for (let start = text.indexOf("${", from); start >= 0 && start < to;) {
      const end = references.get(start);
      let next = start + 2;
      if (end !== undefined) {
        const value = this.#value(text, start, references, at, depth);
        if (value !== undefined) {
          expanded += text.slice(done, start) + value;
          next = done = end + 1;
        }
      }
      start = text.indexOf("${", next);
    }
    return expanded + text.slice(done, to);
  }

  /** Nothing for what is no reference, which stays as it is. */
  #value(
    text: string,
    start: number,
    references: References,
    at: string,
    depth: number,
  ): string | undefined {
    const [word, from] = partsOf(text, start);
    const fallback =
      from === undefined
        ? undefined
        : (): string => this.#range(text, from, references.get(start)!, references, at, depth + 1);
    const name = NAME.exec(word)?.[1];
    const { places = {} } = this.#surroundings;
    if (fallback === undefined && Object.hasOwn(places, word)) return places[word];
    if (OF_EDITORS.test(word))
      throw configError(
        `${at} has \${${short(word)}}, which only an editor can know; write its value`,
      );
    const input = INPUT.exec(word)?.[1];
    if (input !== undefined) return this.#input(input, fallback, at);
    if (name === undefined) return undefined;
    const value = this.#lookUp(name);
    if (value !== undefined && (value !== "" || fallback === undefined)) {
      this.used.push({ name, value, from: "variable" });
      return value;
    }
    if (fallback !== undefined) return fallback();
    const needed = short(name);
    const advice = `set it, or write \${${needed}:-default}`;
    throw configError(
      `${at} needs the environment variable ${needed}, which is not set; ${advice}`,
    );
  }

  #lookUp(name: string): string | undefined {
    return Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
  }

  #input(id: string, fallback: (() => string) | undefined, at: string): string {
    const { inputs } = this.#surroundings;
    const found = inputs?.valueOf(id, this.#env, at, fallback);
    if (found === undefined)
      throw configError(`${at} has \${input:${short(id)}}, and the file has no "inputs"`);
    this.used.push({
      name: id,
      value: found.value,
      from: found.isSecret ? "credentials" : "variable",
    });
    return found.value;
  }
}

/** A name for a message. */
function short(name: string): string {
  return below("", name);
}
