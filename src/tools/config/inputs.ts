/** `inputs` of a config file, as VS Code has them: values that a person gives when the file is read. */
import { readSetting } from "../../core/check-settings.ts";
import { isObject } from "../../core/is-object.ts";
import { nearest } from "../../core/nearest.ts";
import { below, configError } from "../../core/setting-errors.ts";
import type { Schema, SchemaFor } from "../../core/setting-schema.ts";

/** One entry of `inputs`. */
export interface InputEntry {
  /** Its name in `${input:…}`. */
  readonly id: string;
  /** A text, or one of several. `command` is a command of the editor: its value has to be given otherwise. */
  readonly type?: "promptString" | "pickString" | "command";
  /** The question. */
  readonly description?: string;
  /** The answer where nobody gives one. */
  readonly default?: string;
  /** It is not shown while it is typed. */
  readonly password?: boolean;
  /** The choices of `pickString`. */
  readonly options?: readonly (string | { readonly label?: string; readonly value: string })[];
  /** Of an editor's command. */
  readonly command?: unknown;
  /** Of an editor's command. */
  readonly args?: unknown;
}

const TEXT: Schema = { type: "string", shows: "kind" };
const INPUT: SchemaFor<Omit<InputEntry, "command" | "args">> = {
  title: "InputEntry",
  type: "object",
  noun: "key",
  wanted: 'an object like { "id": "token", "type": "promptString", "password": true }',
  shows: "kind",
  ignored: ["command", "args"],
  required: ["id"],
  properties: {
    id: { type: "string", minLength: 1, shows: "kind" },
    type: { type: "string", enum: ["promptString", "pickString", "command"] },
    description: { type: "string", shows: "kind" },
    default: { type: "string", shows: "kind" },
    password: { type: "boolean" },
    options: {
      type: "array",
      items: {
        anyOf: [
          TEXT as { type: "string" },
          { type: "object", additionalProperties: {}, wanted: "a string" },
        ],
      },
      wanted: "an array of strings",
      shows: "kind",
    },
  },
};

/** Something that a person is asked for. */
export interface InputRequest {
  /** Its name in the file. */
  readonly id: string;
  /** The question, as the file words it. */
  readonly question: string;
  /** The environment variable that gives it as well. */
  readonly variable: string;
  /** The answer must not be shown. */
  readonly isSecret: boolean;
  /**
   * The answers that there are.
   * @default any text
   */
  readonly choices?: readonly string[];
  /**
   * What counts where nothing is answered.
   * @default none
   */
  readonly default?: string;
}

/** Asks for inputs; answers are by the name of their variable. */
export type AskInputs = (requests: readonly InputRequest[]) => Promise<Record<string, string>>;

/** The variable that gives an input: `CODECELL_INPUT_GITHUB_TOKEN` for `github-token`. */
export function inputVariable(id: string): string {
  return `CODECELL_INPUT_${id.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`;
}

/** The inputs of one file. What is wrong with one is an error where it is used. */
export class Inputs {
  readonly #list: unknown;
  readonly #at: string;

  /** @param at path of the list, e.g. `.mcp.json: inputs` */
  constructor(list: unknown, at: string) {
    this.#list = list ?? [];
    this.#at = at;
  }

  /** What would be asked for `id`. @throws CodecellError `config_error` where there is no such input, or it is wrong */
  request(id: string, at: string): InputRequest {
    if (!Array.isArray(this.#list)) throw configError(`${this.#at} must be an array of inputs`);
    const list: readonly unknown[] = this.#list;
    const index = list.findIndex((each) => isObject(each) && each["id"] === id);
    if (index < 0) throw this.#unknown(id, list, at);
    const place = `${this.#at}[${index}]`;
    checkVariable(id, list, place);
    const entry = readSetting(INPUT, list[index], place) as InputEntry;
    const choices = choicesOf(entry, place);
    return {
      id,
      question: entry.description ?? id,
      variable: inputVariable(id),
      isSecret: entry.password === true,
      ...(choices === undefined ? {} : { choices }),
      ...(entry.default === undefined ? {} : { default: entry.default }),
    };
  }

  #unknown(id: string, list: readonly unknown[], at: string): Error {
    const [closest] = nearest(id, idsOf(list), 1);
    const advice = closest === undefined ? "" : `; did you mean ${below("", closest)}?`;
    return configError(
      `${at} has \${input:${below("", id)}}, which ${this.#at} does not have${advice}`,
    );
  }

  /**
   * The value of an input: of its variable, else its default.
   * @throws CodecellError `config_error` saying how to give it
   */
  valueOf(
    id: string,
    env: Readonly<Record<string, string | undefined>>,
    at: string,
    fallback: (() => string) | undefined,
  ): { readonly value: string; readonly isSecret: boolean } {
    const { variable, isSecret, choices, question, default: normal } = this.request(id, at);
    const value =
      (Object.hasOwn(env, variable) ? env[variable] : undefined) ?? normal ?? fallback?.();
    if (value === undefined) {
      const named = question === id ? "" : ` (${below("", question)})`;
      throw configError(
        `${at} needs the input "${below("", id)}"${named}; set the environment variable ${variable}`,
      );
    }
    if (choices !== undefined && !choices.includes(value))
      throw configError(`${variable}, for ${at}, must be one of ${choices.join(", ")}`);
    return { value, isSecret };
  }
}

function idsOf(list: readonly unknown[]): string[] {
  return list.flatMap((each) =>
    isObject(each) && typeof each["id"] === "string" ? [each["id"]] : [],
  );
}

/** Of two inputs with one variable, one would get what the other was given. */
function checkVariable(id: string, list: readonly unknown[], at: string): void {
  const variable = inputVariable(id);
  const other = idsOf(list).find((each) => each !== id && inputVariable(each) === variable);
  if (other === undefined) return;
  throw configError(
    `${below(at, "id")} and that of the input "${below("", other)}" are both the variable ${variable}; rename one`,
  );
}

function choicesOf({ type, options = [] }: InputEntry, at: string): string[] | undefined {
  if (type !== "pickString") return undefined;
  const choices = options.map((option) => (typeof option === "string" ? option : option.value));
  if (choices.length === 0 || choices.some((choice) => typeof choice !== "string"))
    throw configError(`${below(at, "options")} must be an array of strings`);
  return choices;
}
