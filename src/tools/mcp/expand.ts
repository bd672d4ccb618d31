import { CodecellError } from "../../core/errors.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Expands `${VAR}`, `${VAR:-default}` and `${env:VAR}` in config texts; a bare `$VAR` stays as it is. */
export class Expander {
  readonly #env: Environment;
  readonly #file: string;
  /** Values that came from the environment. */
  readonly used: string[] = [];

  constructor(env: Environment, file: string) {
    this.#env = env;
    this.#file = file;
  }

  /**
   * @param path where the text stands, for the message
   * @throws CodecellError `config_error` naming the variable and the path when it is unset and has no default
   */
  expand(text: string, path: string): string {
    return text.replace(VARIABLE, (_match, name: string, fallback: string | undefined) => {
      const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
      if (value !== undefined && (value !== "" || fallback === undefined)) {
        this.used.push(value);
        return value;
      }
      if (fallback !== undefined) return fallback;
      const advice = `set it, or write \${${name}:-default}`;
      throw new CodecellError(
        "config_error",
        `${this.#file}${path} needs the environment variable ${name}, which is not set; ${advice}`,
      );
    });
  }
}

/** All texts in a JSON value, expanded. @throws CodecellError `config_error` */
export function expandAll(value: unknown, env: Environment, path: string): unknown {
  if (typeof value === "string") return new Expander(env, "").expand(value, path);
  if (Array.isArray(value)) return value.map((item, at) => expandAll(item, env, `${path}[${at}]`));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    expandAll(item, env, `${path}.${key}`),
  ]);
  return Object.fromEntries(entries);
}
