import { ToolError } from "../core/tool-error.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { ArgumentValidator } from "./validate.ts";
import { WarningList } from "./warning-list.ts";

/** What checks the arguments of a source's tools: made when a tool is called, and kept until it changes. */
export class ToolValidators {
  readonly #source: ToolSource;
  readonly #warnings: WarningList;
  readonly #validators = new WeakMap<ToolInfo, ArgumentValidator>();

  constructor(source: ToolSource) {
    this.#source = source;
    this.#warnings = new WarningList(source.name);
  }

  /** Problems of schemas, found when tools are called. */
  get warnings(): readonly string[] {
    return this.#warnings.all;
  }

  /** What checks a call; nothing where the source checks it, or there is no schema. */
  of(info: ToolInfo): ArgumentValidator | undefined {
    return this.#source.validates?.(info.name) === true ? undefined : this.#validatorOf(info);
  }

  /** Whether arguments fit the schema, which may be a description only. */
  fits(info: ToolInfo, args: unknown): boolean {
    try {
      this.#validatorOf(info)?.check(args);
      return true;
    } catch (error) {
      if (error instanceof ToolError) return false;
      throw error;
    }
  }

  #validatorOf(info: ToolInfo): ArgumentValidator | undefined {
    if (info.inputSchema === undefined) return undefined;
    let validator = this.#validators.get(info);
    if (validator === undefined) {
      const warn = (warning: string): void => this.#warnings.add(warning);
      validator = new ArgumentValidator(
        `${this.#source.name}.${info.name}`,
        info.inputSchema,
        warn,
      );
      this.#validators.set(info, validator);
    }
    return validator;
  }
}
