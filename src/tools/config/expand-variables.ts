import { type Expand } from "../../core/check-settings.ts";
import { configError } from "../../core/setting-errors.ts";
import type { NamedValue } from "../secrets.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** To be matched by {@link upToLastBrace} only: without a `}` behind them, many beginnings would take quadratic time. */
const VARIABLE = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** A text in two: no variable ends in the second part. */
function upToLastBrace(text: string): readonly [string, string] {
  const end = text.lastIndexOf("}") + 1;
  return [text.slice(0, end), text.slice(end)];
}

/** Names of the variables that a text would be expanded with. Reads none. */
export function variablesIn(text: string): string[] {
  return Array.from(upToLastBrace(text)[0].matchAll(VARIABLE), ([, name]) => name!);
}

/** Expands `${VAR}`, `${VAR:-default}` and `${env:VAR}` in config texts; a bare `$VAR` stays as it is. */
export class Expander {
  readonly #env: Environment;
  /** Values that came from the environment. */
  readonly used: NamedValue[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /**
   * Bound, so that it can be passed on.
   * @throws CodecellError `config_error` naming the variable and the place of the text, when it is unset and has no default
   */
  readonly expand: Expand = (text, at) => {
    const [head, tail] = upToLastBrace(text);
    const expanded = head.replace(VARIABLE, (_match, name: string, fallback?: string) => {
      const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
      if (value !== undefined && (value !== "" || fallback === undefined)) {
        this.used.push({ name, value, from: "variable" });
        return value;
      }
      if (fallback !== undefined) return fallback;
      const advice = `set it, or write \${${name}:-default}`;
      throw configError(
        `${at} needs the environment variable ${name}, which is not set; ${advice}`,
      );
    });
    return expanded + tail;
  };
}
