import { messageOf } from "../core/errors.ts";
import { ToolError } from "../core/tool-error.ts";
import { inTurns } from "../core/turns.ts";
import { RelistPace } from "./relist.ts";
import { sanitizeTools } from "./sanitize-tools.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { ArgumentValidator } from "./validate.ts";
import { WarningList } from "./warning-list.ts";

/** A source and its last list of tools. */
export class CatalogueEntry {
  readonly source: ToolSource;
  /** Why there are no tools: for whoever runs codecell. */
  failure: string | undefined;
  /** The same for programs, models and clients. */
  outage: string | undefined;
  /** Problems of schemas, found when tools are called. */
  readonly #schemaWarnings: WarningList;
  #tools: ReadonlyMap<string, ToolInfo> = new Map();
  /** Problems of the last list. */
  #warnings: readonly string[] = [];
  #validators = new WeakMap<ToolInfo, ArgumentValidator>();
  #listing: Promise<boolean> = Promise.resolve(false);
  #isQueued = false;
  readonly #pace = new RelistPace();
  readonly #stop = new AbortController();

  constructor(source: ToolSource) {
    this.source = source;
    this.#schemaWarnings = new WarningList(source.name);
  }

  /** By original name, in the order of the list. */
  get tools(): ReadonlyMap<string, ToolInfo> {
    return this.#tools;
  }

  get warnings(): readonly string[] {
    const { name, warnings } = this.source;
    const slow = `${name}: its list of tools changes all the time; it is requested every ${Math.round(this.#pace.intervalMs / 100) / 10} s at most`;
    return [
      ...this.#warnings,
      ...warnings,
      ...(this.#pace.isSlowed ? [slow] : []),
      ...this.#schemaWarnings.all,
    ];
  }

  /** Lists the tools now. True when they are others than before. */
  list(): Promise<boolean> {
    this.#listing = this.#listing.then(() => this.#list());
    return this.#listing;
  }

  /**
   * Lists the tools again, after a listing in progress: its result could be older than the change. Many changes make one
   * listing, and a server that reports changes without end is listed less and less often.
   */
  async refresh(): Promise<boolean> {
    if (this.#isQueued) return false;
    this.#isQueued = true;
    await this.#listing;
    await this.#pace.wait(this.#stop.signal);
    this.#isQueued = false;
    return this.#stop.signal.aborted ? false : await this.list();
  }

  async #list(): Promise<boolean> {
    const { source } = this;
    this.#pace.note();
    try {
      const list = await source.list();
      const { tools, warnings, hasChanged } = await inTurns(
        sanitizeTools(source.name, list, this.#tools),
      );
      if (hasChanged) this.#tools = new Map(tools.map((info) => [info.name, info]));
      this.#warnings = warnings;
      this.failure = undefined;
      this.outage = undefined;
      return hasChanged;
    } catch (error) {
      const failure = source.failure ?? messageOf(error);
      // A list that was good before stays in use: the tools are probably still there.
      if (this.#tools.size === 0) {
        this.failure = failure;
        this.outage = source.outage ?? `server "${source.name}" does not list its tools`;
      }
      this.#warnings = [failure];
      return false;
    }
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

  validator(info: ToolInfo): ArgumentValidator | undefined {
    return this.source.validates?.(info.name) === true ? undefined : this.#validatorOf(info);
  }

  #validatorOf(info: ToolInfo): ArgumentValidator | undefined {
    const { source } = this;
    if (info.inputSchema === undefined) return undefined;
    let validator = this.#validators.get(info);
    if (validator === undefined) {
      const warn = (warning: string): void => this.#schemaWarnings.add(warning);
      validator = new ArgumentValidator(`${source.name}.${info.name}`, info.inputSchema, warn);
      this.#validators.set(info, validator);
    }
    return validator;
  }

  /** Nothing is listed any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.source[Symbol.asyncDispose]?.();
  }
}
