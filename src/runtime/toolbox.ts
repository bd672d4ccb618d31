/**
 * What is known about tools and programs without running any: discovery, types, what was learned. What reads programs is
 * loaded when one is to be read: the compiler is a third of the code.
 */
import type { RuntimeEmitter } from "../core/events.ts";
import type { Caller } from "../core/caller.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { Discovery } from "../discovery/discovery.ts";
import type { ShapeFile } from "../discovery/learned-file.ts";
import { ObservedShapes } from "../discovery/learned-shapes.ts";
import { WrapperTree } from "../discovery/types/tree.ts";
import type { Inspection } from "../preflight/inspect.ts";
import type { ResolvedOptions } from "./options.ts";
import { createSources } from "../tools/open-sources.ts";
import { type Catalogue, createCatalogue } from "../tools/catalogue.ts";
import type { ToolSource } from "../tools/tool.ts";
import type { TypeChecker } from "../preflight/type-checker.ts";

/** The tools as one caller may see them. */
export interface ToolView {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
}

/** The servers, and what is odd about them. */
export interface ServerReport {
  /** Each server with its number of tools, or why it did not start. */
  readonly servers: readonly {
    readonly name: string;
    readonly tools: number;
    readonly failure?: string;
  }[];
  /** What was left out or renamed, and why. */
  readonly warnings: readonly string[];
}

/**
 * Connect the tools.
 * @throws CodecellError `config_error` when what was learned cannot be read, or types cannot be checked here
 */
export async function openGuide(options: ResolvedOptions, emitter: RuntimeEmitter): Promise<Guide> {
  const sources = await createSources(options, emitter);
  const catalogue = await createCatalogue(sources);
  try {
    return await guideTo(sources, catalogue, options);
  } catch (error) {
    await catalogue[Symbol.asyncDispose]();
    throw error;
  }
}

async function guideTo(
  sources: readonly ToolSource[],
  catalogue: Catalogue,
  options: ResolvedOptions,
): Promise<Guide> {
  const { learn, typeCheck } = options;
  const file =
    typeof learn === "string"
      ? await (await import("../discovery/learned-file.ts")).ShapeFile.open(learn)
      : undefined;
  const shapes = file?.shapes ?? (learn === true ? new ObservedShapes() : undefined);
  const tree = new WrapperTree(catalogue, (server, tool) => shapes?.of(server, tool));
  const checker = typeCheck ? await startChecker(catalogue, tree) : undefined;
  const discovery = new Discovery(catalogue, tree);
  const { warnings } = options;
  return new Guide({ sources, catalogue, discovery, shapes, checker, file, warnings });
}

async function startChecker(catalogue: Catalogue, tree: WrapperTree): Promise<TypeChecker> {
  const { TypeChecker } = await import("../preflight/type-checker.ts");
  const checker = new TypeChecker(catalogue, tree);
  await checker.start();
  return checker;
}

interface GuideParts {
  readonly sources: readonly ToolSource[];
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
  readonly shapes: ObservedShapes | undefined;
  readonly checker: TypeChecker | undefined;
  readonly file: ShapeFile | undefined;
  readonly warnings: readonly string[];
}

export class Guide implements AsyncDisposable {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
  /** Where tools are called; see `callSource`. */
  readonly sources: readonly ToolSource[];
  /** Where shapes of results are learned, if that is wanted. */
  readonly shapes: ObservedShapes | undefined;
  readonly #warnings: readonly string[];
  readonly #file: ShapeFile | undefined;
  readonly #checker: TypeChecker | undefined;

  constructor({ sources, catalogue, discovery, shapes, checker, file, warnings }: GuideParts) {
    this.sources = sources;
    this.catalogue = catalogue;
    this.discovery = discovery;
    this.#warnings = warnings;
    this.#file = file;
    this.#checker = checker;
    this.shapes = shapes;
  }

  /** What a caller may see and spell. The same for all callers, as long as nothing tells them apart. */
  view(_caller: Caller): ToolView {
    return this;
  }

  report(): ServerReport {
    const servers = this.catalogue.servers.map(({ name, tools, failure }) => ({
      name,
      tools: tools.length,
      ...(failure === undefined ? {} : { failure }),
    }));
    return { servers, warnings: [...this.#warnings, ...this.catalogue.warnings] };
  }

  async inspect(source: string, limits: Limits): Promise<Inspection> {
    const { inspect } = await import("../preflight/inspect.ts");
    return await inspect(source, limits, this.catalogue, this.#checker);
  }

  /**
   * The first type error of a program, with the others in its hint; nothing where types are not checked.
   * @param declared names that earlier programs of its session left
   */
  async typeFailure(
    source: string,
    limits: Limits,
    declared: readonly string[] = [],
  ): Promise<Failure | undefined> {
    if (this.#checker === undefined) return undefined;
    const { readProgram } = await import("../preflight/inspect.ts");
    let program;
    try {
      program = readProgram(source, limits, this.catalogue);
    } catch {
      return undefined; // it does not compile, which is told where it is compiled
    }
    const [first, ...others] = await this.#checker.check(
      source,
      { ...program, declared },
      limits.sourceBytes,
    );
    if (first === undefined || others.length === 0) return first;
    const list = others
      .slice(0, 4)
      .map(({ message, line, column }) => `${line}:${column} ${message.split("\n", 1)[0]}`);
    const more = `${others.length} more: ${list.join("; ")}${others.length > 4 ? " …" : ""}`;
    return { ...first, hint: first.hint === undefined ? more : `${more}\n\n${first.hint}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([
      this.#checker?.[Symbol.asyncDispose](),
      this.#file?.[Symbol.asyncDispose](),
      this.catalogue[Symbol.asyncDispose](),
    ]);
  }
}
