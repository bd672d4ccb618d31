import { messageOf } from "../core/errors.ts";
import { sanitizeTools } from "./sanitize-tools.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { ArgumentValidator } from "./validate.ts";

/** Shortest time between two lists of one source, in ms. */
const MIN_RELIST_MS = 100;

/** A source and the last list that it gave. */
export class CatalogueEntry {
  readonly source: ToolSource;
  tools: readonly ToolInfo[] = [];
  failure: string | undefined;
  /** About the last list. */
  warnings: readonly string[] = [];
  /** About schemas, found when tools are called. */
  readonly schemaWarnings = new Set<string>();
  #validators = new WeakMap<ToolInfo, ArgumentValidator>();
  #listing: Promise<void> = Promise.resolve();
  #listedAt = -Infinity;
  #isQueued = false;

  constructor(source: ToolSource) {
    this.source = source;
  }

  /** List now. */
  list(): Promise<void> {
    this.#listing = this.#listing.then(() => this.#list());
    return this.#listing;
  }

  /**
   * List again, after a listing that may be going on: its answer could be older than the change. Many changes make one
   * list, and a server that reports a change at every list does not keep us busy.
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
