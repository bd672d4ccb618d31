import { messageOf } from "../core/errors.ts";
import { sanitizeTools } from "./sanitize-tools.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { ArgumentValidator } from "./validate.ts";

/** Shortest time between two lists of one source, in ms. */
const MIN_RELIST_MS = 100;

/** A source and its last list of tools. */
export class CatalogueEntry {
  readonly source: ToolSource;
  tools: readonly ToolInfo[] = [];
  failure: string | undefined;
  /** Problems of the last list. */
  warnings: readonly string[] = [];
  /** Problems of schemas, found when tools are called. */
  readonly schemaWarnings = new Set<string>();
  #validators = new WeakMap<ToolInfo, ArgumentValidator>();
  #listing: Promise<void> = Promise.resolve();
  #listedAt = -Infinity;
  #isQueued = false;

  constructor(source: ToolSource) {
    this.source = source;
  }

  /** Lists the tools now. */
  list(): Promise<void> {
    this.#listing = this.#listing.then(() => this.#list());
    return this.#listing;
  }

  /**
   * Lists the tools again, after a listing in progress: its result could be older than the change. Many changes make one
   * listing, and a server that reports a change at every listing causes only a limited rate of them.
   */
  async refresh(): Promise<void> {
    if (this.#isQueued) return;
    this.#isQueued = true;
    await this.#listing;
    const wait = this.#listedAt + MIN_RELIST_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.#isQueued = false;
    await this.list();
  }

  async #list(): Promise<void> {
    const { source } = this;
    this.#listedAt = performance.now();
    try {
      const { tools, warnings } = sanitizeTools(source.name, await source.list());
      this.tools = tools;
      this.warnings = warnings;
      this.failure = undefined;
    } catch (error) {
      const failure = source.failure ?? messageOf(error);
      // A list that was good before stays in use: the tools are probably still there.
      if (this.tools.length === 0) this.failure = failure;
      this.warnings = [failure];
    }
  }

  validator(info: ToolInfo): ArgumentValidator | undefined {
    const { source } = this;
    if (info.inputSchema === undefined || source.validates?.(info.name) === true) return undefined;
    let validator = this.#validators.get(info);
    if (validator === undefined) {
      const warn = (warning: string): unknown => this.schemaWarnings.add(warning);
      validator = new ArgumentValidator(`${source.name}.${info.name}`, info.inputSchema, warn);
      this.#validators.set(info, validator);
    }
    return validator;
  }
}
