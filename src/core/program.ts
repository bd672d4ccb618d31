/** 1-based position in a text. Columns count UTF-16 units, as JavaScript does. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A compiled program, ready for any engine. */
export interface Program {
  /**
   * JavaScript: one parenthesised strict async function expression of one parameter, `$codecell` (see
   * {@link ProgramScope}), on as many lines as the source has.
   */
  readonly code: string;
  /** Words of the program that look like flat tool names (`github_create_issue`): letters, digits and an inner `_`. */
  readonly words: readonly string[];
  /** Names that the program leaves to the next ones of its session. */
  readonly declares: readonly string[];
  /** The place in the caller's source for a place in `code`; `undefined` for a place outside it. */
  locate(line: number, column: number): Position | undefined;
}

/** What compiled code uses of its one parameter; the guest prelude supplies it. */
export interface ProgramScope {
  /** The module for a static import. Throws when there is none or when it lacks one of `names`. */
  link(specifier: string, names: readonly string[]): object;
  /** `import(specifier)`. */
  import(specifier: unknown): Promise<object>;
  /** `import.meta`. */
  readonly meta: object;
  /** The resources of one block with `using` declarations. */
  disposables(): Disposables;
  /** Setting a property declares a variable of the session: `let`, `var`, classes. */
  readonly let: object;
  /** Setting a property declares a variable of the session that cannot be assigned to. */
  readonly const: object;
  /** Declares functions, which get the names they are given here. */
  functions(functions: Readonly<Record<string, object>>): void;
  /** Declares variables that keep their value if they have one. */
  vars(names: readonly string[]): void;
  /**
   * The value of a program that ended without `return`: what a zero-argument call answers when `entry` is a function,
   * else `entry` itself.
   */
  finish(entry: unknown): unknown;
}

/** One block's resources, disposed in reverse order; see the explicit resource management proposal (ES2026). */
export interface Disposables {
  /** `using x = value` */
  use<T>(value: T): T;
  /** `await using x = value` */
  useAsync<T>(value: T): T;
  /** The block threw. */
  fail(error: unknown): void;
  /** The block ended: dispose and throw what went wrong. */
  dispose(): void;
  /** The same for a block with `await using`. */
  disposeAsync(): Promise<void>;
}
